"""The journal's second copy, outside the state directory: a backup of that directory cannot take it back.

Whoever puts a whole state directory back in its place puts its old journal back, too. What was sent since is
then in the second copy only. It is in the person's cache directory, which backups leave out.

The copy is found by the place of the directory. Where one was moved, its copy has a name for each place: a
backup may come back to any of them.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import open_private, open_regular, private_dir, sync_directory, write_private
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.locks import locked_file
from pwl_tui.state.files.log_lines import append_synced, lacking
from pwl_tui.state.files.mounts import network_file_system
from pwl_tui.state.patience import Patience

_TAIL_BYTES: Final = 4_096
"""How much of their ends is compared of two files of one size."""
_TAG: Final = b"""Signature: 8a477f597d28d172789f06886806bc55
# What is here must not be in a backup: see https://bford.info/cachedir/.
# pwl-tui keeps a second copy of each journal here, to notice that a state directory
# was restored, and to not pay again for what was sent since.
"""


class _Mark(NamedTuple):
    """What a file was when it was last looked at."""

    device: int
    inode: int
    size: int
    changed: int
    """In nanoseconds."""

    @classmethod
    def of(cls, file: Path | int) -> "_Mark | None":
        """Return it; None if there is no such file."""
        try:
            status = os.fstat(file) if isinstance(file, int) else file.stat()
        except FileNotFoundError:
            return None
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class _Level(NamedTuple):
    """The two files when one last had what the other has."""

    journal: _Mark | None
    copy: _Mark | None

    def grown_by(self, size: int, now: "_Level") -> int | None:
        """Return where so many bytes begin if they are all that came to either: they are the journal's.

        None means that more has changed.
        """
        was, is_now = self.journal, now.journal
        if not size or was is None or is_now is None or self.copy != now.copy:
            return None
        same = (was.device, was.inode) == (is_now.device, is_now.inode)
        return was.size if same and is_now.size == was.size + size else None


class SecondCopy:
    """The second copy of one journal. Work goes on without it where it cannot be kept.

    Args:
        directory: where the second copies of all journals are; made (0700) when first needed.
        host: the ID of the machine of the state directory.
        path: the state directory, without symbolic links.
        patience: how long to wait for other processes.

    Attributes:
        path: the file.
        problem: why it could not be kept the last time. None means that it could, or that nobody has tried.
    """

    def __init__(self, directory: Path, host: str, path: str, patience: Patience) -> None:
        name = hashlib.sha256("\n".join((host, path)).encode("utf-8", "surrogateescape")).hexdigest()
        self.path = directory / f"{name[:32]}.log"
        self.problem: Problem | None = None
        self._patience = patience
        self._level: _Level | None = None

    def complete(self, journal: Path, tell: Callable[[], None]) -> None:
        """Append to the journal what only the copy has, and to the copy what only the journal has.

        Costs next to nothing if neither has changed since.

        Args:
            journal: the file; it need not exist.
            tell: called before anything is appended to the journal.

        Raises:
            StateError: the journal cannot be read or written, or another process does not release the copy.
        """
        if self._is_level(journal) or not (os.path.exists(journal) or os.path.exists(self.path)):
            return
        with self._borrowed() as copy:
            if copy is not None:
                self._take(journal, copy, tell)
                self._give(journal, copy, 0)

    def take_all(self, journal: Path, tell: Callable[[], None]) -> None:
        """Append to the journal what only the copy has, and leave the copy as it is.

        Args:
            journal: the file, which may be another than the copy's own.
            tell: as for `complete`.

        Raises:
            StateError: as for `complete`.
        """
        if not os.path.exists(self.path):
            return
        with self._borrowed() as copy:
            if copy is not None:
                self._take(journal, copy, tell)

    def share(self, other: Path) -> None:
        """Give the file one more name, so that what is appended under either is under both.

        What had that name before is gone: take it first. If it fails, `problem` says why.

        Args:
            other: the path of the copy of another place, in the same directory.

        Raises:
            StateError: another process does not release the copy.
        """
        beside = other.with_name(f".{other.name}")
        with self._borrowed() as copy:
            if copy is None:
                return
            try:
                beside.unlink(missing_ok=True)
                beside.hardlink_to(self.path)
                beside.replace(other)
                beside.unlink(missing_ok=True)  # it stays if both were names of one file already
                sync_directory(other.parent)
            except OSError as error:
                self._failed(error)

    def separate(self) -> None:
        """Give this name a file of its own, with all that it has, if other places have names of it.

        If that fails, `problem` says why.

        Raises:
            StateError: another process does not release it.
        """
        if not os.path.exists(self.path):
            return
        with self._borrowed() as copy:
            if copy is None:
                return
            try:
                if os.fstat(copy).st_nlink > 1:
                    write_private(self.path, _all(copy), follow=False)
            except (OSError, ProblemError) as error:
                self._failed(error)

    def follow(self, journal: Path, size: int) -> None:
        """Append what was just appended to the journal. If that fails, `problem` says why.

        Args:
            journal: the file.
            size: how many bytes were appended to it.
        """
        try:
            with self._borrowed() as copy:
                if copy is not None:
                    self._give(journal, copy, size)
        except StateError as error:
            self.problem = error.problem

    def save(self, line: bytes) -> None:
        """Append a line that the journal could not take. If that fails, `problem` says why."""
        try:
            with self._borrowed() as copy:
                if copy is not None:
                    append_synced(copy, line)
        except (OSError, StateError) as error:
            self._failed(error)

    def _is_level(self, journal: Path) -> bool:
        """Return whether neither file has changed since one had what the other has."""
        if self._level is None or self.problem is not None:
            return False
        try:
            return self._level == _Level(_Mark.of(journal), _Mark.of(self.path))
        except OSError:  # whoever opens it learns what is wrong
            return False

    @contextmanager
    def _borrowed(self) -> Iterator[int | None]:
        """Lend the file, and keep all others out; None if it cannot be had, and `problem` then says why.

        Raises:
            StateError: another process does not release it.
        """
        if not self._is_usable():
            yield None
            return
        with ExitStack() as stack:
            copy: int | None = None
            try:
                copy = stack.enter_context(locked_file(self.path, os.O_RDWR | os.O_APPEND, self._patience))
            except StateError as error:
                if not isinstance(error.__cause__, OSError):  # another process has it
                    raise
                self._failed(error)
            yield copy

    def _is_usable(self) -> bool:
        """Return whether the file can be used; if not, `problem` says why."""
        try:
            self._make_ready()
        except (OSError, ProblemError) as error:
            self._failed(error)
            return False
        self.problem = None
        return True

    def _make_ready(self) -> None:
        """Make the file with its directories, if missing, and check that it can be used."""
        directory = self.path.parent
        if not directory.is_absolute():
            raise StateError("There is no home directory.", "Set HOME or XDG_CACHE_HOME.")
        if self.path.exists():
            os.close(open_private(self.path, os.O_RDWR))
            return
        for one in (directory.parent, directory):
            private_dir(one)
        kind = network_file_system(directory)
        if kind is not None:
            raise StateError(
                f"{directory} is on a network file system ({kind}), whose locks cannot be trusted.",
                "Set XDG_CACHE_HOME to a directory on a local disk.",
            )
        _write_once(directory.parent / "CACHEDIR.TAG", _TAG)
        os.close(open_private(self.path, os.O_RDWR))
        sync_directory(directory)

    def _take(self, journal: Path, copy: int, tell: Callable[[], None]) -> None:
        """Append to the journal what only the copy has.

        Raises:
            StateError: the journal cannot be read or written.
        """
        try:
            there = None if _are_alike(journal, copy) else _all(copy)
        except OSError as error:
            self._failed(error)
            return
        if there is None:
            return
        try:
            taken = lacking(_read(journal), there)
            if not taken:
                return
            tell()
            descriptor = open_private(journal, os.O_RDWR | os.O_APPEND)
            try:
                append_synced(descriptor, b"".join(taken))
                sync_directory(journal.parent)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StateError(*os_sentences(error, journal)) from error

    def _give(self, journal: Path, copy: int, size: int) -> None:
        """Append to the copy what only the journal has. If that fails, `problem` says why.

        Args:
            journal: the file.
            copy: the descriptor.
            size: how many bytes were just appended to the journal.
        """
        try:
            before, now = self._level, _Level(_Mark.of(journal), _Mark.of(copy))
            self._level = None
            start, is_level = None if before is None else before.grown_by(size, now), True
            if start is not None:
                given = _read(journal, start, size)
            elif _are_alike(journal, copy):
                given = b""
            else:
                here, there = _read(journal), _all(copy)
                # The journal may have been replaced since it was completed.
                given, is_level = b"".join(lacking(there, here)), not lacking(here, there)
            if given:
                append_synced(copy, given)
            if is_level:
                self._level = _Level(now.journal, _Mark.of(copy))
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError | ProblemError) -> None:
        self._level = None
        if isinstance(error, OSError):
            error = StateError(*os_sentences(error, self.path))
        self.problem = error.problem


def _are_alike(journal: Path, copy: int) -> bool:
    """Return whether two files have the same size and end: as long as nothing is restored, they are the same.

    Each line has its time, so that an older journal does not end as a newer one.

    Raises:
        OSError: one of them cannot be read.
    """
    size = os.fstat(copy).st_size
    start = max(size - _TAIL_BYTES, 0)
    found = _Mark.of(journal)
    if found is None or found.size != size:
        return found is None and size == 0
    return _read(journal, start) == os.pread(copy, _TAIL_BYTES, start)


def _read(path: Path, start: int = 0, most: int = -1) -> bytes:
    try:
        with open(path, "rb", opener=open_regular) as file:
            file.seek(start)
            return file.read(most)
    except FileNotFoundError:
        return b""


def _all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _write_once(path: Path, data: bytes) -> None:
    if path.exists():
        return
    with os.fdopen(open_private(path, os.O_WRONLY), "wb") as file:
        file.write(data)
