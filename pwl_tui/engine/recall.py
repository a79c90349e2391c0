"""What the journal knows and the state file does not: batches that are paid for and must not be sent again.

That is so after an older copy of the state file was restored, or after it was lost.
"""

from datetime import datetime

from pwl_tui.engine.retention import RETENTION_SECONDS
from pwl_tui.state.journal import Entry, timestamp
from pwl_tui.state.models import Batch, Binding
from pwl_tui.state.store import Store


class Recall:
    """The journal's entries of one key that no batch of the state file accounts for.

    Args:
        store: the state file and its journal.
        binding: the service and key.
    """

    def __init__(self, store: Store, binding: Binding) -> None:
        self._store = store
        self._binding = binding
        self._offset = 0
        self._missing: dict[str, Entry] = {}

    def missing(self) -> list[Entry]:
        """Return them, oldest first; after the first call only what was added since is read.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        entries, self._offset = self._store.journal.read(self._offset)
        ours = (self._binding.base_url, self._binding.fingerprint)
        self._missing |= {entry.batch_id: entry for entry in entries if (entry.base_url, entry.key) == ours}
        for batch_id in self._store.batches.known(self._missing):
            del self._missing[batch_id]
        return list(self._missing.values())

    def of(self, batch: Batch, now: float) -> Entry | None:
        """Return the entry that says that a batch was accepted, if there is one.

        One that was being sent has an entry of its numbers from then or later. For one that was not, any
        entry of its numbers counts while the service has the answers, and one of this very batch always; a
        new state file counts its jobs from 1 again, so that the time has to fit.

        Args:
            batch: one without an id.
            now: when.

        Raises:
            StateError: the journal or the state file cannot be read.
        """
        same = [entry for entry in self.missing() if entry.digest == batch.digest]
        if not same:
            return None
        if batch.submitted is not None:
            return next((entry for entry in same if entry.at >= timestamp(batch.submitted)), None)
        made = timestamp(self._store.jobs.get(batch.job).created)
        for entry in same:
            if (entry.job, entry.seq) == (batch.job, batch.seq) and entry.at >= made:
                return entry
        return next((entry for entry in same if entry.at >= timestamp(now - RETENTION_SECONDS)), None)


def accepted_at(entry: Entry, otherwise: float) -> float:
    """Return when an entry's batch was accepted, UTC epoch seconds; `otherwise` where that cannot be read."""
    try:
        return datetime.fromisoformat(entry.at).timestamp()
    except ValueError:
        return otherwise
