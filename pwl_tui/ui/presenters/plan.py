"""A plan as a picture and in words: what becomes of the rows, the cost, how they were read. Pure text."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import get_args

from textual.content import Content

from pwl_tui.engine.jobs.planning import NOT_CHOSEN, JobPlan
from pwl_tui.lists.formats import labels
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.findings import Aspect
from pwl_tui.lists.read.reading import Reading
from pwl_tui.problem import Problem
from pwl_tui.text import clean
from pwl_tui.ui.presenters.format import bar, counted, duration, grouped, percent

_COUNT, _NAME = 9, 12
"""Cells of the figures and of the names beside them; a bar takes the rest."""
_LONGEST_BAR = 40
_REASONS_SHOWN = 3
_NO_COUNTRY_CODE = "no country code"
_ORDER = get_args(Aspect)


def plan_lines(plan: JobPlan, width: int, seconds: float | None = None, *, rest: bool = False) -> Content:
    """Return a plan: rows to credits first, then what falls out step by step, then how the list was read.

    Args:
        plan: the plan.
        width: cells that a line may take.
        seconds: how long the service will take; none: not known.
        rest: whether it is what a job left out: its list is read as it was, and nothing can be chosen.
    """
    lines: list[Content | None] = [
        Content.assemble(
            counted(plan.list.rows, "row"), " → ", (f"{grouped(plan.to_pay)} to pay", "bold $text-accent")
        ),
        *_funnel(plan, width),
        _credits(plan),
        Content.styled(_batches(plan, seconds), "$muted"),
    ]
    if plan.reused:
        saved = counted(plan.reused, "credit")
        lines.append(Content(f"{grouped(plan.reused)} reused, saves {saved}"))
    if not rest:
        lines += [offer_line(plan.list), Content(), read_as(plan.list.reading)]
    return Content("\n").join(line for line in lines if line is not None)


def offer_line(plan: ListPlan) -> Content | None:
    """Return what a region would do for the rows without a country code; none where none is likely."""
    if not plan.offers:
        return None
    rows = counted(plan.reasons.get(_NO_COUNTRY_CODE, 0), "row")
    first = plan.offers[0]
    return Content.assemble(
        ("! ", "bold $text-warning"),
        f"{rows} without country code; with region {first.region} {percent(first.valid)} are valid",
    )


def read_as(reading: Reading) -> Content:
    """Return what was detected of how a list is written, and how sure that is."""
    found = sorted(reading.findings, key=lambda finding: _ORDER.index(finding.aspect))
    parts = [
        Content.assemble(
            f"{finding.aspect} ",
            (clean(finding.value, 30), "bold" if finding.sure == "guess" else ""),
            f" ({finding.sure})",
        )
        for finding in found
    ]
    return Content.assemble(("Read as: ", ""), Content(", ").join(parts)).stylize("$muted")


def numberless_lines(error: NoNumbersError) -> Content:
    """Return that a list has no numbers, how it was read, and which of that may be mended."""
    plan = error.plan
    offer = offer_line(plan)
    mend = "Take another region, or choose the column among the options."
    lines = [
        Content.assemble(("! ", "bold $text-error"), clean(error.problem.message)),
        Content.styled(mend, "$muted") if offer is None else offer,
        Content.styled(_reasons(plan.reasons), "$muted") if plan.reasons else None,
        Content(),
        read_as(plan.reading),
    ]
    return Content("\n").join(line for line in lines if line is not None)


def hint_lines(browse: str, recent: Sequence[str]) -> Content:
    """Return what can be done with an empty form.

    Args:
        browse: the key that looks through directories.
        recent: paths of the lists that were used last.
    """
    hint = f"Type the path of a {labels()} file, or paste numbers; {browse} browses."
    lines = [Content.styled(hint, "$muted")]
    if recent:
        lines += [Content(), Content.styled("Recent, down chooses:", "$muted")]
        lines += [Content(f"  {path}") for path in recent]
    return Content("\n").join(lines)


def problem_lines(problem: Problem) -> Content:
    """Return what is wrong and what to do about it."""
    return Content.assemble(
        ("! ", "bold $text-error"), clean(problem.message), "\n", (clean(problem.remedy), "$muted")
    )


def progress_line(done: int, total: int) -> Content:
    """Return how far the reading of a list is, as a bar that stands still when nothing moves."""
    share = done / total if total else 0.0
    filled, empty = bar(share, 16)
    return Content.assemble("Reading  ", (filled, "$text-accent"), (empty, "$muted"), f" {percent(share)}")


def spending(plan: JobPlan) -> str:
    """Return the question that is asked before credits are spent; it names a sample as what it is."""
    what = (
        f"Spend {counted(plan.to_pay, 'credit')} on {counted(plan.to_pay, 'number')}"
        f" ({counted(plan.batches, 'batch', 'batches')})?"
    )
    if plan.held and plan.held_because == NOT_CHOSEN:
        what += f"\nA sample at random; {grouped(plan.held)} other numbers are not paid for now."
    if plan.reused:
        what += f"\n{grouped(plan.reused)} more are reused, which saves {counted(plan.reused, 'credit')}."
    if plan.balance is None or plan.balance_after is None:
        return f"{what}\nThe credits could not be read; the service refuses a batch that it cannot charge."
    return f"{what}\nCredits {grouped(plan.balance)} → {grouped(plan.balance_after)} left."


def _funnel(plan: JobPlan, width: int) -> Iterator[Content]:
    """Yield a line a step; its bar shows what is left, and at its end what falls out."""
    bar_width = min(max(width - _COUNT - _NAME - 3, 0), _LONGEST_BAR)
    listed = plan.list
    left = listed.rows
    steps = (
        (listed.blank, "empty"),
        (listed.rejected, "rejected"),
        (listed.duplicates, "duplicates"),
        (plan.reused, "reused"),
        (plan.held, "held back"),
    )
    if not any(count for count, _ in steps):
        return
    yield _step(left, "rows", "█" * bar_width, "")
    for count, name in steps:
        if count:
            before, left = left, left - count
            full, lost = _cells(left, listed.rows, bar_width), _cells(before, listed.rows, bar_width)
            yield _step(count, name, "█" * full, "░" * max(lost - full, min(bar_width, 1)))
            if name == "rejected":
                yield _because(_reasons(listed.reasons), width)
            elif name == "held back":
                yield _because(plan.held_because, width)
    yield _step(plan.to_pay, "to pay", "█" * _cells(left, listed.rows, bar_width), "")


def _because(text: str, width: int) -> Content:
    """Return why rows fall out, under the name of the step, also where it takes several lines."""
    indent = " " * (_COUNT + 1)
    room = max(width, 2 * len(indent))
    lines = textwrap.wrap(text, room, initial_indent=indent, subsequent_indent=indent)
    return Content.styled("\n".join(lines), "$muted")


def _step(count: int, name: str, full: str, lost: str) -> Content:
    return Content.assemble(f"{count:>{_COUNT},} {name:<{_NAME}} ", (full, "$text-accent"), (lost, "$muted"))


def _cells(count: int, rows: int, width: int) -> int:
    return max(count * width // rows, min(width, 1)) if count else 0


def _reasons(reasons: dict[str, int]) -> str:
    shown = [f"{grouped(number)} {reason}" for reason, number in list(reasons.items())[:_REASONS_SHOWN]]
    rest = sum(list(reasons.values())[_REASONS_SHOWN:])
    return ", ".join([*shown, f"{grouped(rest)} others"] if rest else shown)


def _batches(plan: JobPlan, seconds: float | None) -> str:
    time = "" if seconds is None else f", about {duration(seconds)} by the last jobs"
    return f"{counted(plan.batches, 'batch', 'batches')}{time}"


def _credits(plan: JobPlan) -> Content:
    if plan.balance is None:
        return Content.styled("Credits not known yet", "$text-warning")
    if plan.short:
        return Content.assemble(
            ("! ", "bold $text-warning"),
            f"Credits {grouped(plan.balance)}: {grouped(plan.short)} short of {grouped(plan.to_pay)}",
        )
    return Content(f"Credits {grouped(plan.balance)} → {grouped(plan.balance_after or 0)}")
