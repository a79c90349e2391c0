"""A plan in words: what would be sent, what it would cost, and what was detected. Pure text, no widgets."""

from textual.content import Content

from pwl_tui.engine.planning import JobPlan
from pwl_tui.problem import Problem
from pwl_tui.text import clean
from pwl_tui.ui.figures import bar, counted, grouped, percent

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_REASONS_SHOWN = 3


def plan_lines(plan: JobPlan) -> Content:
    """Return a plan as lines: rows to credits first, then what was left out and why, then how it was read."""
    listed = plan.list
    lines = [
        Content.assemble(
            counted(listed.rows, "row"), " → ", (f"{grouped(plan.to_pay)} to pay", "bold $text-accent")
        ),
        Content.styled(_left_out(plan), "$muted"),
    ]
    if listed.reasons:
        lines.append(Content.styled(_reasons(listed.reasons), "$muted"))
    lines.append(Content.styled(_detected(plan), "$muted"))
    lines.append(_credits(plan))
    return Content("\n").join(line for line in lines if line.plain)


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
    """Return the question that is asked before credits are spent."""
    what = (
        f"Spend {counted(plan.to_pay, 'credit')} on {counted(plan.to_pay, 'number')}"
        f" ({counted(plan.batches, 'batch', 'batches')})?"
    )
    if plan.balance is None or plan.balance_after is None:
        return f"{what}\nThe credits could not be read; the service refuses a batch that it cannot charge."
    return f"{what}\nCredits {grouped(plan.balance)} → {grouped(plan.balance_after)} left."


def _left_out(plan: JobPlan) -> str:
    listed = plan.list
    parts = [
        counted(listed.duplicates, "duplicate") if listed.duplicates else "",
        f"{grouped(listed.rejected)} rejected" if listed.rejected else "",
        f"{grouped(listed.blank)} blank" if listed.blank else "",
        f"{grouped(plan.reused)} reused" if plan.reused else "",
        counted(plan.batches, "batch", "batches"),
    ]
    return " · ".join(part for part in parts if part)


def _reasons(reasons: dict[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: -item[1])
    shown = [f"{grouped(number)} {reason}" for reason, number in most[:_REASONS_SHOWN]]
    rest = sum(number for _, number in most[_REASONS_SHOWN:])
    return "Rejected: " + ", ".join([*shown, f"{grouped(rest)} others"] if rest else shown)


def _detected(plan: JobPlan) -> str:
    reading = plan.list.reading
    parts = []
    if reading.delimiter:
        name = reading.columns[reading.column] if reading.header else ""
        parts.append(f"column {clean(name, 30)}" if name else f"column {reading.column + 1}")
        parts.append(_DELIMITERS.get(reading.delimiter, clean(reading.delimiter)))
    parts.append(reading.encoding)
    parts.append("header" if reading.header else "no header")
    parts.append(f"region {reading.region}" if reading.region else "no region")
    return "Read as: " + ", ".join(parts)


def _credits(plan: JobPlan) -> Content:
    if plan.balance is None:
        return Content.styled("Credits not known yet", "$text-warning")
    if plan.short:
        return Content.assemble(
            ("! ", "bold $text-warning"),
            f"Credits {grouped(plan.balance)}: {grouped(plan.short)} short of {grouped(plan.to_pay)}",
        )
    return Content(f"Credits {grouped(plan.balance)} → {grouped(plan.balance_after or 0)}")
