"""How often batches are asked, and how soon an end is seen: ``python -m tests.bench.polls``.

In simulated time, without waiting. The planner and the budget are those of the program; the queues are the
simulator's. Beside them stand the service's example loop, which asks every batch over and over, at the same
etiquette and budget, and the least that is possible: somebody who knows all ends and has the same budget.
"""

import argparse
import heapq
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from pwl_tui.config import Polling
from pwl_tui.engine.polling.forecast import last_end
from pwl_tui.engine.polling.planner import Planner
from pwl_tui.engine.polling.queue_model import Kind
from pwl_tui.engine.polling.schedule import bounds, first_poll
from pwl_tui.simulator.queues import QueueKind, queue_of
from pwl_tui.state.budget import Budget
from pwl_tui.state.polls import Standing

_PACE = Polling()
_CHECK_SECONDS = 2.0
_BEGIN = 1_000_000.0
_JOBS = 10
"""All batches are this many jobs."""
Key = tuple[int, int]


class Figures(NamedTuple):
    """Polls of a batch on average, and seconds from an end to the poll that sees it."""

    polls: float
    mean: float
    worst: float


class Run(NamedTuple):
    """What a run gave: its figures, and when each batch ended, UTC epoch seconds."""

    figures: Figures
    ends: dict[Key, float]


class Case(NamedTuple):
    """A queue, what is sent to it, and what is aimed at."""

    name: str
    kind: QueueKind
    rate: float
    sizes: Sequence[int]
    target: Figures | None = None
    """None means to be no worse than the example loop."""
    uneven: float = 0.05
    """The deviation of the rate's logarithm from ten seconds to the next."""


class Asker(Protocol):
    """Decides whom to ask."""

    def sent(self, standing: Standing) -> None: ...
    def due(self, now: float) -> tuple[float, Key] | None: ...
    def answered(self, standing: Standing) -> None: ...


class Ours:
    """The planner, with the batches in memory that the program has in its state file."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes, self.batches = sizes, len(sizes)
        self.planner = Planner(_PACE)
        self.standings: dict[Key, Standing] = {}
        self._planned_at = -math.inf
        self._news = True
        self._first: tuple[float, Key] | None = None
        self.seconds = 0.0
        self.plans = 0
        self._told_at = -math.inf
        self._sent = 0
        self._told: list[tuple[list[Key], float, float, bool]] = []
        """What was foretold: batches, the range for the last of their ends, and whether all was sent then."""

    def sent(self, standing: Standing) -> None:
        due = first_poll(standing.size, _PACE, standing.sent)
        self.standings[standing.key] = replace(standing, next_poll=due)
        self._news = True
        self._sent += 1

    def due(self, now: float) -> tuple[float, Key] | None:
        if self._news or now >= self.planner.again:
            began = time.perf_counter()
            changed = self.planner.plan(list(self.standings.values()), now)
            self.seconds += time.perf_counter() - began
            self.plans += 1
            for key, due in changed.items():
                self.standings[key] = replace(self.standings[key], next_poll=due)
            self._planned_at, self._news = now, False
            for key in [key for key, one in self.standings.items() if one.done]:
                del self.standings[key]
            self._first = None
            self._foretell(now)
        if not self.standings:
            return None
        if self._first is None:
            self._first = min((one.next_poll or 0.0, one.key) for one in self.standings.values())
        at, key = self._first
        return (at, key) if at <= self.planner.again else (self.planner.again, key)

    def answered(self, standing: Standing) -> None:
        # Until it is planned again, not sooner than it may.
        due = standing.last_poll + bounds(standing.size, _PACE)[0] if standing.last_poll else None
        self.standings[standing.key] = replace(standing, next_poll=due)
        self._news = True

    def _foretell(self, now: float) -> None:
        """Note now and then, as `Forecast` would, when a tenth of all batches, one job, will be finished."""
        model = self.planner.model
        expected = model.expected()
        pause = 60.0 if self.batches > _JOBS else 5.0
        if now < self._told_at + pause or (len(expected) > 1 and not model.sure) or not model.rate:
            return
        unsent = sum(self.sizes[self._sent :]) if model.kind is Kind.SIDE_BY_SIDE else 0
        self._told_at = now
        jobs: dict[int, list[Key]] = {}
        for key in expected:
            jobs.setdefault(key[1] * _JOBS // self.batches, []).append(key)
        for keys in jobs.values():
            news = [expected[key] for key in keys]
            earliest, end, latest = last_end(news, model.answers, unsent / model.rate)
            if end >= now:
                self._told.append((keys, earliest, latest, self._sent == self.batches))

    def kept(self, ends: dict[Key, float], *, all_sent: bool) -> list[bool]:
        """Return of each range whether the end was in it: of those foretold when all was sent, or before."""
        return [
            earliest - 1 <= max(ends[key] for key in keys) <= latest + 1
            for keys, earliest, latest, then in self._told
            if then is all_sent
        ]


class Loop:
    """The service's example: ask every batch over and over, as often as it may be asked."""

    def __init__(self, pause: Callable[[int], float]) -> None:
        self._pause = pause
        self._heap: list[tuple[float, Key]] = []

    def sent(self, standing: Standing) -> None:
        heapq.heappush(self._heap, (standing.sent + self._pause(standing.size), standing.key))

    def due(self, now: float) -> tuple[float, Key] | None:  # noqa: ARG002 - it only counts
        return self._heap[0] if self._heap else None

    def answered(self, standing: Standing) -> None:
        heapq.heappop(self._heap)
        if not standing.done and standing.last_poll is not None:
            heapq.heappush(self._heap, (standing.last_poll + self._pause(standing.size), standing.key))


