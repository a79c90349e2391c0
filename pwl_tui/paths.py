"""Where the program keeps its files, and how they are written.

Only their owner can read these files, and they are complete or absent, whatever happens while they are
written.
"""

import errno
import itertools
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from pwl_tui.os_errors import NotOursError, os_sentences
from pwl_tui.problem import Kind, ProblemError

_APP = "pwl-tui"
_PRIVATE_DIR = 0o700
_PRIVATE_FILE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PathError(ProblemError):
    """A file or directory of the program cannot be used: no permission, no space, or something in the way."""

    DEFAULT_KIND: ClassVar[Kind] = Kind.UNAVAILABLE


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the state directory, which need not exist.

    Args:
        environ: ``PWL_TUI_STATE_DIR`` names it. If that is unset or empty, it is where the platform keeps
            state.

    Raises:
        PathError: it begins with ``~`` and the name of an unknown user.
    """
    if named := environ.get("PWL_TUI_STATE_DIR"):
        return _expanded(named)
    import platformdirs  # here, because it is often unneeded

    return platformdirs.user_state_path(_APP, appauthor=False)


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the configuration file, which need not exist.

    Args:
        environ: ``PWL_TUI_CONFIG`` names it. If that is unset or empty, it is where the platform keeps
            configuration.

    Raises:
        PathError: it begins with ``~`` and the name of an unknown user.
    """
    if named := environ.get("PWL_TUI_CONFIG"):
        return _expanded(named)
    import platformdirs  # as above

    return platformdirs.user_config_path(_APP, appauthor=False) / "config.toml"


def journals_dir() -> Path:
    """Return the path of the directory for second copies of journals, which need not exist.

    It is where the platform keeps what backups leave out. Without a home directory, the path is relative.
    """
    import platformdirs  # as above

    return platformdirs.user_cache_path(_APP, appauthor=False) / "journals"


def private_dir(path: Path) -> None:
    """Make a directory that only its owner can enter (0700), and the directories above it.

    If it exists, its permissions are tightened. A link of this user's own, or of root's, is followed.

    Raises:
        PathError: it cannot be made, a file is in the way, its links form a loop, it belongs to another user,
            or it is shared by every user, as ``/tmp`` is.
    """
    with _sentences(path):
        _refuse_loop(path)
        _make_dir(path)
        link, status = path.lstat(), path.stat()
        if status.st_mode & stat.S_ISVTX:
            # Tightening /tmp as root would lock everybody else out.
            raise PathError(
                f"{path} is shared by every user of this machine.",
                f"Choose a directory of its own, such as {path / _APP}.",
            )
        # Whoever owns the directory, or the link to it, could put files of their own in our place.
        if status.st_uid != os.geteuid() or link.st_uid not in (0, os.geteuid()):
            raise NotOursError(_ANOTHER_USER)
        if status.st_mode & _OTHERS:
            path.chmod(_PRIVATE_DIR)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner can read and write (0600), and return its descriptor.

    Args:
        path: created if missing, whatever the umask.
        flags: as for `os.open`.

    Raises:
        NotOursError: it is a link, a device, or another user's.
        OSError: it cannot be opened.
    """
    try:
        # Not blocking: a pipe of that name would keep us waiting.
        more = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags | more, _PRIVATE_FILE)
    except OSError as error:
        if path.is_symlink():
            raise NotOursError(_LINK) from error
        raise
    try:
        status = os.fstat(descriptor)
        _require_ours(status)
        if stat.S_IMODE(status.st_mode) != _PRIVATE_FILE:
            os.fchmod(descriptor, _PRIVATE_FILE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_regular(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file to read it, and return its descriptor; an opener for `open`.

    Args:
        path: of a file that exists.
        flags: as for `os.open`.

    Raises:
        NotOursError: it is a device or a pipe, which could keep us waiting.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotOursError(_NOT_REGULAR)
    return descriptor


def keep_private(path: Path) -> None:
    """Let only its owner read and write a file that exists (0600), without opening it.

    Raises:
        NotOursError: as for `open_private`.
        OSError: its permissions cannot be changed.
    """
    status = path.lstat()
    _require_ours(status)
    if stat.S_IMODE(status.st_mode) != _PRIVATE_FILE:
        path.chmod(_PRIVATE_FILE)


def write_private(path: Path, data: bytes, *, follow: bool = True) -> None:
    """Write a file that only its owner can read (0600). After a crash it has its old or its new content.

    A link is followed, so it stays a link. A missing directory is made (0700); an existing one is left as it
    is, because it may be one of the person's own.

    Args:
        path: the file to create or replace.
        data: its whole content.
        follow: whether a link is followed; a file of the program's own is none, and a link in its place is
            refused.

    Raises:
        PathError: it cannot be written, or its links form a loop. It then keeps its old content.
    """
    with _sentences(path):
        if not follow and path.is_symlink():
            raise NotOursError(_LINK)
        _refuse_loop(path)
        target = path.resolve()
        _make_dir(target.parent)
        with suppress(FileNotFoundError):
            _require_ours(target.stat())
        beside = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        try:
            _write_new(beside, data)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        sync_directory(target.parent)


def append_private(path: Path, data: bytes, most_bytes: int) -> None:
    """Append to a log that only its owner can read (0600), in a directory as `private_dir` makes it.

    Args:
        path: the log. A link is refused.
        data: what to append.
        most_bytes: the size at which the log becomes ``NAME.1``, which is replaced, and a new one begins.

    Raises:
        OSError: it cannot be written.
        PathError: the directory cannot be used.
    """
    private_dir(path.parent)
    if path.exists() and path.stat().st_size + len(data) > most_bytes:
        path.replace(path.with_name(f"{path.name}.1"))
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file; that it is gone already is as good.

    Raises:
        PathError: it cannot be removed.
    """
    with _sentences(path):
        path.unlink(missing_ok=True)


