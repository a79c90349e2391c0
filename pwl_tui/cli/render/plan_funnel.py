"""A plan as text: how the list was read, what becomes of its rows step by step, and what that costs."""

from collections.abc import Iterator

from pwl_tui.cli.output import Marks
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Reading
from pwl_tui.wording import plan as wording
from pwl_tui.wording.figures import percent

_BAR_CELLS = 40
_NAME_CELLS = 24


def plan_text(plan: JobPlan, *, seconds: float | None, marks: Marks, rest: bool = False) -> str:
    """Return a plan as text.

    Args:
        plan: the plan.
        seconds: how long the service will take; None if that is unknown.
        marks: what bars are made of.
        rest: whether it is the rest of an earlier job: its list was read before, and nothing can be chosen.
    """
    hints = [] if rest else list(_choices(plan.list))
    if plan.reused:
        hints.append(wording.saving(plan))
        if not rest:
            hints.append("With --reuse-days 0, they are sent and paid for again.")
    if plan.under_way:
        hints.append(wording.under_way(plan))
        if plan.asks and not rest:
            hints.append(f"With --pay-again {plan.under_way}, they are sent and paid for again.")
    if doubt := wording.in_doubt(plan):
        hints.append(doubt)
    examples = [f"  {example}" for example in wording.examples(plan.list)]
    parts = (
        list(_detected(plan.list)),
        [*_funnel(plan, marks), *_cost(plan, seconds)],
        ["Sent as:", *examples] if examples else [],
        hints,
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def _detected(plan: ListPlan) -> Iterator[str]:
    """Yield the name of a list, and a line for each thing that was detected."""
    yield plan.source.name
    for finding in wording.detected(plan.reading):
        why = f": {finding.why}" if finding.why else ""
        yield f"  {finding.aspect:<10}{finding.value}  ({finding.sure}{why})"


def _choices(plan: ListPlan) -> Iterator[str]:
    """Yield a line for each thing that was detected and could be otherwise."""
    reading = plan.reading
    if others := list(_other_columns(reading)):
        yield f"Other columns have numbers, too: {', '.join(others)}. Choose with --column."
    if reading.other_sheets:
        yield f"Other sheets: {', '.join(reading.other_sheets)}. Choose one with --sheet."
    if rejected := wording.several(plan, "--several first or --several all"):
        yield f"{rejected}."
    if unusable := wording.beside(plan):
        yield unusable
    if changed := wording.ninth_digits(plan):
        yield changed
    if plan.region_guesses:
        also = wording.also_offered(plan)
        yield wording.offer(plan, "--region") + (f" (also {also})." if also else ".")


def _other_columns(reading: Reading) -> Iterator[str]:
    for candidate in reading.candidates:
        if candidate.column not in reading.read_columns:
            yield f"{reading.columns[candidate.column]} ({percent(candidate.valid)} valid)"


def _funnel(plan: JobPlan, marks: Marks) -> Iterator[str]:
    """Yield a line for each step; its bar shows what is left and, at its end, what falls out."""
    for step in wording.steps(plan):
        full, lost = step.bar(_BAR_CELLS)
        yield _line(step.count, step.name, marks.full * full + marks.lost * lost)
        yield from (_line(part, f"  {why}") for why, part in step.why.items())


def _cost(plan: JobPlan, seconds: float | None) -> Iterator[str]:
    if plan.batches:
        batches = "batch" if plan.batches == 1 else "batches"
        yield _line(plan.batches, batches + wording.time_needed(seconds))
    if plan.balance is not None:
        yield _line(plan.balance, "credits now")
        if plan.short:
            yield _line(plan.short, "credits missing")
        else:
            yield _line(plan.balance - plan.to_pay, "credits after")


def _line(count: int, name: str, bar: str = "") -> str:
    return f"{count:>11,}  {name:<{_NAME_CELLS}} {bar}".rstrip()
