"""Exports by themselves: written once, whole, never over a file, whoever is there when the job finishes."""

import errno
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from pwl_tui.cli.follow import standstill
from pwl_tui.config import Export, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs import wishes
from pwl_tui.engine.jobs.left import Left, left_to_do
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.engine.jobs.wishes import target_for
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import Job
from pwl_tui.state.wishes import OpenWish
from tests.unit.fake_service import (
    FIRST,
    Clock,
    Killed,
    Listener,
    WorldService,
    failing,
    finish,
    make_submitter,
    open_store,
)

GONE = Problem(kind=Kind.NOT_FOUND, status=404, message="no such batch", remedy="ask")
REFUSED = Problem(kind=Kind.FORBIDDEN, status=403, message="no", charged="no", remedy="ask")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.csv"


def planned(engine: Engine, size: int = 3) -> JobPlan:
    text = "".join(f"+{FIRST + index}\n" for index in range(size))
    return engine.plans.for_list(Source.from_text(text), AS_THEY_ARE)


def wished(engine: Engine, file: Path, size: int = 3, *, split: bool = False) -> Job:
    return engine.jobs.create(planned(engine, size), name="list", export=target_for(file, split=split))


def wish_of(engine: Engine, job: Job) -> OpenWish:
    found = engine.store.wishes.get(job.id)
    assert found is not None
    return found


