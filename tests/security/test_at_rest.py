"""What is written can be read by its owner only, and what is deleted is in no file any more."""

import os
import random
import re
import stat
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pwl_tui.crash_log import kept, record
from pwl_tui.engine.hook import run_hook
from pwl_tui.paths import PathError, open_private, write_private
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.secret import Secret
from pwl_tui.state.patience import Patience
from pwl_tui.state.store import Store
from pwl_tui.umask import be_private
from tests.e2e.harness import Place, Run
from tests.unit.fake_service import (
    KEY,
    Clock,
    add_job,
    ended,
    failing,
    finish,
    look_up,
    make_engine,
    make_service,
    make_submitter,
    open_store,
    store_numbers,
)


@pytest.fixture(params=[0o000, 0o277, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(directory: Path) -> dict[str, int]:
    """Return the permissions of all there is in a directory."""
    return {
        str(path.relative_to(directory)): stat.S_IMODE(path.lstat().st_mode) for path in directory.rglob("*")
    }


def test_whatever_the_umask_all_that_a_run_leaves_is_its_owners_alone(
    machine: Place, run: Run, umask: int
) -> None:
    os.umask(umask)
    before = set(machine.directory.rglob("*"))
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    for name in ("a.csv", "a.xlsx", "a.jsonl", "a.txt"):
        assert run("export", "1", "-o", name)[0] == 0
    assert run("plan", "list.csv", "--save-rejected", "bad.csv")[0] == 0
    config = machine.directory / "new" / "config.toml"
    assert run("--config", str(config), "config", "init")[0] == 0
    with kept(lambda: machine.state, "x"):
        record(ValueError())
    new = {path for path in machine.directory.rglob("*") if path not in before}
    names = {path.name for path in new}
    assert {"state.db", "journal.log", "crash.log", "a.xlsx", "bad.csv", "config.toml"} <= names
    assert {machine.second_copy.name, "CACHEDIR.TAG"} <= names
    for path in new:
        assert stat.S_IMODE(path.lstat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.usefixtures("umask")
def test_files_of_the_state_are_private_while_it_is_open(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    store = Store.open(tmp_path / "state")
    add_job(store, 14_155_550_000, 3)
    store.journal.make_ready()
    with store.accepting(), store.scratch() as lent:
        found = modes(tmp_path / "state")
    store.close()
    assert {"state.db", "state.db-wal", "state.db-shm", "accept.lock", "journal.log"} <= set(found)
    found.pop(lent.name)  # mkdtemp's, made under the umask of the process: see `be_private`
    assert set(found.values()) == {0o600}


def test_a_persons_own_program_gets_the_persons_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0o022)
    monkeypatch.setattr("pwl_tui.umask._before", None)
    store = open_store(tmp_path)
    try:
        job = store.jobs.get(add_job(store, 14_155_550_000, 3))
        be_private()
        monkeypatch.setattr("subprocess.Popen", lambda *_, umask, **__: asked.append(umask))
        asked: list[int] = []
        run_hook("true", job, {}, Secret(KEY))
        assert asked == [0o022]
    finally:
        os.umask(before)
        store.close()


@pytest.mark.parametrize("name", ["state.db", "state.db-wal", "state.db.lock", "journal.log", "accept.lock"])
@pytest.mark.parametrize("what", ["link", "other", "pipe"])
def test_links_and_what_others_put_there_are_refused(tmp_path: Path, name: str, what: str) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    elsewhere.write_bytes(b"")
    elsewhere.chmod(0o644)
    if name == "state.db-wal":
        Store.open(state).close()
    (state / name).unlink(missing_ok=True)
    if what == "link":
        (state / name).symlink_to(elsewhere)
    elif what == "pipe":
        os.mkfifo(state / name)
    else:
        (state / name).write_bytes(b"")
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(state / name, 12345, 12345)

    def work() -> None:
        store = Store.open(state)
        try:
            store.journal.make_ready()
            with store.accepting():
                pass
        finally:
            store.close()

    with pytest.raises(
        ProblemError, match=r"is a symbolic link|belongs to another user|is not a regular file"
    ):
        work()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    assert elsewhere.read_bytes() == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_not_replaced(machine: Place, run: Run) -> None:
    theirs = machine.directory / "theirs.csv"
    theirs.write_text("theirs")
    theirs.chmod(0o666)
    os.chown(theirs, 12345, 12345)
    with pytest.raises(PathError, match="belongs to another user"):
        write_private(theirs, b"ours")
    assert run("submit", "list.csv", "--yes", "--wait")[0] == 0
    code, _, err = run("export", "1", "-o", str(theirs), "--force")
    assert (code, "belongs to another user" in err) == (2, True)
    assert theirs.read_text() == "theirs"


def test_an_error_does_not_leave_a_descriptor_open(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    before = len([*Path("/dev/fd").iterdir()])
    for _ in range(5):
        with pytest.raises(OSError, match="symbolic link"):
            open_private(tmp_path / "link", os.O_RDWR)
    assert len([*Path("/dev/fd").iterdir()]) == before


# -- what is deleted


def left_in(directory: Path, numbers: set[int]) -> dict[str, int]:
    """Return how many of some numbers each file has that has any, as digits or as SQLite writes them."""
    begins = b"|".join({re.escape(number.to_bytes(6, "big")[:4]) for number in numbers})
    binary = re.compile(rb"(?s)(?=((?:" + begins + rb")..))")
    found = {}
    for path in directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            digits = {int(way) for way in re.findall(rb"(?=([1-9]\d{10}))", data)}
            there = numbers & (digits | {int.from_bytes(way, "big") for way in binary.findall(data)})
            if there:
                found[path.name] = len(there)
    return found


def test_of_a_forgotten_job_no_file_has_a_number(tmp_path: Path) -> None:
    draw, clock = random.Random(7), Clock()
    service = make_service(clock, 100_000)
    store = Store.open(tmp_path / "state", journals=tmp_path / "cache" / "journals")
    engine = make_engine(store, service, clock)
    jobs = {}
    for _ in range(4):
        numbers = draw.sample(range(14_155_550_000, 14_155_559_999), 2_000)
        jobs[store_numbers(store, numbers, name=f"list of +{numbers[0]}")] = set(numbers)
    # So that something of each kind is there: an error that says a number, and a log of another file.
    first = min(jobs)
    said = Problem(kind=Kind.UNAVAILABLE, message=f"Busy with +{min(jobs[first])}.", remedy="Wait.")
    finish(store, service, clock)
    batch = store.batches.get(first, 1)
    store.polls.fail(batch, said, now=clock.now, next_poll=clock.now, attempts=1, received="")
    (tmp_path / "state" / "state.db-wal.old").write_bytes(f"+{min(jobs[first])}".encode())
    leaving = sorted(jobs)[::2]
    staying = set().union(*(numbers for job, numbers in jobs.items() if job not in leaving))
    gone = set().union(*(jobs[job] for job in leaving)) - staying
    assert sum(left_in(tmp_path, gone).values()) > 1_000
    for job in leaving:
        engine.jobs.forget(job)
    (second_copy,) = (tmp_path / "cache").rglob("*.log")
    assert second_copy.read_bytes() == (tmp_path / "state" / "journal.log").read_bytes()
    assert left_in(tmp_path, gone) == {}
    assert left_in(tmp_path, staying)["state.db"] > 1_000
    store.check()
    store.close()
    assert left_in(tmp_path, gone) == {}


def test_of_purged_lookups_no_file_has_a_number(tmp_path: Path) -> None:
    clock = Clock()
    service = make_service(clock)
    store = open_store(tmp_path)
    engine = make_engine(store, service, clock)
    answered, doubtful = 14_155_552_671, 14_155_552_672
    look_up(engine, answered)
    said = Problem(kind=Kind.TIMEOUT, message=f"No word of +{doubtful}.", charged="unknown", remedy="")
    service.after = failing(said)
    look_up(engine, doubtful)
    assert left_in(tmp_path, {answered, doubtful})
    clock.now += 10 * 86_400
    engine.lookups.purge(5)
    assert left_in(tmp_path, {answered, doubtful}) == {}
    store.close()


def test_the_log_is_emptied_as_soon_as_nobody_reads_from_it(tmp_path: Path) -> None:
    pauses = list[float]()
    reading = ExitStack()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        reading.close()

    reader = open_store(tmp_path)
    store = Store.open(tmp_path / "state", Patience(sleep=pause))
    job = add_job(store, 14_155_550_000, 500)
    rows = reader.results.rows(job)
    assert isinstance(rows, Generator)
    ended(store, job)
    reading.callback(rows.close)
    next(rows)
    assert store.jobs.forget(job, 0.0)
    store.wipe()
    assert len(pauses) == 1
    assert left_in(tmp_path, set(range(14_155_550_000, 14_155_550_500))) == {}
    reader.close()
    store.close()


def test_the_journal_and_the_environment_of_a_hook_name_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path / "state", journals=tmp_path / "cache" / "journals")
    clock = Clock()
    service = make_service(clock)
    job = store_numbers(store, [14_155_552_671], name="+1 (415) 555-2671 of 2026-11-29")
    make_submitter(store, service, clock).send_next()
    journals = [tmp_path / "state" / "journal.log", *(tmp_path / "cache").rglob("*.log")]
    assert len(journals) == 2
    assert all('"name":"+••• (•••) •••-••• of 2026-11-29"' in journal.read_text() for journal in journals)
    monkeypatch.setattr("subprocess.Popen", lambda *_, env, **__: environs.append(env))
    environs: list[dict[str, str]] = []
    run_hook("true", store.jobs.get(job), {}, Secret(KEY))
    assert environs[0]["PWL_TUI_NAME"] == "+••• (•••) •••-••• of 2026-11-29"
    store.close()
