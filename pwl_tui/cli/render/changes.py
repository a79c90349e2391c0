"""What a recheck has found: as JSON, and as text with bars."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pwl_tui.changes import CHANGES
from pwl_tui.cli.output import Marks, table
from pwl_tui.state.models import Job
from pwl_tui.state.queries.compared import Changed, Comparison
from pwl_tui.text import clean
from pwl_tui.wording.figures import grouped, phone

CHANGES_SHOWN: Final = 20
"""Numbers that are named in text; ``--json`` and an export have all."""
_BAR_CELLS: Final = 40
_NAME_CELLS: Final = 22


def changes_shape(job: Job, comparison: Comparison, changed: Iterable[Changed]) -> dict[str, Any]:
    """Return what ``changes`` prints: counts, and each number that changed with both of its answers.

    ``unknown`` is how many numbers lack one of the two answers; ``of`` is the job that was rechecked, which
    may have been forgotten.
    """
    return {
        "job": str(job.id),
        "of": None if job.recheck_of is None else str(job.recheck_of),
        "numbers": comparison.numbers,
        "compared": comparison.compared,
        **dict[str, int](comparison.changes.items()),
        "unchanged": comparison.unchanged,
        "unknown": comparison.unknown,
        "changes": [
            {
                "number": phone(one.number),
                "change": one.change,
                "before": {"on_whatsapp": one.before.on_whatsapp, "business": one.before.business},
                "on_whatsapp": one.answer.on_whatsapp,
                "business": one.answer.business,
            }
            for one in changed
        ],
    }


def changes_text(job: Job, comparison: Comparison, changed: Sequence[Changed], marks: Marks) -> str:
    """Return the counts with their bars, and the first numbers that changed.

    Args:
        job: the recheck.
        comparison: its counts.
        changed: the first numbers that changed.
        marks: what bars are made of.
    """
    of = "" if job.recheck_of is None else f", a recheck of job {job.recheck_of}"
    counts = [(CHANGES[key].title, count) for key, count in comparison.changes.items()]
    most = max([count for _, count in counts] + [1])
    lines = [
        f"{count:>11,}  {title:<{_NAME_CELLS}} {marks.full * _cells(count, most)}".rstrip()
        for title, count in counts
    ]
    lines.append(f"{comparison.unchanged:>11,}  unchanged")
    if comparison.unknown:
        lines.append(f"{comparison.unknown:>11,}  missing one or both answers")
    parts = [f"Job {job.id} {clean(job.name)}{of}:", "\n".join(lines)]
    if changed:
        rows = [(phone(one.number), CHANGES[one.change].title) for one in changed]
        more = sum(comparison.changes.values()) - len(changed)
        parts.append(table(("Number", "Change"), rows, left=(0, 1)))
        if more > 0:
            parts.append(
                f"And {grouped(more)} more: `--json` and `pwl-tui export {job.id} -o FILE` have all of them."
            )
    return "\n\n".join(parts)


def _cells(count: int, most: int) -> int:
    return max(round(count / most * _BAR_CELLS), 1) if count else 0
