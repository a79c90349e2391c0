"""The charts of a job: how its answers divide, and which countries and carriers its numbers belong to."""

from itertools import zip_longest

from pwl_tui.changes import CHANGES, Change
from pwl_tui.state.models import Job
from pwl_tui.state.queries.breakdown import Breakdown, Share
from pwl_tui.state.queries.compared import Comparison
from pwl_tui.ui.presenters.job_tabs import Waiting
from pwl_tui.ui.widgets.cells import Span, Tone
from pwl_tui.ui.widgets.chart import Part, Rank, TextLine, ranking, shares
from pwl_tui.wording.changes import SIGNS
from pwl_tui.wording.figures import counted, grouped, percent

_SIDE_BY_SIDE = 110
"""The width in cells from which the two rankings are side by side."""
_BETWEEN = 4
_CHANGE_TONES: dict[Change, Tone] = {
    "joined": "good",
    "left": "bad",
    "became_business": "accent",
    "no_longer_business": "warning",
}
_LEAST_RANKS, _MOST_RANKS = 3, 15


def comparison(found: Comparison | None, width: int) -> list[TextLine]:
    """Return what a recheck found: how many numbers changed in which way, and how many did not.

    Args:
        found: the counts. None before they are counted.
        width: cells.
    """
    if found is None:
        return [(Span("Comparing…", "muted"),)]
    parts = [
        Part(CHANGES[key].title, count, SIGNS[key], _CHANGE_TONES[key])
        for key, count in found.changes.items()
        if count
    ]
    parts += [Part("unchanged", found.unchanged, "·", "muted")] if found.unchanged else []
    lines = shares(parts, width)
    if found.unknown:
        lines.append((Span(f"{counted(found.unknown, 'number')} missing one or both answers", "muted"),))
    return lines


def charts(
    job: Job, waiting: Waiting, breakdown: Breakdown | None, width: int, height: int
) -> list[TextLine]:
    """Return the charts of a job, one below the other.

    Args:
        job: whose answers to draw.
        waiting: its numbers without an answer.
        breakdown: by country and carrier, as far as counted; None before counting begins.
        width: cells.
        height: lines that are visible; as many countries and carriers are named as fit, but at least a few.
    """
    counts = job.counts
    parts = [
        Part("on WhatsApp, personal", counts.on_whatsapp - counts.business, "█", "accent"),
        Part("on WhatsApp, business", counts.business, "▓", "good"),
        Part("not on WhatsApp", counts.not_on_whatsapp, "░", "muted"),
        Part("failed", counts.failed, "▚", "bad"),
        Part("pending", waiting.pending, "·", "warning"),
        Part("not sent", waiting.not_sent, "·", "muted"),
    ]
    answered = counts.on_whatsapp + counts.not_on_whatsapp
    lines = shares([part for part in parts if part.size], width)
    if not answered:
        return lines
    if breakdown is None or breakdown.progress < 1:
        done = percent(breakdown.progress if breakdown else 0)
        return [*lines, (), (Span(f"Counting countries and carriers: {done}", "muted"),)]
    beside = width >= _SIDE_BY_SIDE
    room = height - len(lines) - 1
    ranks = min(max(room - 1 if beside else (room - 3) // 2, _LEAST_RANKS), _MOST_RANKS)
    each = (width - _BETWEEN) // 2 if beside else width

    def ranked(title: str, all_: list[Share]) -> list[TextLine]:
        some = [Rank(share.name, share.checked, share.on_whatsapp) for share in all_[:ranks]]
        total = sum(share.checked for share in all_)
        heading = f"{title} ({grouped(len(all_))})"
        return ranking(heading, some, "WhatsApp", each, total=total)

    countries, carriers = (
        ranked("Countries", breakdown.countries()),
        ranked("Carriers", breakdown.carriers()),
    )
    if not beside:
        return [*lines, (), *countries, (), *carriers]
    empty: TextLine = (Span(" " * each),)
    gap = Span(" " * _BETWEEN)
    both = zip_longest(countries, carriers, fillvalue=empty)
    return [*lines, (), *((*left, gap, *right) for left, right in both)]
