import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.write.files import complete_file


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "out.csv"
    assert not list(tmp_path.glob(".*.part"))


def write(path: Path, *, force: bool = False) -> None:
    with complete_file(path, force=force) as stream:
        stream.write(b"answers")


def test_a_file_appears_when_it_is_complete(target: Path) -> None:
    with complete_file(target, force=False) as stream:
        stream.write(b"answers")
        stream.flush()
        assert not target.exists()
    assert target.read_bytes() == b"answers"


def test_only_the_owner_can_read_a_new_file(target: Path) -> None:
    write(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_is_not_overwritten_unless_forced(target: Path) -> None:
    target.write_text("precious")
    target.chmod(0o640)
    with pytest.raises(ListError, match=r"out\.csv already exists"):
        write(target)
    assert target.read_text() == "precious"
    write(target, force=True)
    assert target.read_text() == "answers"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, target: Path, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", failing(errno.EPERM))
    with pytest.raises(ListError, match="already exists"), complete_file(target, force=False):
        target.write_text("precious")
    assert target.read_text() == "precious"


def failing(code: int) -> object:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_file_systems_without_hard_links_work(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    write(target)
    assert target.read_bytes() == b"answers"


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_failing_disk_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, target: Path, call: str
) -> None:
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    with pytest.raises(ListError, match=r"The disk is full: could not write out\.csv"):
        write(target)
    assert not list(target.parent.iterdir())


def test_an_interrupted_write_leaves_nothing_behind(target: Path) -> None:
    with pytest.raises(KeyboardInterrupt), complete_file(target, force=False):
        raise KeyboardInterrupt
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is a directory"),
        ("/", "is a directory"),
        ("link", "link or device"),
        ("none/out.csv", "none does not exist"),
    ],
)
def test_targets_that_are_not_regular_files_are_refused(tmp_path: Path, name: str, says: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ListError, match=says):
        write(tmp_path / name, force=True)
    assert [*tmp_path.iterdir()] == [link]
