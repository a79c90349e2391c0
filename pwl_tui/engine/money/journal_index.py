"""What the journal knows and the state file does not: batches that are paid for and must not be sent again.

That is so after an older copy of the state file was restored, or after it was lost.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from pwl_tui.provider import PROVIDER
from pwl_tui.state.files.journal import Entry, Intent, Line, timestamp
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.store import Store

L = TypeVar("L", Entry, Intent)
Open: TypeAlias = dict[tuple[int, int, str], Intent]
"""Intents by job, place and digest of their batches."""


class JournalIndex:
    """The journal's lines of one key that no batch of the state file accounts for.

    Args:
        store: the state file and its journal.
        binding: the service and key.
    """

    def __init__(self, store: Store, binding: Binding) -> None:
        self._store = store
        self._binding = binding
        self._offset = 0
        self._missing: dict[str, Entry] = {}
        self._open: Open = {}

    def missing(self) -> list[Entry]:
        """Return the batches that were accepted, oldest first; later calls read what was added only.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        lines, self._offset = self._store.journal.read(self._offset)
        ours = [line for line in lines if is_of(line, self._binding)]
        self._missing |= {line.batch_id: line for line in ours if isinstance(line, Entry)}
        follow_up(self._open, ours)
        for batch_id in self._store.batches.known(self._missing):
            del self._missing[batch_id]
        return list(self._missing.values())

    def of(self, batch: Batch, now: float) -> Entry | None:
        """Return the entry that says that a batch was accepted, if there is one.

        One that was being sent has an entry of its numbers from then or later. For one that was not, see
        `_same`.

        Args:
            batch: one without an id.
            now: when.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        entries = self.missing()
        if batch.submitted is None:
            return self._same(batch, entries, now)
        since = timestamp(batch.submitted)
        return next((line for line in entries if line.digest == batch.digest and line.at >= since), None)

    def unanswered_intent(self, batch: Batch, now: float) -> Intent | None:
        """Return the line that says that a planned batch was about to be sent, and no line says more.

        Args:
            batch: a planned one that `of` knows nothing of.
            now: when.

        Raises:
            StateError: the state file cannot be read.
        """
        # Of others the state file knows what became of them.
        unaccounted = {None, BatchState.PLANNED}
        stands = self._store.batches.stands
        lines = [line for key, line in self._open.items() if stands(*key) in unaccounted]
        return self._same(batch, lines, now)

    def _same(self, batch: Batch, lines: Sequence[L], now: float) -> L | None:
        """Return the line of a planned batch, or of the same numbers under another name.

        The latter counts while the service has the answers, the former always. A new state file counts its
        jobs from 1 again, so that the time has to fit.
        """
        same = [line for line in lines if line.digest == batch.digest]
        if not same:
            return None
        made = timestamp(self._store.jobs.get(batch.job).created)
        for line in same:
            if (line.job, line.seq) == (batch.job, batch.seq) and line.at >= made:
                return line
        return next((line for line in same if line.at >= timestamp(now - PROVIDER.retention_seconds)), None)


def is_of(line: Line, binding: Binding) -> bool:
    """Whether a line is of a service and key."""
    return (line.base_url, line.key) == (binding.base_url, binding.fingerprint)


def follow_up(unanswered: Open, lines: Iterable[Line]) -> None:
    """Keep in `unanswered` what was about to be sent by the journal, until a line says what came of it."""
    for line in lines:
        name = (line.job, line.seq, line.digest)
        unanswered.pop(name, None)
        if isinstance(line, Intent) and line.intent == "send":
            unanswered[name] = line


def moment_of(line: Line, otherwise: float) -> float:
    """Return the time of a line in UTC epoch seconds; `otherwise` where that cannot be read."""
    try:
        return datetime.fromisoformat(line.at).timestamp()
    except ValueError:
        return otherwise
