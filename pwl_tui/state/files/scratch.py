"""Directories for temporary files, which contain people's numbers: the start after a kill removes them."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from pwl_tui.os_errors import os_sentences
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.locks import lock_file

_PREFIX = "scratch-"
_LOCK = "scratch.lock"


@contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    """Lend a new directory (0700), which is removed with its contents on leaving.

    Args:
        directory: the state directory.

    Raises:
        StateError: it cannot be created.
    """
    with lock_file(directory / _LOCK, fcntl.LOCK_SH):
        try:
            path = Path(mkdtemp(prefix=_PREFIX, dir=directory))
        except OSError as error:
            raise StateError(*os_sentences(error, directory)) from error
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def sweep(directory: Path) -> None:
    """Remove what killed processes left, unless a process is using a directory now: then a later start does.

    Args:
        directory: the state directory.

    Raises:
        StateError: the lock file cannot be created or locked.
    """
    if left := [*directory.glob(f"{_PREFIX}*")]:
        with lock_file(directory / _LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
            for path in left if alone else []:
                shutil.rmtree(path, ignore_errors=True)
