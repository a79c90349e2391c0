"""Locks that the kernel releases when their process ends: they need no timeout.

A lock is a file in the state directory that is never removed, because then two processes could lock two files
of the same name.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import open_private
from pwl_tui.state.errors import StateError, locked
from pwl_tui.state.models import Binding
from pwl_tui.state.patience import Patience


@contextmanager
def sender_lock(directory: Path, binding: Binding) -> Iterator[bool]:
    """Try to become the only sender of `binding`; yield whether we are, as long as the block lasts.

    Two threads of one process exclude each other as two processes do. This gives ``sending`` its meaning:
    whoever holds the lock and finds a batch in that state knows that its sender is gone.

    Args:
        directory: the state directory.
        binding: the service and key.

    Raises:
        StateError: the lock file cannot be created or locked.
    """
    with lock_file(directory / f"send-{file_word(binding)}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as ours:
        yield ours


def file_word(binding: Binding) -> str:
    """Return what tells the files of a binding from those of others: 16 hexadecimal digits."""
    return hashlib.sha256(f"{binding.base_url}\n{binding.fingerprint}".encode()).hexdigest()[:16]


@contextmanager
def exclusive_lock(path: Path, patience: Patience) -> Iterator[None]:
    """Wait until nobody else is in a block with the lock file `path`, and keep others out.

    Raises:
        StateError: the lock file cannot be created or locked, or another process does not release it.
    """
    with locked_file(path, os.O_RDWR, patience):
        yield


@contextmanager
def locked_file(path: Path, flags: int, patience: Patience) -> Iterator[int]:
    """Wait until nobody else is in a block with the file `path`; lend its descriptor, and keep others out.

    A file that was removed while it was waited for is made anew.

    Args:
        path: the file; created (0600) if missing.
        flags: as for `os.open`.
        patience: how long to wait.

    Raises:
        StateError: the file cannot be created or locked, or another process does not release it.
    """
    while True:
        with _opened(path, flags) as descriptor:
            with patience.wait() as wait:
                while not _locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path):
                    if not wait.goes_on():
                        raise locked()
                    patience.pause()
            if _is_named(path, descriptor):
                yield descriptor
                return


@contextmanager
def lock_file(path: Path, how: int) -> Iterator[bool]:
    """Lock the file `path` as long as the block lasts; yield whether that was possible.

    Args:
        path: the file; created (0600) if missing.
        how: as for `fcntl.flock`.

    Raises:
        StateError: the lock file cannot be created or locked.
    """
    with _opened(path, os.O_RDWR) as descriptor:
        yield _locked(descriptor, how, path)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    try:
        descriptor = open_private(path, flags)
    except OSError as error:
        raise StateError(*os_sentences(error, path)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int, how: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StateError(*os_sentences(error, path)) from error
    return True


def _is_named(path: Path, descriptor: int) -> bool:
    """Return whether an open file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
