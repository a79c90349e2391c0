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

from pwl_tui.os_errors import os_sentences
from pwl_tui.problem import Kind, ProblemError

_APP = "pwl-tui"
_PRIVATE_DIR = 0o700
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


def private_dir(path: Path) -> None:
    """Make a directory that only its owner can enter (0700), and the directories above it.

    If it exists and belongs to this user, its permissions are tightened; somebody else's is left as it is.

    Raises:
        PathError: it cannot be made, a file is in the way, its links form a loop, or it is shared by every
            user, as ``/tmp`` is.
    """
    with _sentences(path):
        _refuse_loop(path)
        _make_dir(path)
        status = path.stat()
        if status.st_mode & stat.S_ISVTX:
            # Tightening /tmp as root would lock everybody else out.
            raise PathError(
                f"{path} is shared by every user of this machine.",
                f"Choose a directory of its own, such as {path / _APP}.",
            )
        if status.st_uid == os.geteuid() and status.st_mode & _OTHERS:
            path.chmod(_PRIVATE_DIR)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read (0600). After a crash it has its old or its new content.

    A link is followed, so it stays a link. A missing directory is made (0700); an existing one is left as it
    is, because it may be one of the person's own.

    Args:
        path: the file to create or replace.
        data: its whole content.

    Raises:
        PathError: it cannot be written, or its links form a loop. It then keeps its old content.
    """
    with _sentences(path):
        _refuse_loop(path)
        target = path.resolve()
        _make_dir(target.parent)
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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
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


def _refuse_loop(path: Path) -> None:
    """Raise an `OSError` (``ELOOP``) for links that lead to each other.

    `Path.resolve` raises only up to Python 3.12. Later it returns such a link itself, which would then be
    replaced by a file.
    """
    with suppress(FileNotFoundError):  # what does not exist yet can be made
        path.stat()


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
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
