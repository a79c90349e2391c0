"""A plan on the screen: what becomes of the rows, what that costs, and how the list was read."""

import textwrap
from collections.abc import Iterator, Sequence

from textual.content import Content

from pwl_tui.engine.jobs.planning import NOT_CHOSEN, JobPlan
from pwl_tui.engine.problems import credits_short
from pwl_tui.lists.formats import labels
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.reading import Reading
from pwl_tui.problem import Problem
from pwl_tui.text import clean
from pwl_tui.ui.presenters.bars import bar
from pwl_tui.wording import plan as wording
from pwl_tui.wording.figures import counted, grouped, percent

_COUNT, _NAME = 9, 12
"""Cells of the figures and of the names beside them; the bar gets the rest."""
_LONGEST_BAR = 40


def plan_lines(plan: JobPlan, width: int, seconds: float | None = None, *, rest: bool = False) -> Content:
    """Return a plan: what is to be paid first, then what falls out step by step, then how the list was read.

    Args:
        plan: the plan.
        width: cells that a line may take.
        seconds: how long the service will take; None if that is unknown.
        rest: whether it is the rest of an earlier job: its list was read before, and nothing can be chosen.
    """
    lines: list[Content | None] = [
        Content.assemble(
            counted(plan.list.rows, "row"), " → ", (f"{grouped(plan.to_pay)} to pay", "bold $text-accent")
        ),
        *_funnel(plan, width),
        _credits(plan),
        Content.styled(
            counted(plan.batches, "batch", "batches") + wording.time_needed(seconds),
            "$muted",
        ),
    ]
    lines += [Content.styled(example, "$muted") for example in wording.examples(plan.list)]
    if plan.reused:
        lines.append(Content(wording.saving(plan)))
    if plan.under_way:
        lines.append(Content(wording.under_way(plan)))
    if doubt := wording.in_doubt(plan):
        lines.append(Content(doubt))
    if changed := wording.ninth_digits(plan.list):
        lines.append(Content(changed))
    if unusable := wording.beside(plan.list):
        lines.append(Content(unusable))
    if rejected := wording.several(plan.list, "Options…"):
        lines.append(Content(f"{rejected}."))
    if not rest:
        lines += [_offer(plan.list), Content(), read_as(plan.list.reading)]
    return Content("\n").join(line for line in lines if line is not None)


def read_as(reading: Reading) -> Content:
    """Return how a list was read, and how sure that is."""
    parts = [
        Content.assemble(
            f"{finding.aspect} ",
            (clean(finding.value, 30), "bold" if finding.sure == "guess" else ""),
            f" ({finding.sure})",
        )
        for finding in wording.detected(reading)
    ]
    return Content.assemble(("Read as: ", ""), Content(", ").join(parts)).stylize("$muted")


def numberless_lines(error: NoNumbersError) -> Content:
    """Return that a list has no numbers, how it was read, and what may help."""
    plan = error.plan
    lines = [
        Content.assemble(("! ", "bold $text-error"), clean(error.problem.message)),
        _offer(plan) or Content.styled("Try another region, or choose the column in the options.", "$muted"),
        Content.styled(wording.most_common(plan.reasons), "$muted") if plan.reasons else None,
        Content(),
        read_as(plan.reading),
    ]
    return Content("\n").join(line for line in lines if line is not None)


def hint_lines(browse: str, recent: Sequence[str]) -> Content:
    """Return what to do with an empty form.

    Args:
        browse: the key that browses directories.
        recent: paths of the lists that were used last.
    """
    hint = f"Type the path of a {labels()} file, or paste numbers; {browse} browses."
    lines = [Content.styled(hint, "$muted")]
    if recent:
        lines += [Content(), Content.styled("Recent lists (press down to choose):", "$muted")]
        lines += [Content(f"  {path}") for path in recent]
    return Content("\n").join(lines)


def problem_lines(problem: Problem) -> Content:
    """Return what is wrong and what to do about it."""
    return Content.assemble(
        ("! ", "bold $text-error"), clean(problem.message), "\n", (clean(problem.remedy), "$muted")
    )


def progress_line(done: int, total: int) -> Content:
    """Return how far the reading of a list is."""
    share = done / total if total else 0.0
    filled, empty = bar(share, 16)
    return Content.assemble("Reading  ", (filled, "$text-accent"), (empty, "$muted"), f" {percent(share)}")


def spending(plan: JobPlan) -> str:
    """Return the question that is asked before credits are spent; it says whether only a sample is sent."""
    what = (
        f"Spend {counted(plan.to_pay, 'credit')} on {counted(plan.to_pay, 'number')}"
        f" ({counted(plan.batches, 'batch', 'batches')})?"
    )
    for example in wording.examples(plan.list):
        what += f"\n  {example}"
    if plan.left_out and plan.left_out_because == NOT_CHOSEN:
        what += f"\nA random sample: {counted(plan.left_out, 'other number')} will not be sent for now."
    if plan.reused:
        what += f"\n{wording.saving(plan)}"
    if plan.under_way:
        what += f"\n{wording.under_way(plan)}"
    if doubt := wording.in_doubt(plan):
        what += f"\n{doubt}"
    if plan.balance is None or plan.balance_after is None:
        return f"{what}\nCould not read the balance. The service refuses batches that it cannot charge."
    return f"{what}\nCredits {grouped(plan.balance)} → {grouped(plan.balance_after)}."


def _funnel(plan: JobPlan, width: int) -> Iterator[Content]:
    """Yield a line for each step, unless nothing falls out."""
    steps = wording.steps(plan)
    if len(steps) <= 2:
        return
    bar_width = min(max(width - _COUNT - _NAME - 3, 0), _LONGEST_BAR)
    for step in steps:
        full, lost = step.bar(bar_width)
        yield Content.assemble(
            f"{step.count:>{_COUNT},} {step.name:<{_NAME}} ",
            ("█" * full, "$text-accent"),
            ("░" * lost, "$muted"),
        )
        if step.why:
            # Of one reason the count is known already.
            why = wording.most_common(step.why) if step.name == "rejected" else next(iter(step.why))
            yield _because(why, width)


def _because(text: str, width: int) -> Content:
    """Return why rows fall out, below the name of the step, on as many lines as it takes."""
    indent = " " * (_COUNT + 1)
    room = max(width, 2 * len(indent))
    lines = textwrap.wrap(text, room, initial_indent=indent, subsequent_indent=indent)
    return Content.styled("\n".join(lines), "$muted")


def _offer(plan: ListPlan) -> Content | None:
    offer, others = wording.offer(plan), wording.also_offered(plan)
    if not offer:
        return None
    also = (f"\n  others that fit: {others}", "$muted") if others else ""
    return Content.assemble(("! ", "bold $text-warning"), offer, also)


def _credits(plan: JobPlan) -> Content:
    if plan.balance is None:
        return Content.styled("Credits unknown", "$text-warning")
    if plan.short:
        short = credits_short(plan.to_pay, plan.balance).message
        return Content.assemble(("! ", "bold $text-warning"), short)
    return Content(f"Credits {grouped(plan.balance)} → {grouped(plan.balance_after or 0)}")
