"""``journal.log``: each intent to send and each batch ID, kept apart from the state file.

Append-only and fsynced. If the database is lost, each ID can be adopted again from here; if an older copy of
it is restored, this tells what was sent since. It holds no number and no key. Where it was restored, too, its
`SecondCopy` tells.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import msgspec

from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import open_private, open_regular, sync_directory
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.log_lines import append_synced, split_lines
from pwl_tui.state.files.second_copy import SecondCopy


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted batch."""

    at: str
    """When it was accepted, UTC, ISO 8601."""
    batch_id: str
    size: int
    """Numbers sent."""
    digest: str = ""
    """SHA-256 of the numbers sent, one E.164 per line."""
    base_url: str = ""
    key: str = ""
    """Fingerprint of the key."""
    profile: str = ""
    job: int = 0
    seq: int = 0
    name: str = ""
    """Of the job."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One batch that is about to be sent, or that certainly was not.

    One that is about to be sent, with neither an `Entry` nor a second line after it, may have been charged.
    """

    at: str
    intent: Literal["send", "not sent"]
    size: int
    digest: str
    base_url: str
    key: str
    job: int
    seq: int
    balance: int | None = None
    """Credits read just before."""
    submitted: float | None = None
    """When the intent was stored, UTC epoch seconds: names the attempt. Earlier versions did not write it."""


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """What may be the ID of a batch in doubt: it came in answer to the paid call.

    Versions that do not know this line pass it over.
    """

    at: str
    candidates: list[str]
    size: int
    digest: str
    base_url: str
    key: str
    job: int
    seq: int
    profile: str = ""
    name: str = ""


Line: TypeAlias = Entry | Intent | Candidates


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """One move of the jobs between the state file and a database, about to be finished.

    A state file that does not know of the last one is older than it: what other machines have sent since is
    known to none of its files.
    """

    at: str
    moving: str
    """A word that the activity has as well."""
    to: str
    """Where the jobs are now, as people call it."""


K = TypeVar("K", bound=msgspec.Struct)


def timestamp(at: float) -> str:
    """Return a time (UTC epoch seconds) as ISO 8601 with seconds, ending in ``Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Journal:
    """The journal file of one state directory.

    Args:
        path: the file; created with mode 0600 when first needed.
        second: its second copy. None means that none is kept.
    """

    def __init__(self, path: Path, second: SecondCopy | None = None) -> None:
        self.path = path
        self.second = second

    def append(self, entry: Line | Moving) -> None:
        """Append one line; when this returns, it is on disk, in the second copy, too, if that can be kept.

        Raises:
            StateError: the file cannot be written. An ID is then in the second copy at least.
        """
        line = msgspec.json.encode(entry) + b"\n"
        try:
            descriptor = self._open()
            try:
                size = append_synced(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            # An intent that is not in the journal is given up, and must not come back.
            if self.second is not None and not isinstance(entry, Intent):
                self.second.save(line)
            raise StateError(*os_sentences(error, self.path)) from error
        if self.second is not None:
            self.second.follow(self.path, size)

    def complete(self, tell: Callable[[], None]) -> None:
        """Append what only the second copy has; see `SecondCopy.complete`.

        Raises:
            StateError: the file cannot be read or written, or another process does not release the copy.
        """
        if self.second is not None:
            self.second.complete(self.path, tell)

    def make_ready(self) -> None:
        """Create the file if missing, so that an entry needs nothing but its own bytes.

        Raises:
            StateError: the file cannot be written.
        """
        try:
            os.close(self._open())
        except OSError as error:
            raise StateError(*os_sentences(error, self.path)) from error

    def _open(self) -> int:
        new = not self.path.exists()
        descriptor = open_private(self.path, os.O_RDWR | os.O_APPEND)
        if new:
            sync_directory(self.path.parent)
        return descriptor

    def entries(self) -> list[Entry]:
        """Return the entries in order, without truncated or foreign lines.

        Raises:
            StateError: the file exists and cannot be read.
        """
        return [line for line in self.read(0)[0] if isinstance(line, Entry)]

    def read(self, offset: int) -> tuple[list[Line], int]:
        """Return the lines about batches from an offset in the file on, and the offset after them.

        Args:
            offset: 0, or what an earlier call returned; a file that is shorter now is read from the start.

        Raises:
            StateError: the file exists and cannot be read.
        """
        kinds: tuple[type[Line], ...] = (Entry, Intent, Candidates)
        return self._read(offset, kinds)

    def moves(self, offset: int) -> tuple[list[Moving], int]:
        """Return the lines about moves of the jobs; as `read`."""
        return self._read(offset, (Moving,))

    def _read(self, offset: int, kinds: tuple[type[K], ...]) -> tuple[list[K], int]:
        try:
            with open(self.path, "rb", opener=open_regular) as file:
                if file.seek(0, os.SEEK_END) < offset:
                    offset = 0
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise StateError(*os_sentences(error, self.path)) from error
        found = []
        for line in split_lines(data):
            decoded = _decoded(line, kinds)
            if decoded is not None:
                found.append(decoded)
            elif not line.endswith(b"\n"):
                break  # another process may be writing it right now
            offset += len(line)
        return found, offset


def _decoded(line: bytes, kinds: tuple[type[K], ...]) -> K | None:
    for kind in kinds:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):  # the latter of a stray byte in a text
            return msgspec.json.decode(line, type=kind)
    return None