def backup(path: Path) -> Path:
    """Copy a file to ``NAME.bak-1`` beside it (0600), or the next free number; return the copy's path.

    Raises:
        PathError: the file cannot be read, or the copy cannot be written.
    """
    with _sentences(path):
        data = path.read_bytes()
        copies = (path.with_name(f"{path.name}.bak-{number}") for number in itertools.count(1))
        copy = next(copy for copy in copies if not copy.exists())
    write_private(copy, data)
    return copy


def _expanded(named: str) -> Path:
    # A shell expands ~; systemd units, cron and container files do not.
    path = Path(named)
    with _sentences(path):
        return path.expanduser().absolute()


def _make_dir(path: Path) -> None:
    try:
        path.mkdir(_PRIVATE_DIR, parents=True, exist_ok=True)
    except FileExistsError as error:  # a file has that name
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error


_LINK = "is a symbolic link, which is not followed here"
_NOT_REGULAR = "is not a regular file"
_ANOTHER_USER = "belongs to another user"


def _require_ours(status: os.stat_result) -> None:
    """Raise `NotOursError` unless it is a regular file of this user."""
    if stat.S_ISLNK(status.st_mode):
        raise NotOursError(_LINK)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise NotOursError(_NOT_REGULAR)
    if status.st_uid != os.geteuid():
        raise NotOursError(_ANOTHER_USER)


def _refuse_loop(path: Path) -> None:
    """Raise an `OSError` (``ELOOP``) for links that lead to each other.

    `Path.resolve` raises only up to Python 3.12. Later it returns such a link itself, which would then be
    replaced by a file.
    """
    with suppress(FileNotFoundError):  # what does not exist yet can be made
        path.stat()


def _write_new(path: Path, data: bytes) -> None:
    descriptor = open_private(path, os.O_WRONLY | os.O_EXCL)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Flush the names in a directory to disk: a new file is safe only once its directory is.

    Raises:
        OSError: the directory cannot be opened, or its file system cannot do that.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what the operating system reports about `path` into a `PathError`."""
    try:
        yield
    except OSError as error:
        raise PathError(*os_sentences(error, path)) from error
    except RuntimeError as error:  # pathlib raises it for ~user without a home
        reason = str(error).rstrip(".")
        raise PathError(f"Could not resolve {path}: {reason}.", "Choose another location.") from error