def test_an_export_is_written_once_its_job_is_finished_and_not_again(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    assert engine.wishes.carry_out() == []
    assert not file.exists()
    finish(engine.store, service, clock)
    assert engine.wishes.left() == [job.id]
    assert engine.wishes.carry_out() == [job.id]
    written = [line.split(",")[0] for line in file.read_text().splitlines()]
    assert written == ["input", *(f"+{FIRST + index}" for index in range(3))]
    assert file.stat().st_mode & 0o777 == 0o600
    now = engine.store.jobs.get(job.id).wish
    assert now is not None
    assert (now.written, [(one.path, one.rows) for one in now.files]) == (clock.now, [(str(file), 3)])
    file.unlink()
    assert engine.wishes.carry_out() == engine.wishes.left() == []
    assert not file.exists()


def test_an_export_that_is_not_written_yet_is_left_to_do(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    assert left_to_do(engine.store, job.binding) == Left(jobs=1, unsent=3)
    finish(engine.store, service, clock)
    assert left_to_do(engine.store, job.binding) == Left(exports=1)
    assert left_to_do(engine.store, replace(job.binding, fingerprint="another")) == Left()
    engine.wishes.carry_out()
    assert left_to_do(engine.store, job.binding) == Left()


def test_a_process_that_finds_another_one_at_it_leaves_it_alone(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    wished(engine, file)
    finish(engine.store, service, clock)
    with engine.store.exporting() as ours:
        assert ours
        assert engine.wishes.carry_out() == []
    assert not file.exists()


def test_whoever_runs_next_writes_the_export_of_a_job_that_finished_alone(
    engine: Engine, service: WorldService, clock: Clock, listener: Listener, file: Path
) -> None:
    wished(engine, file)
    finish(engine.store, service, clock)
    engine.start(listener, Scope(balance=False))
    listener.until(file.exists, "the export")


def test_a_background_worker_stays_until_the_export_is_written(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    wished(engine, file)
    finish(engine.store, service, clock)
    assert standstill(engine) is None
    engine.wishes.carry_out()
    ending = standstill(engine)
    assert ending is not None
    assert ending.exit == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("there.csv", "already exists"),
        ("nowhere/answers.csv", "does not exist"),
        ("there.csv/answers.csv", "not a directory"),
        ("directory.csv", "is a directory"),
        ("answers.doc", "unknown"),
        ("answers", "unknown"),
        ("bell\a.csv", "cannot be shown"),
        (f"{'n' * 300}.csv", "too long"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_paid(
    engine: Engine, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "there.csv").write_text("theirs")
    (tmp_path / "directory.csv").mkdir()
    with pytest.raises(ListError, match=said):
        wished(engine, tmp_path / name)
    assert engine.store.jobs.all() == []
    assert (tmp_path / "there.csv").read_text() == "theirs"
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_two_jobs_are_not_exported_to_one_file(engine: Engine, file: Path) -> None:
    wished(engine, file, split=True)
    with pytest.raises(ListError, match="Job 1 will already be exported to"):
        wished(engine, file.with_name("answers-failed.csv"))
    wished(engine, file)


def test_a_directory_that_is_spelled_in_another_way_is_still_the_same(
    engine: Engine, service: WorldService, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "linked").symlink_to("lists")
    file = tmp_path / "lists" / "answers.csv"
    job = wished(engine, tmp_path / "linked" / file.name)
    for other in (file, tmp_path / "lists" / ".." / "lists" / file.name):
        with pytest.raises(ListError, match="Job 1 will already be exported to"):
            wished(engine, other)
    finish(engine.store, service, clock)
    engine.jobs.export(job.id, target_for(file))
    assert engine.wishes.left() == []


def test_of_several_files_the_one_that_exists_is_named(engine: Engine, file: Path) -> None:
    file.with_name("answers-failed.csv").touch()
    with pytest.raises(ListError, match=r"answers-failed\.csv already exists"):
        wished(engine, file, split=True)


def test_a_file_that_appears_meanwhile_is_not_overwritten_and_the_export_tried_again(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    file.write_text("theirs")
    assert engine.wishes.carry_out() == [job.id]
    problem = wish_of(engine, job).problem
    assert problem is not None
    assert "already exists" in problem.message
    assert f"`pwl-tui export {job.id} -o FILE --force`" in problem.remedy
    assert not engine.wishes.pending(engine.store.jobs.get(job.id))
    assert file.read_text() == "theirs"
    file.unlink()
    clock.now += wishes.FAILED_SECONDS - 1
    assert engine.wishes.carry_out() == []
    clock.now += 2
    assert engine.wishes.carry_out() == [job.id]
    assert file.exists()


def test_the_person_can_have_it_tried_now_or_export_it_by_hand(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    file.write_text("theirs")
    assert engine.wishes.carry_out() == [job.id]
    engine.wishes.try_again()
    assert engine.wishes.pending(engine.store.jobs.get(job.id))
    assert engine.wishes.carry_out() == []  # nothing new to say
    assert not engine.wishes.pending(engine.store.jobs.get(job.id))
    engine.jobs.export(job.id, replace(target_for(file), path=file.with_name("other.csv")))
    assert engine.wishes.left() == [job.id]
    engine.jobs.export(job.id, replace(target_for(file), force=True))
    assert engine.wishes.left() == []


def test_an_export_by_the_person_counts_though_another_process_writes_exports(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    with engine.store.exporting():
        engine.jobs.export(job.id, target_for(file))
    assert engine.wishes.left() == []


@pytest.mark.parametrize("look", [2, 3])
def test_an_export_by_the_person_while_the_same_one_is_being_written_is_told_once(
    engine: Engine, service: WorldService, clock: Clock, file: Path, look: int
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    looks = 0

    def meanwhile() -> bool:
        nonlocal looks
        looks += 1
        if looks == look:
            engine.jobs.export(job.id, replace(target_for(file), force=True))
        return False

    engine.wishes.carry_out(meanwhile)
    assert looks >= look
    events = [entry.event for entry in engine.store.activity.newest(0, 99)]
    assert (events.count("exported"), events.count("export failed")) == (1, 0)
    assert engine.store.wishes.get(job.id) is None
    assert [path.name for path in file.parent.glob("*answers*")] == [file.name], "a part is left"


def test_an_export_of_other_rows_to_the_same_file_is_not_the_one_that_was_wished_for(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    only = target_for(file, only="failed", digits=True)
    job = engine.jobs.create(planned(engine, 3), name="list", export=only)
    finish(engine.store, service, clock)
    file.write_text("theirs")
    engine.wishes.carry_out()
    problem = wish_of(engine, job).problem
    assert problem is not None
    assert f"`pwl-tui export {job.id} -o FILE --only failed --digits --force`" in problem.remedy
    engine.jobs.export(job.id, replace(target_for(file), force=True))
    assert engine.wishes.left() == [job.id]
    engine.jobs.export(job.id, replace(only, force=True))
    assert engine.wishes.left() == []


def test_an_export_that_fails_in_an_unforeseen_way_keeps_no_other_from_its_file(
    engine: Engine, service: WorldService, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = wished(engine, tmp_path / "a.xlsx"), wished(engine, tmp_path / "b.csv", 4)
    finish(engine.store, service, clock)

    def refuse(*_: object) -> None:
        raise StateError("No room for temporary files.", "Free some.")

    monkeypatch.setattr(type(engine.store), "scratch", refuse)
    assert engine.wishes.carry_out() == [broken.id, fine.id]
    problem = wish_of(engine, broken).problem
    assert problem is not None
    assert problem.message == "No room for temporary files."
    assert (tmp_path / "b.csv").exists()
    assert not engine.wishes.pending(engine.store.jobs.get(broken.id))


def test_a_full_disk_leaves_nothing_behind_and_is_tried_again_soon(
    engine: Engine, service: WorldService, clock: Clock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("pwl_tui.lists.write.files.os.fsync", full)
        assert engine.wishes.carry_out() == [job.id]
        clock.now += wishes.FULL_SECONDS + 1
        assert engine.wishes.carry_out() == []  # nothing new to say
    assert "disk is full" in str(wish_of(engine, job).problem)
    assert engine.wishes.pending(engine.store.jobs.get(job.id))
    assert [path.name for path in file.parent.iterdir()] == ["state"]
    clock.now += wishes.FULL_SECONDS + 1
    assert engine.wishes.carry_out() == [job.id]
    assert len(file.read_text().splitlines()) == 4


@pytest.mark.parametrize("split", [False, True])
def test_an_export_that_is_whole_when_its_process_dies_is_not_written_twice(
    engine: Engine,
    service: WorldService,
    clock: Clock,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    split: bool,
) -> None:
    job = wished(engine, file, split=split)
    finish(engine.store, service, clock)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(type(engine.store.wishes), "finish", die)
        with pytest.raises(Killed):
            engine.wishes.carry_out()
    files = {path: path.stat().st_ino for path in file.parent.glob("answers*")}
    assert files
    assert engine.wishes.carry_out() == [job.id]
    assert {path: path.stat().st_ino for path in file.parent.glob("answers*")} == files
    now = engine.store.jobs.get(job.id).wish
    assert now is not None
    assert sum(one.rows for one in now.files) == 3


def test_what_a_process_that_died_has_left_in_parts_is_removed(
    engine: Engine, service: WorldService, clock: Clock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = wished(engine, file, split=True)
    finish(engine.store, service, clock)

    class Kill(BaseException):
        """Nothing after this has happened: no file was tidied up."""

    published: list[Path] = []
    link = os.link

    def cut(source: Path, name: Path) -> None:
        if published:
            raise Kill
        published.append(name)
        link(source, name)

    with monkeypatch.context() as dying:
        dying.setattr("pwl_tui.lists.write.files.os.link", cut)
        dying.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(Kill):
            engine.wishes.carry_out()
    assert list(file.parent.glob(".*.part"))
    assert published[0].exists()
    assert engine.wishes.carry_out() == [job.id]
    assert list(file.parent.glob(".*.part")) == []
    now = engine.store.jobs.get(job.id).wish
    assert now is not None
    assert {one.path for one in now.files} == {str(path) for path in file.parent.glob("answers*")}


def test_what_the_person_has_changed_since_is_not_touched(
    engine: Engine, service: WorldService, clock: Clock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(type(engine.store.wishes), "finish", die)
        with pytest.raises(Killed):
            engine.wishes.carry_out()
    with file.open("a") as stream:
        stream.write("a note of mine\n")
    assert engine.wishes.carry_out() == [job.id]
    assert "already exists" in str(wish_of(engine, job).problem)
    assert "a note of mine" in file.read_text()


def test_leaving_gives_up_what_is_being_written(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 2

    assert engine.wishes.carry_out(stopped) == []
    assert [path.name for path in file.parent.iterdir()] == ["state"]
    assert engine.wishes.left() == [job.id]


def test_a_job_that_waits_for_the_person_is_not_exported(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    wished(engine, file)
    service.before = failing(REFUSED)
    make_submitter(engine.store, service, clock).send_next()
    assert engine.wishes.carry_out() == []
    assert not file.exists()


def test_a_job_whose_answers_the_service_has_deleted_is_exported_as_it_is(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    make_submitter(engine.store, service, clock).send_next()
    batch = engine.store.batches.get(job.id, 1)
    engine.store.polls.unreachable(batch, GONE, now=clock.now)
    assert engine.wishes.carry_out() == []
    clock.now += PROVIDER.retention_seconds + 1
    assert engine.wishes.carry_out() == [job.id]
    assert file.read_text().count(",pending,") == 3


def test_forgetting_a_job_forgets_its_wish(
    engine: Engine, service: WorldService, clock: Clock, file: Path
) -> None:
    job = wished(engine, file)
    finish(engine.store, service, clock)
    engine.jobs.forget(job.id)
    assert engine.wishes.carry_out() == []
    assert not file.exists()


def test_the_configured_name_is_filled_in(tmp_path: Path, service: WorldService, clock: Clock) -> None:
    store = open_store(tmp_path)
    template = "{dir}/{name}-{date}-{time}.xlsx"
    settings = replace(Settings(), export=Export(when_done=template))
    engine = Engine(store, settings, connect=lambda *_: service, clock=clock)
    target = engine.wishes.by_default(tmp_path / "lists" / "crm.csv", "Q4/2027: all")
    assert target is not None
    assert target.path == tmp_path / "lists" / "Q4-2027- all-2027-01-15-080000.xlsx"
    assert target.format == "xlsx"
    here = engine.wishes.by_default(None, "pasted")
    assert here is not None
    assert here.path.parent == Path.cwd()
    engine.close()
    store.close()


def test_a_configured_name_without_a_format_is_said_to_come_from_the_configuration(
    tmp_path: Path, service: WorldService, clock: Clock
) -> None:
    store = open_store(tmp_path)
    settings = replace(Settings(), export=Export(when_done="{dir}/{name}"))
    engine = Engine(store, settings, connect=lambda *_: service, clock=clock)
    with pytest.raises(ListError) as refused:
        engine.wishes.by_default(None, "crm")
    assert "when_done under [export]" in refused.value.problem.remedy
    engine.close()
    store.close()
