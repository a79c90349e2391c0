"""Numbers that were paid for more than once, and whether a decision or a rule explains it.

To pay again is right where somebody decided that the first time was not charged, or wrote it off, and for a
number that was known to have failed when the list or the retry that has it again was planned.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from pwl_tui.simulator.world import Charge, World
from tests.crash.books import Books

_PROGRESS: Final = re.compile(r"([\d,]+) of [\d,]+ answered")
_NEVER: Final = float("inf")


def digest(numbers: Iterable[str]) -> str:
    """Return what names a batch of these numbers (E.164 with the plus)."""
    return hashlib.sha256("".join(f"{number}\n" for number in numbers).encode()).hexdigest()


def unexplained(world: World, books: Books, planned: Mapping[str, Sequence[float]]) -> list[str]:
    """Return a sentence for every number that was paid for again, and nothing explains it.

    Args:
        world: the service, at rest; it answers the numbers of a batch in their order.
        books: with everything in them finished and settled.
        planned: when plans were made, by the name of the job that came of one. A job of which nothing is
            known counts as planned when it was stored.
    """
    ways: defaultdict[str, list[Charge]] = defaultdict(list)
    for charge in world.ledger:
        for number in charge.numbers:
            ways[number].append(charge)
    several = {number: charges for number, charges in ways.items() if len(charges) > 1}
    if not several:
        return []
    history = _History.of(books, planned)
    found = []
    for number, charges in several.items():
        fails = world.truth(number).fails
        for first, again in pairwise(sorted(charges, key=lambda charge: charge.at)):
            if history.was_given_up(first, again):
                continue
            known, decided = history.failed(first, number), history.decided(again, number)
            if not fails or known > decided:
                found.append(
                    f"{number}, which {'fails' if fails else 'does not fail'}, was paid for as"
                    f" {first.batch_id} at {first.at:.3f}, answered at {known:.3f}, and again as"
                    f" {again.batch_id} at {again.at:.3f}, decided at {decided:.3f}"
                )
    return found


@dataclass(frozen=True)
class _History:
    """When what was decided and learned.

    Attributes:
        batches: job and place, by the digest of the numbers and the service's ID.
        jobs: by ID, when it was decided to pay for its numbers.
        given_up: by digest, when a batch was declared free or written off.
        answered: by job and place, how many numbers had their answer at a moment.
        lookups: by number, when checks were begun and answered.
    """

    batches: Mapping[str, list[tuple[str | None, int, int]]]
    jobs: Mapping[int, list[float]]
    given_up: Mapping[str, list[float]]
    answered: Mapping[tuple[int, int], list[tuple[float, int]]]
    lookups: Mapping[str, list[tuple[float, float | None]]]

    @classmethod
    def of(cls, books: Books, planned: Mapping[str, Sequence[float]]) -> "_History":
        batches: defaultdict[str, list[tuple[str | None, int, int]]] = defaultdict(list)
        names: dict[tuple[int, int], str] = {}
        # Those that were adopted come last: who sent them knows better when that was decided.
        for its, batch_id, job, seq in books.query(
            "SELECT b.digest, b.batch_id, b.job, b.seq FROM batches b JOIN jobs j ON j.id=b.job"
            " ORDER BY CASE WHEN j.source='adopted' THEN 1 ELSE 0 END, b.job, b.seq"
        ):
            batches[its].append((batch_id, job, seq))
            names[job, seq] = its
        jobs: defaultdict[int, list[float]] = defaultdict(list)
        for job, name, created in books.query("SELECT id, name, created FROM jobs"):
            jobs[job].append(max((at for at in planned.get(name, ()) if at <= created), default=created))
        given_up: defaultdict[str, list[float]] = defaultdict(list)
        answered: defaultdict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
        for at, job, seq, event, detail in books.query(
            "SELECT at, job, seq, event, detail FROM activity WHERE job IS NOT NULL ORDER BY at"
        ):
            if event == "retry":
                jobs[job].append(at)
            elif event in {"settled: free", "settled: lost"}:
                given_up[names.get((job, seq), "")].append(at)
            elif (count := _PROGRESS.match(detail)) is not None:
                answered[job, seq].append((at, int(count[1].replace(",", ""))))
        lookups: defaultdict[str, list[tuple[float, float | None]]] = defaultdict(list)
        rows: list[Any] = books.query("SELECT '+' || number, started, answered FROM lookups")
        for number, started, at in rows:
            lookups[number].append((started, at))
        return cls(batches, jobs, given_up, answered, lookups)

    def was_given_up(self, first: Charge, again: Charge) -> bool:
        """Whether somebody decided between two charges that the first was none, or that its ID is lost."""
        moments = self.given_up.get(digest(first.numbers), ())
        return first.batch_id is not None and any(first.at <= at <= again.at for at in moments)

    def failed(self, charge: Charge, number: str) -> float:
        """Return when it was known that a number has its answer from a charge."""
        if charge.batch_id is None:
            ends = [(start, at) for start, at in self.lookups.get(number, ()) if start <= charge.at]
            return max(ends, default=(0.0, None))[1] or _NEVER
        place = charge.numbers.index(number)
        moments = [
            at
            for _, job, seq in self.batches.get(digest(charge.numbers), ())
            for at, count in self.answered.get((job, seq), ())
            if count > place and at >= charge.at
        ]
        return min(moments, default=_NEVER)

    def decided(self, charge: Charge, number: str) -> float:
        """Return when it was decided to pay what a charge is for."""
        if charge.batch_id is None:
            return max(
                (start for start, _ in self.lookups.get(number, ()) if start <= charge.at), default=0.0
            )
        named = self.batches.get(digest(charge.numbers), [])
        own = [job for its, job, _ in named if its == charge.batch_id][:1]
        # Of one whose ID was lost, or that was declared free, the numbers are all that is known.
        jobs = own or [job for its, job, _ in named if its is None]
        return max((at for job in jobs for at in self.jobs[job] if at <= charge.at), default=_NEVER)
