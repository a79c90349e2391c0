"""When jobs will be finished, as far as the answers tell how the service works."""

import threading
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from pwl_tui.engine.polling.planner import HISTORY_SECONDS
from pwl_tui.engine.polling.queue_model import QueueModel
from pwl_tui.state.models import BatchState, Binding, Job
from pwl_tui.state.store import Store

_DEVIATIONS: Final = 2.0
"""Half of the range; an end outside of it would be a surprise."""


class Eta(Struct, frozen=True):
    """When a job is expected to be finished.

    Attributes:
        end: UTC epoch seconds, as all times.
        earliest: before this it would be a surprise.
        latest: after this it would be a surprise.
        queue: how the service seems to work: ``one by one``, ``side by side`` or ``own rate``.
        sure: how sure that is, up to 1.
    """

    end: float
    earliest: float
    latest: float
    queue: str
    sure: float


class Forecast:
    """Learns from the state file how the service works; may be used from several threads.

    Args:
        store: what is remembered.
        binding: the service and key.
    """

    def __init__(self, store: Store, binding: Binding) -> None:
        self._store, self.binding = store, binding
        self._model = QueueModel()
        self._lock = threading.Lock()

    def of(self, jobs: Iterable[Job], now: float) -> dict[int, Eta]:
        """Return when jobs are expected to be finished, by their ID, as far as enough is known.

        Raises:
            StateError: the state file failed.
        """
        wanted = {
            job.id: job
            for job in jobs
            if job.binding == self.binding and BatchState.PROCESSING in job.batches
        }
        if not wanted:
            return {}
        with self._lock:
            standings = self._store.polls.standings(self.binding, now - HISTORY_SECONDS)
            self._model.take(standings, now)
            expected = self._model.expected()
            if len(expected) > 1 and not self._model.sure:
                return {}  # what each way expects may differ by days
            rate = self._model.rate
            last: dict[int, tuple[float, float]] = {}
            for (job_id, _), news in expected.items():
                last[job_id] = max(last.get(job_id, (0.0, 0.0)), (news.end, news.spread))
            found = {}
            for job_id, job in wanted.items():
                if job_id not in last or not rate:
                    continue
                end, spread = last[job_id]
                unsent = _unsent(job)
                more = unsent / rate
                if end + more < now:
                    continue  # it should have ended, so nobody knows when it will
                end, spread = end + more, spread + 0.3 * more
                found[job_id] = Eta(
                    end,
                    max(end - _DEVIATIONS * spread, now),
                    end + _DEVIATIONS * spread,
                    self._model.kind,
                    round(self._model.weight, 2),
                )
        return found


def _unsent(job: Job) -> int:
    """Return how many numbers of a job are not with the service yet."""
    planned = job.batches.get(BatchState.PLANNED, 0) + job.batches.get(BatchState.SENDING, 0)
    batches = sum(job.batches.values())
    return round(planned / batches * (job.numbers - job.reused - job.left_out)) if batches else 0
