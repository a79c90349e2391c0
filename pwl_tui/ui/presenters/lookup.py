"""Single checks on the screen: what is known, what it costs to ask, and what was answered."""

from collections.abc import Sequence

from textual.content import Content

from pwl_tui.engine.money.lookups import Finding, LookupPlan
from pwl_tui.problem import Problem
from pwl_tui.wording.figures import phone
from pwl_tui.wording.lookup import cost, details, outcome, source


def refusals(sentences: Sequence[str], hint: str) -> Content:
    """Return why some of what was entered is no number, and what to do about it."""
    lines = [Content.assemble(("! ", "bold $text-error"), sentence) for sentence in sentences]
    return Content("\n").join([*lines, Content.styled(hint, "$muted")])


def lookup_lines(plan: LookupPlan, found: Sequence[Finding], doing: str = "") -> Content:
    """Return one line or more for each number of a plan, and what is still to be paid.

    Args:
        plan: what was looked for.
        found: what has come of it so far.
        doing: what is happening now; empty: nothing, so what is left is to be asked.
    """
    known = dict(plan.free) | {finding.number: finding for finding in found}
    lines = [_line(number, known.get(number)) for number in plan.numbers]
    if plan.problem is not None and len(known) < len(plan.numbers):
        lines.append(_problem(plan.problem))
    elif doing:
        lines.append(Content.styled(doing, "$muted"))
    elif len(known) < len(plan.numbers):
        lines.append(Content.styled(cost(plan), "bold"))
    return Content("\n").join(lines)


def _line(number: int, finding: Finding | None) -> Content:
    name = (phone(number), "bold")
    if finding is None:
        return Content.assemble(name, "  ", ("not known; 1 credit", "$muted"))
    line = Content.assemble(name, "  ", outcome(finding))
    if finding.answer is not None:
        parts = [part for part in (details(finding), source(finding)) if part]
        line = Content("\n").join([line, Content.styled(f"  {' · '.join(parts)}", "$muted")])
    if finding.problem is not None:
        line = Content("\n").join([line, Content("  ") + _problem(finding.problem)])
    return line


def _problem(problem: Problem) -> Content:
    return Content.assemble(("! ", "bold $text-error"), problem.message, " ", (problem.remedy, "$muted"))
