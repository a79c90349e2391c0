"""The files of a background worker: a lock that says that it is alive, what it says of itself, and its log.

There is one worker per state directory and binding. Only the lock tells whether it is alive, because the
kernel releases it however the worker ends; a process ID alone may be another process's by now.
"""

import errno
import fcntl
import os
import platform
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from pwl_tui.paths import open_regular, write_private
from pwl_tui.problem import Problem
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.locks import file_word, lock_file
from pwl_tui.state.models import Binding

_TRIES = 20
_PAUSE_SECONDS = 0.05
"""Whoever looks whether a worker is alive holds its lock for a moment, which must keep no worker from it."""


class WorkerRecord(Struct, frozen=True):
    """What a worker says of itself.

    Attributes:
        machine: its name; in a container, the container's.
        pid: its process.
        since: when it began; UTC epoch seconds.
        ended: when it ended by itself. None means that it works, or was killed.
        exit: its exit code. None as for `ended`.
        problem: why it ended before everything was done.
    """

    machine: str
    pid: int
    since: float
    ended: float | None = None
    exit: int | None = None
    problem: Problem | None = None


def new_record() -> WorkerRecord:
    """Return the record of this process as a worker that begins now."""
    return WorkerRecord(platform.node(), os.getpid(), time.time())


class WorkerFiles:
    """The files of the one worker of a binding.

    Args:
        directory: the state directory.
        binding: the service and key.

    Attributes:
        log: where it writes what it does; bounded, without numbers and keys.
    """

    def __init__(self, directory: Path, binding: Binding) -> None:
        name = f"worker-{file_word(binding)}"
        self._lock = directory / f"{name}.lock"
        self._record = directory / f"{name}.json"
        self.log = directory / f"{name}.log"

    @contextmanager
    def hold(self, pause: Callable[[float], None] = time.sleep) -> Iterator[bool]:
        """Be the worker as long as the block lasts; yield whether there is no other.

        Raises:
            StateError: the lock file cannot be created or locked.
        """
        for attempt in range(_TRIES):
            with lock_file(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB) as ours:
                if ours or attempt == _TRIES - 1:
                    yield ours
                    return
            pause(_PAUSE_SECONDS)

    def alive(self) -> bool:
        """Whether a worker holds the lock.

        Raises:
            StateError: the lock file cannot be read.
        """
        if not self._lock.exists():
            return False
        with lock_file(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB) as free:
            return not free

    def read(self) -> WorkerRecord | None:
        """Return what the last worker said of itself. None means there is none, or it cannot be read."""
        unread = suppress(OSError, msgspec.DecodeError, UnicodeDecodeError)
        with unread, open(self._record, "rb", opener=open_regular) as file:
            return msgspec.json.decode(file.read(), type=WorkerRecord)
        return None

    def write(self, record: WorkerRecord) -> None:
        """Say something of oneself.

        Raises:
            PathError: it cannot be written.
        """
        write_private(self._record, msgspec.json.encode(record), follow=False)

    def terminate(self) -> bool:
        """Ask the worker to end (SIGTERM); return whether it was there to be asked.

        The signal reaches no process but the worker: what it goes to was held on to before the lock and the
        record were looked at once more.

        Raises:
            StateError: the system does not let us ask it.
        """
        record = self.read()
        if record is None or record.ended is not None or record.machine != platform.node():
            return False
        if record.pid <= 0:  # it would be a signal to many processes
            return False
        try:
            return self._signal(record)
        except (ProcessLookupError, OverflowError):
            return False
        except OSError as error:
            raise StateError(
                f"Could not ask the background worker (PID {record.pid}) to end: {error.strerror}.",
                f"Run `kill {record.pid}` as the user who started it.",
            ) from error

    def _signal(self, record: WorkerRecord) -> bool:
        process = _held(record.pid)
        try:
            if not self.alive() or self.read() != record:
                return False
            if process is None:
                os.kill(record.pid, signal.SIGTERM)
            else:
                signal.pidfd_send_signal(process, signal.SIGTERM)
            return True
        finally:
            if process is not None:
                os.close(process)


def _held(pid: int) -> int | None:
    """Hold on to a process, so that its ID is not reused; None where the system cannot.

    Raises:
        OSError: there is no such process, or no descriptor for it.
    """
    if not hasattr(os, "pidfd_open"):  # macOS
        return None
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno == errno.EINVAL:  # a thread's: no worker has such an ID
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH)) from error
        if error.errno in {errno.ENOSYS, errno.EPERM}:  # an old kernel, or a container's filter
            return None
        raise
