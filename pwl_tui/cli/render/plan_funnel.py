"""A plan as a picture: what becomes of the rows of a list, step by step, and what that costs."""

from collections.abc import Iterator, Mapping

from pwl_tui.cli.output import Marks, counted
from pwl_tui.cli.render.detected import choice_lines, detected_lines
from pwl_tui.engine.jobs.planning import JobPlan

_BAR_CELLS = 40
_NAME_CELLS = 24
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0


def plan_text(plan: JobPlan, *, seconds: float | None, marks: Marks, rest: bool = False) -> str:
    """Return a plan: what was detected, what becomes of the rows, the cost, and what can be chosen otherwise.

    Args:
        plan: the plan.
        seconds: how long the service will take; none: not known.
        marks: what bars are made of.
        rest: whether it is what a job left out: its list is read as it was, and nothing can be chosen.
    """
    hints = [] if rest else list(choice_lines(plan.list))
    if plan.reused:
        saved = counted(plan.reused, "credit", "credits")
        hints.append(f"{plan.reused:,} reused from earlier jobs: {saved} saved.")
        if not rest:
            hints.append("--reuse-days 0 asks for them again.")
    parts = (detected_lines(plan.list), [*_funnel(plan, marks), *_cost(plan, seconds)], hints)
    return "\n\n".join("\n".join(part) for part in parts if part)


def about(seconds: float) -> str:
    """Return a duration as precisely as an estimate deserves."""
    for unit, units in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"about {round(seconds / unit):,} {units}"
    return "about a minute" if seconds >= _MINUTE else "less than a minute"


def _funnel(plan: JobPlan, marks: Marks) -> Iterator[str]:
    """Yield a line a step; its bar shows what is left, and at its end what falls out."""
    listed = plan.list
    left = listed.rows
    yield _line(left, "rows" if left > 1 else "row", marks.full * _BAR_CELLS)
    steps: tuple[tuple[int, str, Mapping[str, int]], ...] = (
        (listed.blank, "empty", {}),
        (listed.rejected, "rejected", listed.reasons),
        (listed.duplicates, "duplicates", {}),
        (plan.reused, "reused", {}),
        (plan.held, plan.held_because, {}),
    )
    for count, name, parts in steps:
        if count:
            before, left = left, left - count
            yield _line(count, name, _bar(left, before, listed.rows, marks))
            yield from (_line(part, f"  {why}") for why, part in parts.items())
    yield _line(plan.to_pay, "to pay", _bar(left, left, listed.rows, marks))


def _cost(plan: JobPlan, seconds: float | None) -> Iterator[str]:
    if plan.batches:
        time = "" if seconds is None else f", {about(seconds)} by the last jobs"
        yield _line(plan.batches, ("batch" if plan.batches == 1 else "batches") + time)
    if plan.balance is not None:
        yield _line(plan.balance, "credits now")
        if plan.short:
            yield _line(plan.short, "credits are missing")
        else:
            yield _line(plan.balance - plan.to_pay, "credits after")


def _line(count: int, name: str, bar: str = "") -> str:
    return f"{count:>11,}  {name:<{_NAME_CELLS}} {bar}".rstrip()


def _bar(left: int, before: int, rows: int, marks: Marks) -> str:
    """Return the bar of what is left; neither that nor what has fallen out is ever too small to be seen."""
    full = _cells(left, rows)
    lost = max(_cells(before, rows) - full, 1) if left < before else 0
    return marks.full * full + marks.lost * lost


def _cells(count: int, rows: int) -> int:
    return max(count * _BAR_CELLS // rows, 1) if count else 0
