"""What the journal knows and the state file does not: batches that are paid for and must not be sent again.

That happens when an older copy of the state file is restored, or the state file is lost. If the journal is
old or lost, too, its second copy completes it first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from pwl_tui.provider import PROVIDER
from pwl_tui.state.files.journal import Candidates, Entry, Intent, Line, timestamp
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.store import Store

_DAY_SECONDS: Final = 86_400.0

L = TypeVar("L", Entry, Intent)
Open: TypeAlias = dict[tuple[int, int, str], Intent]
"""Intents by the job, place and digest of their batch."""


class JournalIndex:
    """The journal's lines of one key that match no batch in the state file.

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
        self._candidates: list[Candidates] = []
        self._not_sent: set[tuple[int, int, str, float | None]] = set()

    def missing(self) -> list[Entry]:
        """Return the accepted batches that the state file lacks, oldest first; reads only what is new.

        Raises:
            StateError: the journal or the state file cannot be read, or the journal not completed.
        """
        self._store.complete_journal()
        lines, self._offset = self._store.journal.read(self._offset)
        ours = [line for line in lines if is_of(line, self._binding)]
        self._missing |= {line.batch_id: line for line in ours if isinstance(line, Entry)}
        follow_up(self._open, ours)
        self._candidates += [line for line in ours if isinstance(line, Candidates)]
        for line in ours:
            if isinstance(line, Intent):
                # The last line counts: after a clock was set back, another attempt may have the same time.
                attempt = (line.job, line.seq, line.digest, line.submitted)
                (self._not_sent.add if line.intent == "not sent" else self._not_sent.discard)(attempt)
        for batch_id in self._store.batches.known(self._missing, self._binding.base_url):
            del self._missing[batch_id]
        return list(self._missing.values())

    def entry_of(self, batch: Batch, now: float) -> Entry | None:
        """Return the entry that says a batch was accepted. None means there is none.

        A batch that was being sent has an entry with its numbers from then or later. For a planned batch, see
        `_matching`.

        Args:
            batch: one without an ID.
            now: when.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        entries = self.missing()
        if batch.submitted is None:
            return self._matching(batch, entries, now)
        since = timestamp(batch.submitted)
        return next((line for line in entries if line.digest == batch.digest and line.at >= since), None)

    def was_not_sent(self, batch: Batch) -> bool:
        """Return whether the attempt to send a batch that is stored with it was surely not accepted.

        Its time names it to a millionth of a second among those of all machines; among those of this one, its
        place in the journal does.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        self.missing()
        attempt = (batch.job, batch.seq, batch.digest, batch.submitted)
        return batch.submitted is not None and attempt in self._not_sent

    def unanswered_intent(self, batch: Batch, now: float) -> Intent | None:
        """Return the line that says a planned batch was about to be sent, if no later line says more.

        Args:
            batch: a planned one that `entry_of` finds nothing for.
            now: when.

        Raises:
            StateError: the state file cannot be read.
        """
        # What became of other batches is in the state file.
        unaccounted = {None, BatchState.PLANNED}
        state_of = self._store.batches.state_of
        lines = [line for key, line in self._open.items() if state_of(*key) in unaccounted]
        return self._matching(batch, lines, now)

    def has_rival(self, intent: Intent) -> bool:
        """Return whether somebody else sends the numbers of an intent, or has, since this looked last.

        Two state directories that share the journal's second copy have sender locks of their own: somebody
        said that one was moved while it was still in use. As each writes its intent before it looks here, at
        least one of two sees the other.

        Args:
            intent: the line that was just written.

        Raises:
            StateError: the journal cannot be read, or not completed.
        """
        self._store.complete_journal()
        lines, _ = self._store.journal.read(self._offset)
        others = [line for line in lines if line != intent and line.digest == intent.digest]
        others = [line for line in others if is_of(line, self._binding)]
        return bool(others) and not (isinstance(others[-1], Intent) and others[-1].intent == "not sent")

    def candidates(self, intent: Intent | Batch, since: str) -> list[str]:
        """Return what may be the ID of a batch that was sent then or later, and whose outcome is unknown.

        Args:
            intent: the batch, or the line that says it was about to be sent.
            since: the time of the line, or when the intent was committed.
        """
        name = (intent.job, intent.seq, intent.digest)
        lines = [line for line in self._candidates if (line.job, line.seq, line.digest) == name]
        return [batch_id for line in lines if line.at >= since for batch_id in line.candidates]

    def _matching(self, batch: Batch, lines: Sequence[L], now: float) -> L | None:
        """Return the line of a planned batch, or of a batch with the same numbers and another name.

        The latter counts as long as the service keeps results, the former always. Its time has to fit, too,
        because a new state file numbers its jobs from 1 again.
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
    """Whether a line belongs to a service and key."""
    return (line.base_url, line.key) == (binding.base_url, binding.fingerprint)


def follow_up(unanswered: Open, lines: Iterable[Line]) -> None:
    """Keep in `unanswered` each intent to send, until a later line says what became of it.

    That an attempt was not accepted says nothing of one at another time: two copies of a state directory name
    their batches alike.
    """
    for line in lines:
        if isinstance(line, Candidates):  # nothing is decided yet
            continue
        name = (line.job, line.seq, line.digest)
        if isinstance(line, Intent) and line.intent == "send":
            unanswered[name] = line
        elif isinstance(line, Entry) or _is_attempt(line, unanswered.get(name)):
            unanswered.pop(name, None)


def _is_attempt(line: Intent, sent: Intent | None) -> bool:
    """Whether a line may be about an attempt; earlier versions did not name it."""
    return sent is not None and (None in {line.submitted, sent.submitted} or line.submitted == sent.submitted)


def was_older(store: Store, now: float) -> bool:
    """Return whether the state directory has proven older than what was sent from it, during the last day.

    Args:
        store: the state.
        now: UTC epoch seconds.
    """
    at = store.last_older()
    return at is not None and now - at < _DAY_SECONDS


def moment_of(line: Line, otherwise: float) -> float:
    """Return the time of a line in UTC epoch seconds; `otherwise` if it cannot be read."""
    try:
        return datetime.fromisoformat(line.at).timestamp()
    except ValueError:
        return otherwise
