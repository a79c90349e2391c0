"""The journal's second copy: what one of the two lacks, it gets from the other."""

import errno
import os
import stat
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.problem import Problem
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Entry, Intent, Journal, Line
from pwl_tui.state.files.locks import locked_file
from pwl_tui.state.files.log_lines import lacking
from pwl_tui.state.files.second_copy import SecondCopy
from pwl_tui.state.patience import LONGEST_SECONDS, Patience
from tests.unit.fake_service import Clock


class Told:
    """Counts how often it was said that the journal was completed."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def told() -> Told:
    return Told()


def journal(directory: Path, patience: Patience | None = None) -> Journal:
    """Return the journal of a directory as a process that starts now has it."""
    return journal_at(directory, "state", patience)


def journal_at(directory: Path, name: str, patience: Patience | None = None) -> Journal:
    """Return the journal of a directory of that name."""
    state = directory / name
    state.mkdir(exist_ok=True)
    journals = directory / "cache" / "pwl-tui" / "journals"
    return Journal(state / "journal.log", SecondCopy(journals, "host", str(state), patience or Patience()))


def copy_of(one: Journal) -> Path:
    assert one.second is not None
    return one.second.path


def problem_of(one: Journal) -> Problem | None:
    assert one.second is not None
    return one.second.problem


def entry(batch_id: str) -> Entry:
    return Entry(at="2026-01-01T00:00:00Z", batch_id=batch_id, size=1, name="x" * 200)


def intent(what: Literal["send", "not sent"]) -> Intent:
    return Intent(at="t", intent=what, size=1, digest="d", base_url="b", key="k", job=1, seq=1)


def ids(one: Journal) -> list[str]:
    return [line.batch_id for line in one.entries()]


def test_each_line_is_in_both(tmp_path: Path) -> None:
    one = journal(tmp_path)
    for number in range(3):
        one.append(entry(str(number)))
        assert copy_of(one).read_bytes() == one.path.read_bytes()
    assert problem_of(one) is None
    assert stat.S_IMODE(copy_of(one).stat().st_mode) == 0o600
    assert [stat.S_IMODE(path.stat().st_mode) for path in copy_of(one).parents[:2]] == [0o700, 0o700]


@pytest.mark.parametrize("anew", [True, False], ids=["another process", "the same process"])
def test_an_older_journal_gets_what_it_lacks(tmp_path: Path, told: Told, anew: bool) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    backup = one.path.read_bytes()
    one.append(entry("b"))
    one.append(entry("c"))
    one.path.write_bytes(backup)
    if anew:
        one = journal(tmp_path)
    for _ in range(2):
        one.complete(told)
        assert (ids(one), told.times) == (["a", "b", "c"], 1)
    assert copy_of(one).read_bytes() == one.path.read_bytes()


def test_a_journal_that_is_gone_comes_back(tmp_path: Path, told: Told) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    one.path.unlink()
    one.complete(told)
    assert (ids(one), told.times) == (["a"], 1)
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("act", [lambda one: one.complete(Told()), lambda one: one.append(entry("c"))])
def test_a_journal_that_has_no_copy_yet_gets_one(tmp_path: Path, act: Callable[[Journal], None]) -> None:
    before = Journal(journal(tmp_path).path)
    before.append(entry("a"))
    before.append(entry("b"))
    one = journal(tmp_path)
    act(one)
    assert copy_of(one).read_bytes() == one.path.read_bytes()


def test_nothing_is_made_where_there_is_nothing(tmp_path: Path, told: Told) -> None:
    journal(tmp_path).complete(told)
    assert [*tmp_path.rglob("*")] == [tmp_path / "state"]


def test_what_another_process_appended_to_one_of_them_is_in_both(tmp_path: Path, told: Told) -> None:
    one, without = journal(tmp_path), Journal(tmp_path / "state" / "journal.log")
    one.append(entry("a"))
    without.append(entry("b"))
    one.append(entry("c"))
    assert copy_of(one).read_bytes() == one.path.read_bytes()
    without.append(entry("d"))
    one.complete(told)
    assert copy_of(one).read_bytes() == one.path.read_bytes()
    assert told.times == 0


def test_lines_of_both_are_kept_if_each_has_its_own(tmp_path: Path, told: Told) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    backup = one.path.read_bytes()
    one.append(entry("b"))
    one.path.write_bytes(backup)
    Journal(one.path).append(entry("c"))
    one.complete(told)
    assert ids(one) == ["a", "c", "b"]
    assert ids(Journal(copy_of(one))) == ["a", "b", "c"]
    one.append(entry("d"))
    assert ids(Journal(copy_of(one))) == ["a", "b", "c", "d"]


def test_the_same_words_count_as_often_as_they_were_said(tmp_path: Path, told: Told) -> None:
    # Tried, not sent, and tried again within a second: only the last line says that it may have been charged.
    lines: list[Line] = [intent("send"), intent("not sent"), intent("send")]
    one = journal(tmp_path)
    for line in lines:
        one.append(line)
    whole = one.path.read_bytes().splitlines(keepends=True)
    for kept in range(4):
        one.path.write_bytes(b"".join(whole[:kept]))
        again = journal(tmp_path)
        again.complete(told)
        assert again.read(0)[0] == lines


@pytest.mark.parametrize(
    "damage", [b"", b"\n", b"\xff\x00 stray", b'{"at":"2026', b'{"at":1}}\n', b"[1]\n", b"7\n"]
)
@pytest.mark.parametrize("where", ["before", "between", "after"])
def test_damage_of_one_is_not_carried_to_the_other(
    tmp_path: Path, told: Told, damage: bytes, where: str
) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    backup = one.path.read_bytes()
    one.append(entry("b"))
    first, second = copy_of(one).read_bytes().splitlines(keepends=True)
    ended = damage if damage.endswith(b"\n") or not damage else damage + b"\n"
    written = {
        "before": ended + first + second,
        "between": first + ended + second,
        "after": first + second + damage,
    }[where]
    copy_of(one).write_bytes(written)
    one.path.write_bytes(backup)

    again = journal(tmp_path)
    again.complete(told)
    assert again.path.read_bytes() == first + second
    again.append(entry("c"))
    assert (ids(again), ids(Journal(copy_of(again)))) == (["a", "b", "c"], ["a", "b", "c"])
    # And the other way round.
    again.path.write_bytes(written)
    last = journal(tmp_path)
    last.complete(told)
    assert sorted(ids(last)) == ["a", "b", "c"]
    assert copy_of(last).read_bytes().startswith(written)


def test_a_last_line_that_lacks_its_line_feed_only_is_the_same_line(tmp_path: Path, told: Told) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    copy_of(one).write_bytes(one.path.read_bytes()[:-1])
    again = journal(tmp_path)
    again.complete(told)
    again.append(entry("b"))
    assert (told.times, ids(again), ids(Journal(copy_of(again)))) == (0, ["a", "b"], ["a", "b"])


def test_a_line_of_a_newer_version_is_kept() -> None:
    assert lacking(b"", b'{"kind":"new"}\n') == [b'{"kind":"new"}\n']


def in_the_way(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.mkdir()


def link(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path.parents[3] / "elsewhere")


def no_directory(path: Path) -> None:
    path.parents[2].write_text("a file")


def a_pipe(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (in_the_way, "is a directory"),
        (link, "symbolic link"),
        (no_directory, "not a directory"),
        (a_pipe, "not a regular file"),
    ],
)
def test_work_goes_on_without_a_copy_and_why_is_known(
    tmp_path: Path, told: Told, spoil: Callable[[Path], None], reason: str
) -> None:
    one = journal(tmp_path)
    spoil(copy_of(one))
    one.append(entry("a"))
    one.complete(told)
    one.append(entry("b"))
    assert (ids(one), told.times) == (["a", "b"], 0)
    problem = problem_of(one)
    assert problem is not None
    assert reason in problem.message
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_copy_of_somebody_else_is_refused(tmp_path: Path, told: Told) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    os.chown(copy_of(one), 12345, 12345)
    with copy_of(one).open("ab") as file:
        file.write(one.path.read_bytes().replace(b'"a"', b'"theirs"'))
    one.complete(told)
    assert (ids(one), told.times) == (["a"], 0)
    problem = problem_of(one)
    assert problem is not None
    assert "another user" in problem.message


def test_without_a_home_directory_nothing_is_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = Journal(
        tmp_path / "journal.log", SecondCopy(Path("~/.cache/journals"), "host", "state", Patience())
    )
    one.append(entry("a"))
    problem = problem_of(one)
    assert problem is not None
    assert "home directory" in problem.message
    assert [*tmp_path.iterdir()] == [one.path]


def test_a_network_file_system_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwl_tui.state.files.second_copy.network_file_system", lambda _: "nfs4")
    one = journal(tmp_path)
    one.append(entry("a"))
    problem = problem_of(one)
    assert problem is not None
    assert "network file system (nfs4)" in problem.message
    assert ids(one) == ["a"]


def test_a_full_disk_costs_the_copy_only_and_is_made_up_for(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if os.path.samestat(os.fstat(descriptor), copy_of(one).stat()):
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        one.append(entry("b"))
        problem = problem_of(one)
    assert problem is not None
    assert "The disk is full" in problem.message
    one.complete(told)
    assert (ids(one), problem_of(one), told.times) == (["a", "b"], None, 0)
    assert copy_of(one).read_bytes() == one.path.read_bytes()


@pytest.mark.parametrize(("line", "kept"), [(entry("b"), True), (intent("send"), False)])
def test_what_the_journal_cannot_take_is_in_the_copy_if_it_was_paid_for(
    tmp_path: Path, line: Line, kept: bool
) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    aside = one.path.rename(tmp_path / "aside")
    one.path.mkdir()
    with pytest.raises(StateError):
        one.append(line)
    one.path.rmdir()
    aside.rename(one.path)
    again = journal(tmp_path)
    again.complete(Told())
    assert again.read(0)[0] == [entry("a"), *([line] if kept else [])]


def test_an_older_journal_that_cannot_be_written_is_an_error(tmp_path: Path, told: Told) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    one.path.unlink()
    one.path.mkdir()
    with pytest.raises(StateError, match=r"journal\.log"):
        journal(tmp_path).complete(told)


def test_a_copy_that_another_process_holds_is_waited_for_before_anything_is_paid(
    tmp_path: Path, told: Told
) -> None:
    clock = Clock()
    pauses = list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.now += LONGEST_SECONDS / 4

    one = journal(tmp_path, Patience(clock, pause))
    one.append(entry("a"))
    one.path.write_bytes(b"")
    with locked_file(copy_of(one), os.O_RDWR, Patience()):
        with pytest.raises(StateError, match="locked"):
            one.complete(told)
        # What was paid for is in the journal at once, whoever holds the copy.
        one.append(entry("b"))
    assert (ids(one), bool(pauses)) == (["b"], True)
    problem = problem_of(one)
    assert problem is not None
    assert "locked" in problem.message
    one.complete(told)
    assert (ids(one), told.times) == (["b", "a"], 1)


def test_a_copy_that_was_removed_while_it_was_waited_for_is_made_anew(tmp_path: Path) -> None:
    path, order = tmp_path / "copy", list[str]()

    def pause(_seconds: float) -> None:
        if not order:
            order.append("removed")
            path.unlink()
            held.close()

    held = ExitStack()
    held.enter_context(locked_file(path, os.O_RDWR, Patience()))
    with locked_file(path, os.O_RDWR, Patience(sleep=pause)) as descriptor:
        assert order == ["removed"]
        assert os.path.samestat(path.stat(), os.fstat(descriptor))


def test_several_at_once_leave_the_same_lines_in_both(tmp_path: Path, told: Told) -> None:
    before = Journal(journal(tmp_path).path)
    for number in range(50):
        before.append(entry(f"old-{number}"))

    def work(name: int) -> None:
        one = journal(tmp_path)
        for number in range(10):
            one.complete(told)
            one.append(entry(f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = journal(tmp_path)
    assert len(ids(one)) == 110
    assert sorted(ids(one)) == sorted(ids(Journal(copy_of(one))))
    assert told.times == 0


def test_both_are_on_disk_when_a_line_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, synced = journal(tmp_path), dict[tuple[int, int], int]()
    fsync = os.fsync

    def note(descriptor: int) -> None:
        status = os.fstat(descriptor)
        synced[status.st_dev, status.st_ino] = status.st_size
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    for batch_id in "ab":
        one.append(entry(batch_id))
        for path in (one.path, copy_of(one)):
            assert synced[path.stat().st_dev, path.stat().st_ino] == path.stat().st_size
            assert (path.parent.stat().st_dev, path.parent.stat().st_ino) in synced


@given(st.data())
def test_whatever_happens_no_line_is_lost(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("whatever")
    one, backup, said, told = journal(directory), b"", list[Line](), Told()
    for number in range(data.draw(st.integers(1, 12))):
        match data.draw(st.sampled_from(("append", "append", "same", "start", "back up", "restore", "tear"))):
            case "append":
                said.append(entry(str(number)))
                one.append(said[-1])
            case "same":
                one.complete(told)  # as before anything is paid
                said.append(intent("send"))
                one.append(said[-1])
            case "start":
                one = journal(directory)
            case "back up":
                backup = one.path.read_bytes() if one.path.exists() else b""
            case "restore":
                one.path.write_bytes(backup)
            case "tear":
                file = data.draw(st.sampled_from((one.path, copy_of(one))))
                if file.exists():
                    with file.open("ab") as torn:
                        torn.write(data.draw(st.binary(max_size=5)).replace(b"\n", b""))
        if data.draw(st.booleans()):
            one.complete(told)
    one.complete(told)
    expected = Counter(map(str, said))
    assert Counter(map(str, one.read(0)[0])) == expected
    assert Counter(map(str, Journal(copy_of(one)).read(0)[0])) == expected


def test_nothing_is_read_while_nothing_has_changed(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = journal(tmp_path)
    one.append(entry("a"))
    opened = list[object]()
    monkeypatch.setattr("pwl_tui.state.files.second_copy._read", opened.append)
    monkeypatch.setattr("pwl_tui.state.files.second_copy.open_private", opened.append)
    one.complete(told)
    assert opened == []


def test_a_start_compares_the_ends_only(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    one = journal(tmp_path)
    for number in range(100):
        one.append(entry(str(number)))

    def refuse(_descriptor: int) -> bytes:
        raise AssertionError("all of it was read")

    monkeypatch.setattr("pwl_tui.state.files.second_copy._all", refuse)
    again = journal(tmp_path)
    again.complete(told)
    again.append(entry("last"))
    assert copy_of(again).read_bytes() == again.path.read_bytes()


def test_a_copy_with_two_names_is_one(tmp_path: Path, told: Told) -> None:
    old, new = (journal_at(tmp_path, name) for name in ("old", "new"))
    old.append(entry("b-1"))
    new.append(entry("of another"))
    assert old.second is not None
    for _ in range(2):  # there and back again, or by two at once
        old.second.share(copy_of(new))
    assert copy_of(old).samefile(copy_of(new))
    assert {path.name for path in copy_of(old).parent.iterdir()} == {copy_of(old).name, copy_of(new).name}

    new.append(entry("b-2"))
    old.complete(told)
    assert [one.batch_id for one in old.entries()] == ["b-1", "of another", "b-2"]
    assert problem_of(old) is problem_of(new) is None


def test_a_copy_that_is_separated_has_all_and_gets_no_more(tmp_path: Path, told: Told) -> None:
    old, new = (journal_at(tmp_path, name) for name in ("old", "new"))
    old.append(entry("b-1"))
    assert old.second is not None
    assert new.second is not None
    old.second.share(copy_of(new))
    for _ in range(2):
        new.second.separate()
        assert copy_of(new).read_bytes() == copy_of(old).read_bytes()
        assert not copy_of(old).samefile(copy_of(new))
    old.append(entry("b-2"))
    new.complete(told)
    assert [one.batch_id for one in new.entries()] == ["b-1"]
    assert {copy.stat().st_mode & 0o777 for copy in (copy_of(old), copy_of(new))} == {0o600}


def test_there_is_nothing_to_separate_where_there_is_nothing(tmp_path: Path) -> None:
    one = journal_at(tmp_path, "new")
    assert one.second is not None
    one.second.separate()
    assert not copy_of(one).exists()
    assert problem_of(one) is None


def test_a_file_system_without_links_keeps_two_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    old, new = (journal_at(tmp_path, name) for name in ("old", "new"))
    for one in (old, new):
        one.append(entry(one.path.parent.name))

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "refused")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert old.second is not None
    old.second.share(copy_of(new))
    assert problem_of(old) is not None
    new.complete(told)
    assert ([one.batch_id for one in new.entries()], told.times) == (["new"], 0)