def run(case: Case, asker: Asker, seed: int, every: float) -> Run:
    """Send the batches of a case, one every so many seconds, and ask until all have ended."""
    queue = queue_of(case.kind, rate=case.rate, unevenness=case.uneven, seed=seed)
    budget = Budget(_PACE.requests_per_second)
    left = list(enumerate(case.sizes))[::-1]
    index: dict[Key, int] = {}
    open_: dict[Key, Standing] = {}
    last: dict[Key, float] = {}
    late: list[float] = []
    ends: dict[Key, float] = {}
    polls, now = 0, _BEGIN
    while left or open_:
        send_at = _BEGIN + (len(case.sizes) - len(left)) * every if left else math.inf
        due = asker.due(now)
        at, key = due if due is not None else (math.inf, (0, 0))
        if send_at <= max(at, now):
            now = max(send_at, now)
            number, size = left.pop()
            one = Standing((1, number), size, now, None, None, 0, 0, False)
            index[one.key] = queue.add(size, now)
            open_[one.key] = one
            asker.sent(one)
            continue
        if at > now:
            now = at
            continue
        if wait := budget.take(now):
            now = min(now + wait, send_at)
            continue
        asked = open_[key]
        if now < last.get(key, asked.sent) + bounds(asked.size, _PACE)[0] - 1e-6:
            raise AssertionError(f"{key} was asked too soon")
        last[key] = now
        polls += 1
        ended = queue.ended(index[key], now)
        answered = asked.size if ended is not None else int(queue.answered(index[key], now))
        seen = replace(asked, last_poll=now, answered=answered, done=ended is not None)
        if ended is not None:
            late.append(now - ended)
            ends[key] = ended
            del open_[key]
        else:
            open_[key] = seen
        asker.answered(seen)
    return Run(Figures(polls / len(case.sizes), statistics.fmean(late), max(late)), ends)


def floor(case: Case, seed: int, every: float) -> Figures:
    """Return the figures of somebody who knows every end and has the same budget and etiquette."""
    queue = queue_of(case.kind, rate=case.rate, unevenness=case.uneven, seed=seed)
    sent = [_BEGIN + number * every for number in range(len(case.sizes))]
    for size, at in zip(case.sizes, sent, strict=True):
        queue.add(size, at)
    ends = [
        queue.ended(number, math.inf if case.kind is not QueueKind.SIDE_BY_SIDE else 1e8)
        for number in range(len(sent))
    ]
    ready = sorted(
        (max(end or 0.0, at + bounds(size, _PACE)[0]), end or 0.0)
        for end, at, size in zip(ends, sent, case.sizes, strict=True)
    )
    budget, now, late = Budget(_PACE.requests_per_second), _BEGIN, []
    for at, end in ready:
        now = max(now, at)
        while wait := budget.take(now):
            now += wait
        late.append(now - end)
    return Figures(1.0, statistics.fmean(late), max(late))


