"""Writes a file that is complete or absent, and never takes the place of another unasked."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pwl_tui.lists.errors import ListError, unusable
from pwl_tui.text import clean

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}


@contextmanager
def complete_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name once all is written and on disk.

    Args:
        path: its name.
        force: replace an ordinary file of that name, and keep its permissions.

    Raises:
        ListError: it exists already, is no ordinary file, or cannot be written; then nothing is left behind.
    """
    partial = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        mode = _mode_of_existing(path, force=force)
        try:
            with partial.open("xb") as stream:
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            _publish(partial, path, force=force)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _mode_of_existing(path: Path, *, force: bool) -> int | None:
    """Return the permissions of the file that is to be replaced; none if there is none."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "directory" if stat.S_ISDIR(found.st_mode) else "link or device"
        raise unusable(f"{_shown(path)} is a {kind}, not an ordinary file.", "Give the name of a new file.")
    if not force:
        raise FileExistsError
    return stat.S_IMODE(found.st_mode)


def _publish(partial: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            os.link(partial, path)  # unlike a rename, fails if the name was taken meanwhile
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # File systems without hard links: take the name first, then the contents.
            path.touch(exist_ok=False)
            force = True
    if force:
        partial.replace(path)


def _unwritable(path: Path, error: OSError) -> ListError:
    name = _shown(path)
    match error:
        case FileExistsError():
            return unusable(f"{name} exists already.", "Give another name, or --force to replace it.")
        case FileNotFoundError():
            return unusable(
                f"There is no directory {clean(str(path.parent))}.", "Create it, or give another."
            )
    why = clean(error.strerror or str(error)).lower()
    return unusable(f"{name} cannot be written: {why}.", "Choose another place, or make room and try again.")


def _shown(path: Path) -> str:
    return clean(path.name) or clean(str(path))
