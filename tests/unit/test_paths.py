import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pwl_tui import paths
from pwl_tui.paths import PathError, backup, private_dir, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environment_sets_the_locations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {"PWL_TUI_STATE_DIR": "~/state", "PWL_TUI_CONFIG": "/etc/pwl.toml"}

    assert paths.state_dir(environ) == tmp_path / "state"
    assert paths.config_file(environ) == Path("/etc/pwl.toml")


@pytest.mark.parametrize("environ", [{}, {"PWL_TUI_STATE_DIR": "", "PWL_TUI_CONFIG": ""}])
def test_by_default_the_platform_decides_the_locations(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    if os.uname().sysname == "Linux":
        assert paths.state_dir(environ) == tmp_path / "state" / "pwl-tui"
        assert paths.config_file(environ) == tmp_path / "config" / "pwl-tui" / "config.toml"
    assert not list(tmp_path.iterdir())


def test_a_relative_location_survives_a_change_of_directory() -> None:
    assert paths.state_dir({"PWL_TUI_STATE_DIR": "here"}) == Path.cwd() / "here"


def test_the_home_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(PathError, match=r"^Could not resolve ~no-such-user-here/x: .*[^.]\.$"):
        paths.state_dir({"PWL_TUI_STATE_DIR": "~no-such-user-here/x"})


def test_a_private_directory_is_made_with_those_above_it(tmp_path: Path) -> None:
    private_dir(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_the_permissions_of_our_own_directory_are_tightened(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_dir(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_directory_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PathError, match="belongs to another user"):
        private_dir(tmp_path)
    assert mode(tmp_path) == 0o755


def test_a_directory_shared_by_everybody_is_refused_and_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(PathError, match="shared by every user") as caught:
        private_dir(tmp_path)
    assert str(tmp_path / "pwl-tui") in caught.value.problem.remedy
    assert mode(tmp_path) == 0o1777


@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_in_the_way_of_a_directory_is_refused(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PathError, match=r"part of .* is not a directory"):
        private_dir(tmp_path / "file" / below)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_is_private_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        if stat.S_ISREG((status := os.fstat(descriptor)).st_mode):
            seen.append(stat.S_IMODE(status.st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    path = tmp_path / "new" / "file"
    write_private(path, b"one")

    assert seen == [0o600]
    assert (path.read_bytes(), mode(path), mode(path.parent)) == (b"one", 0o600, 0o700)


def test_replacing_tightens_the_file_but_not_the_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_private(path, b"new")

    assert (path.read_bytes(), mode(path), mode(tmp_path)) == (b"new", 0o600, 0o755)
    assert list(tmp_path.iterdir()) == [path]


def test_the_data_is_on_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "file", list[str]()
    path.write_bytes(b"old")
    fsync = os.fsync

    def note(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append(f"{kind} {path.read_text()}")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_private(path, b"new")

    assert synced == ["file old", "directory new"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles" / "config", tmp_path / "config"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)

    write_private(link, b"new")

    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_link_in_place_of_a_file_of_the_programs_own_is_refused(tmp_path: Path) -> None:
    target, link = tmp_path / "theirs", tmp_path / "ours"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with pytest.raises(PathError, match="is a symbolic link, which is not followed"):
        write_private(link, b"new", follow=False)
    assert (link.is_symlink(), target.read_bytes()) == (True, b"old")


@pytest.mark.parametrize("name", ["a", "a/below"])
@pytest.mark.parametrize("make", [private_dir, lambda path: write_private(path, b"")])
def test_links_that_form_a_loop_are_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], name: str
) -> None:
    links = [tmp_path / "a", tmp_path / "b"]
    for link, target in zip(links, reversed(links), strict=True):
        link.symlink_to(target)
    with pytest.raises(PathError, match=f"{name} is a symbolic link that leads back to itself"):
        make(tmp_path / name)
    assert all(link.is_symlink() for link in tmp_path.iterdir())
    assert sorted(tmp_path.iterdir()) == links


def test_a_link_to_nothing_yet_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to(tmp_path / "dotfiles" / "config")
    write_private(tmp_path / "config", b"new")
    assert (tmp_path / "dotfiles" / "config").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failed_write_keeps_the_old_content(
    code: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(PathError, match=sentence) as caught:
        write_private(path, b"new")

    assert str(path) in caught.value.problem.message
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path], "the half-written file is gone"


def test_a_directory_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    with pytest.raises(PathError, match="is a directory, not a file"):
        write_private(tmp_path / "it", b"")


def test_a_backup_is_a_private_copy(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"mine")
    path.chmod(0o644)

    kept = backup(path)

    assert (kept, kept.read_bytes(), mode(kept)) == (tmp_path / "config.toml.bak-1", b"mine", 0o600)
    assert path.read_bytes() == b"mine"


def test_an_older_backup_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for content in (b"first", b"second"):
        path.write_bytes(content)
        backup(path)
    assert [(tmp_path / f"config.toml.bak-{n}").read_bytes() for n in (1, 2)] == [b"first", b"second"]


def test_a_backup_of_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="gone does not exist"):
        backup(tmp_path / "gone")


def test_a_hostile_name_is_safe_to_show(tmp_path: Path) -> None:
    (tmp_path / "\x1b]0;x\x07").write_text("")
    with pytest.raises(PathError) as caught:
        private_dir(tmp_path / "\x1b]0;x\x07")
    assert caught.value.problem.message.isprintable()
