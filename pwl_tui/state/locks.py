"""The lock under which batches are sent: one sender per key on this machine, whatever dies.

The kernel gives the lock up with the process that held it, so it cannot outlive its owner and needs no
time-out. That is what makes a batch in ``sending`` mean something: whoever holds the lock and finds one
knows that its sender is gone.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pwl_tui.state.errors import from_os
from pwl_tui.state.models import Binding


@contextmanager
def sender_lock(directory: Path, binding: Binding) -> Iterator[bool]:
    """Try to become the one sender of `binding`; yield whether we are, for as long as the block lasts.

    Two threads of one process exclude each other as two processes do.

    Args:
        directory: the state directory; the lock is a file in it that is never removed, since removing it
            would let two processes lock two files of one name.
        binding: the service and key.

    Raises:
        StateError: the lock file cannot be made.
    """
    name = hashlib.sha256(f"{binding.base_url}\n{binding.fingerprint}".encode()).hexdigest()[:16]
    path = directory / f"send-{name}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise from_os(error, path) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
