"""A plan: what becomes of the rows of a list, what that costs and saves, and how the list was read."""

from typing import Final, get_args

from msgspec import Struct, field

from pwl_tui.engine.jobs.planning import LOOKED_UP, NOT_AFFORDED, JobPlan
from pwl_tui.lists.numbers.reasons import NO_COUNTRY_CODE, REASONS, SEVERAL_NUMBERS
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.findings import Aspect, Finding
from pwl_tui.lists.read.reading import Reading
from pwl_tui.text import clean
from pwl_tui.wording.figures import about, counted, grouped, percent
from pwl_tui.wording.jobs import numbered

_ASPECTS: Final = get_args(Aspect)
_REASONS_SHOWN: Final = 3
_EXAMPLES_SHOWN: Final = 3
_REGIONS_SHOWN: Final = 5
_LONGEST_CELL: Final = 40
_WHY_LEFT_OUT: Final = {NOT_AFFORDED: "credits were short"}


class Step(Struct, frozen=True):
    """A step on the way from the rows of a list to the numbers that are paid for.

    Attributes:
        name: ``rows`` for the first, ``further`` for numbers of rows that have several, ``to pay`` for the
            last; in between, what falls out.
        count: how many there are.
        rows: of the list, with a further one for each further number.
        before: rows that were left before this step.
        left: rows that are left after it.
        why: what the count is made of, where that is known; the most frequent first.
    """

    name: str
    count: int
    rows: int
    before: int
    left: int
    why: dict[str, int] = field(default_factory=dict)

    def bar(self, width: int) -> tuple[int, int]:
        """Return how many of `width` cells show what is left, and how many what falls out here.

        Neither is too small to be seen, unless there is nothing to see.
        """
        full = self._cells(self.left, width)
        lost = self._cells(self.before, width) - full
        return full, max(lost, min(width, 1)) if self.left < self.before else 0

    def _cells(self, count: int, width: int) -> int:
        return max(count * width // self.rows, min(width, 1)) if count else 0


def steps(plan: JobPlan) -> list[Step]:
    """Return the steps of a plan, without those at which nothing falls out."""
    listed = plan.list
    rows = left = listed.rows + listed.further
    found = [Step("row" if listed.rows == 1 else "rows", listed.rows, rows, rows, rows)]
    if listed.further:
        found.append(Step("further", listed.further, rows, rows, rows))
    for name, count, why in (
        ("empty", listed.blank, {}),
        ("rejected", listed.rejected, listed.reasons),
        ("duplicates", listed.duplicates, {}),
        ("reused", plan.reused, {}),
        ("under way", plan.under_way, _payers(plan)),
        ("in doubt", plan.doubted, {LOOKED_UP: plan.doubted}),
        ("left out", plan.left_out, {why_left_out(plan): plan.left_out}),
    ):
        if count:
            found.append(Step(name, count, rows, left, left - count, why))
            left -= count
    return [*found, Step("to pay", plan.to_pay, rows, left, left)]


def why_left_out(plan: JobPlan) -> str:
    """Return why numbers are not sent for now, beside a ``left out``."""
    return _WHY_LEFT_OUT.get(plan.left_out_because, plan.left_out_because)


def most_common(reasons: dict[str, int]) -> str:
    """Return why rows were rejected, in one line: ``12 too short, 3 not a number, 2 others``."""
    shown = [f"{grouped(number)} {reason}" for reason, number in list(reasons.items())[:_REASONS_SHOWN]]
    others = sum(list(reasons.values())[_REASONS_SHOWN:])
    return ", ".join([*shown, counted(others, "other")] if others else shown)


def time_needed(seconds: float | None) -> str:
    """Return how long a job will take, to follow what it consists of; empty if that is unknown."""
    return "" if seconds is None else f", {about(seconds)} (based on recent jobs)"


def saving(plan: JobPlan) -> str:
    """Return what reuse saves; empty if nothing is reused."""
    if not plan.reused:
        return ""
    return f"{grouped(plan.reused)} reused from earlier jobs, which saves {counted(plan.reused, 'credit')}."


def under_way(plan: JobPlan) -> str:
    """Return which numbers other jobs pay for already, and what becomes of them; empty if none do."""
    if not plan.under_way:
        return ""
    where = numbered(list(plan.under_way_in))
    return f"{grouped(plan.under_way)} already under way in {where}; this job takes over their answers."


def in_doubt(plan: JobPlan) -> str:
    """Return what lookups without an answer mean for a plan; empty if there are none."""
    parts = []
    if left := plan.doubted:
        are, lookups = counted(left, "number is", "numbers are"), "lookups of them have"
        parts.append(
            f"{are} left out: {'a lookup of it has' if left == 1 else lookups} no answer and may have been"
            " charged."
            f" To pay for {'it' if left == 1 else 'them'} again, send the rest of this job's list afterwards."
        )
    if paid := plan.paid_despite:
        parts.append(
            f"{counted(paid, 'number')} may be paid for a second time:"
            f" {'a lookup of it' if paid == 1 else 'lookups of them'} got no answer."
        )
    return " ".join(parts)


def pay_again(plan: JobPlan) -> str:
    """Return the question whether to pay a second time for what is under way."""
    are = f"{counted(plan.under_way, 'number')} {'is' if plan.under_way == 1 else 'are'}"
    them, cost = "it" if plan.under_way == 1 else "them", counted(plan.under_way, "credit")
    where = numbered(list(plan.under_way_in))
    return f"{are} already under way in {where}. Pay {cost} for {them} a second time?"


def _payers(plan: JobPlan) -> dict[str, int]:
    return {f"in {numbered(list(plan.under_way_in))}": plan.under_way} if plan.under_way else {}


def detected(reading: Reading) -> list[Finding]:
    """Return how a list was read, in the order in which that is told."""
    return sorted(reading.findings, key=lambda finding: _ASPECTS.index(finding.aspect))


def examples(plan: ListPlan) -> list[str]:
    """Return how some cells of a list are sent, as in ``13345807302 → +1 334 580 7302 (US)``."""
    return [
        f"{clean(each.cell, _LONGEST_CELL)} → {each.written}" + (f" ({each.region})" if each.region else "")
        for each in plan.examples[:_EXAMPLES_SHOWN]
    ]


def also_offered(plan: ListPlan) -> str:
    """Return the regions to choose from besides the likeliest, as in ``TW 80%, HK 75%``; empty if none."""
    others = [f"{guess.region} {percent(guess.valid)}" for guess in plan.region_guesses[1:]]
    more = len(others) - _REGIONS_SHOWN
    return ", ".join([*others[:_REGIONS_SHOWN], f"{more} more"] if more > 0 else others)


def several(plan: ListPlan, option: str) -> str:
    """Return what can be done for rows that were rejected because of several numbers; empty if none was.

    Args:
        plan: of the list.
        option: where that is chosen.
    """
    rows = plan.reasons.get(REASONS[SEVERAL_NUMBERS], 0)
    if not rows:
        return ""
    return f"{counted(rows, 'row')} {'has' if rows == 1 else 'have'} several numbers; {option} reads them"


def ninth_digits(plan: ListPlan) -> str:
    """Return that numbers of Brazil got the ninth digit of today; empty if none did."""
    if not plan.ninth_digits:
        return ""
    rows = counted(plan.ninth_digits, "row")
    return f"{rows} with Brazilian mobile numbers got the ninth digit that they need today."


def beside(plan: ListPlan) -> str:
    """Return which numbers beside those of rows are not usable; empty if none is left out in this way."""
    if not plan.beside:
        return ""
    numbers = counted(sum(plan.beside.values()), "number")
    return f"{numbers} next to a usable one cannot be used: {most_common(plan.beside)}."


def offer(plan: ListPlan, option: str = "region") -> str:
    """Return what a region would do for the rows without a country code; empty if none is likely to.

    Args:
        plan: of the list.
        option: where the region is given.
    """
    if not plan.region_guesses:
        return ""
    first, number = plan.region_guesses[0], plan.reasons.get(REASONS[NO_COUNTRY_CODE], 0)
    rows = f"{counted(number, 'row')} {'has' if number == 1 else 'have'} no country code"
    return f"{rows}; with {option} {first.region}, {percent(first.valid)} of them are valid"