def cases() -> Iterator[Case]:
    """Yield the cases of the table: queue, rate, batches, and what is aimed at."""
    thousand = [1_000] * 1_000
    for rate in (30.0, 100.0, 500.0):
        yield Case(f"one by one, {rate:.0f}/s", QueueKind.ONE_BY_ONE, rate, thousand, Figures(2, 5, 60))
    for rate in (100.0, 500.0):
        yield Case(f"side by side, {rate:.0f}/s", QueueKind.SIDE_BY_SIDE, rate, thousand, Figures(4, 30, 90))
    yield Case("own uneven rates", QueueKind.OWN_RATE, 0.3, thousand, Figures(6, 30, 120), uneven=0.3)
    for kind in QueueKind:
        rate = 2.0 if kind is QueueKind.OWN_RATE else 20.0
        yield Case(f"10 of 100, {kind}", kind, rate, [100] * 10, uneven=0.3)
    for size, rates in ((100, (2.0, 20.0)), (4, (0.1, 1.0))):
        for rate in rates:
            yield Case(f"1 of {size}, {rate:g}/s", QueueKind.ONE_BY_ONE, rate, [size], uneven=0.3)


def example_pause(size: int) -> float:
    """Return how often the example loop asks: every 10 seconds, unless the etiquette asks for more."""
    return max(10.0, bounds(size, _PACE)[0])


def over(found: Sequence[Figures]) -> Figures:
    """Return the figures of several seeds: averages, and the worst of all."""
    polls, means, worst = zip(*found, strict=True)
    return Figures(statistics.fmean(polls), statistics.fmean(means), max(worst))


def line(name: str, found: Figures) -> str:
    return f"{name:<30}{found.polls:>8.2f}{found.mean:>9.1f}{found.worst:>8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="of each case with 1,000 batches (default: 3)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--every", type=float, default=1.25, help="seconds from one sending to the next")
    parser.add_argument("--only", default="", help="the cases whose name contains this")
    arguments = parser.parse_args()
    last = arguments.first + arguments.seeds - 1
    print(f"Seeds {arguments.first} to {last}; a batch is sent every {arguments.every} s.")
    print("Target in brackets; an end cannot be seen before a poll that budget and etiquette allow.")
    print(f"{'':<30}{'polls':>8}{'mean s':>9}{'worst':>8}")
    missed = []
    for case in cases():
        if arguments.only not in case.name:
            continue
        small = case.target is None
        every, seeds = (
            arguments.every,
            range(arguments.first, arguments.first + (30 if small else arguments.seeds)),
        )
        ours = [Ours(case.sizes) for _ in seeds]
        runs = [run(case, one, seed, every) for one, seed in zip(ours, seeds, strict=True)]
        mine = over([each.figures for each in runs])
        held = ", ".join(
            f"{statistics.fmean(ranges):.0%} {then}"
            for all_sent, then in ((False, "while sending"), (True, "then"))
            if (
                ranges := [
                    kept
                    for one, each in zip(ours, runs, strict=True)
                    for kept in one.kept(each.ends, all_sent=all_sent)
                ]
            )
        )
        loop = over([run(case, Loop(example_pause), seed, every).figures for seed in seeds])
        # Against the loop: no more polls, and on average not later.
        target = case.target or Figures(loop.polls, loop.mean, math.inf)
        kept = all(got <= wanted + 1e-9 for got, wanted in zip(mine, target, strict=True))
        missed += [] if kept else [case.name]
        wanted = (
            f"   [{target.polls:.3g}, {target.mean:.3g}, {target.worst:.3g}] {'ok' if kept else 'MISSED'}"
        )
        cost = 1000 * sum(one.seconds for one in ours) / sum(one.plans for one in ours)
        print(line(case.name, mine) + wanted + f", ranges held {held or 'none'}, {cost:.1f} ms a plan")
        print(line("  the example loop", loop))
        print(line("  who knows every end", over([floor(case, seed, every) for seed in seeds])), flush=True)
    sys.exit(f"Missed: {', '.join(missed)}." if missed else 0)


if __name__ == "__main__":
    main()
