"""When jobs will be finished, as far as the answers tell how the service works."""

import math
import threading
from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from pwl_tui.engine.polling.flow import below
from pwl_tui.engine.polling.planner import HISTORY_SECONDS
from pwl_tui.engine.polling.queue_model import Kind, QueueModel
from pwl_tui.engine.polling.queue_ways import Expected
from pwl_tui.state.models import BatchState, Binding, Job
from pwl_tui.state.store import Store

_DEVIATIONS: Final = 2.0
"""Half of the range; an end outside of it would be a surprise."""
_SHARED_DEVIATIONS: Final = 3.0
"""The same of what is uncertain of all batches together: answers seem surer of it than they are."""
_FEW_ANSWERS: Final = 40
"""How uneven a service is shows only in time: after so many answers, the range for what is uncertain of all
batches together is wider by the square root of two, and after fewer by more."""
_UNSENT_DOUBT: Final = 0.3
"""How uncertain it is how long batches take that are not sent yet, as a share of it."""
_HALVINGS: Final = 16
"""Steps by which a moment is found within a range: they leave less than a hundred-thousandth of it."""


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

        Args:
            jobs: some jobs. What others of them have not sent yet puts a job off where all share the rate.
            now: UTC epoch seconds.

        Raises:
            StateError: the state file failed.
        """
        ours = [job for job in jobs if job.binding == self.binding]
        wanted = {job.id: job for job in ours if BatchState.PROCESSING in job.batches}
        if not wanted:
            return {}
        with self._lock:
            standings = self._store.polls.standings(self.binding, now - HISTORY_SECONDS)
            self._model.take(standings, now)
            model, expected = self._model, self._model.expected()
            if len(expected) > 1 and not model.sure:
                return {}  # what each way expects may differ by days
            rate = model.rate
            batches: dict[int, list[Expected]] = {}
            for (job_id, _), news in expected.items():
                batches.setdefault(job_id, []).append(news)
            found = {}
            shared = model.kind is Kind.SIDE_BY_SIDE
            unsent = sum(_unsent(job) for job in ours if shared and not job.paused)
            for job_id, job in wanted.items():
                if job_id not in batches or not rate:
                    continue
                others = max(unsent - _unsent(job), 0) / rate
                earliest, end, latest = last_end(batches[job_id], model.answers, others)
                more = _unsent(job) / rate
                if end + more < now:
                    continue  # it should have ended, so nobody knows when it will
                stray = _DEVIATIONS * _UNSENT_DOUBT * more
                found[job_id] = Eta(
                    end + more,
                    max(earliest + more - stray, now),
                    max(latest + more + stray, now),
                    model.kind,
                    round(model.weight, 2),
                )
        return found


def last_end(batches: Collection[Expected], answers: int, others: float = 0.0) -> tuple[float, float, float]:
    """Return when the last of some batches ends: a range, and the likeliest moment within it.

    What is uncertain of each batch alone delays the last of many, of which one is the slowest; what is
    uncertain of all moves them together.

    Args:
        batches: what is expected of each.
        answers: how many answers that was learned from.
        others: seconds that the service needs for numbers that will be sent later, and share the rate with
            these batches. They may put off the end by so much, or hardly, if most of them are sent after it.
    """
    begin = max(news.end - _DEVIATIONS * news.own for news in batches)
    slow = [news for news in batches if news.end + 2 * _DEVIATIONS * news.own >= begin]
    limit = max(news.end + 2 * _DEVIATIONS * news.own for news in slow)

    def by_when(share: float) -> float:
        """Return by when all have ended that likely, if only what is uncertain of each counts."""
        least, most = begin, limit
        for _ in range(_HALVINGS if most > least else 0):
            moment = (least + most) / 2
            ended = math.prod(below((moment - news.end) / max(news.own, 1e-3)) for news in slow)
            least, most = (least, moment) if ended > share else (moment, most)
        return (least + most) / 2

    end = by_when(0.5)
    last = max(slow, key=lambda news: news.end)
    few = math.sqrt(1 + _FEW_ANSWERS / max(answers, 1))
    shared = _SHARED_DEVIATIONS * few * math.sqrt(max(last.spread**2 - last.own**2, 0.0))
    earliest, latest = by_when(below(-_DEVIATIONS)), by_when(below(_DEVIATIONS))
    return (
        end - math.hypot(end - earliest, shared),
        end + others / 2,
        end + math.hypot(latest - end, shared) + others,
    )


def _unsent(job: Job) -> int:
    """Return how many numbers of a job are not with the service yet."""
    planned = job.batches.get(BatchState.PLANNED, 0) + job.batches.get(BatchState.SENDING, 0)
    batches = sum(job.batches.values())
    return round(planned / batches * (job.numbers - job.reused - job.left_out)) if batches else 0
