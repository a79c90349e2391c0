"""A batch in doubt: what happened, what the balance did since then, and what that says."""

from collections.abc import Iterator

from msgspec import Struct
from textual.content import Content

from pwl_tui.engine.money.evidence import READING_OFFSETS, Evidence, Verdict
from pwl_tui.state.models import Batch, Candidate, Job
from pwl_tui.text import clean
from pwl_tui.ui.widgets.cells import aligned
from pwl_tui.wording import doubt as wording
from pwl_tui.wording.figures import ago, change, counted, duration, grouped, moment

_WIDEST_STOP = 16
_MOST_CANDIDATES = 3
"""That are shown; `settle` on the command line lists all."""
_VERDICTS = {
    Verdict.CHARGED: ("charged", "$text-error"),
    Verdict.FREE: ("probably not charged", "$text-success"),
    Verdict.CANNOT_TELL: ("unclear", "$text-warning"),
}


class Doubt(Struct, frozen=True):
    """A batch in doubt, and what is known of it.

    Attributes:
        job: the job of the batch.
        batch: the batch.
        evidence: what the balance says.
        place: of the batch among those in doubt, 1 for the first.
        of: how many batches are in doubt.
        candidates: what may be its ID.
    """

    job: Job
    batch: Batch
    evidence: Evidence
    place: int
    of: int
    candidates: tuple[Candidate, ...] = ()

    @property
    def open_candidates(self) -> list[Candidate]:
        """What may be its ID, without those that are certainly not."""
        return [one for one in self.candidates if not one.final]


class _Stop(Struct, frozen=True):
    """A reading on the time line: when it is, the balance or when it is due, and what changed."""

    title: str
    figure: str
    note: str
    read: bool


def story(doubt: Doubt, now: float) -> Content:
    """Return what happened: which batch, when it was sent, what the error was, and what that stops."""
    batch = doubt.batch
    place = f"   {doubt.place} of {doubt.of} in doubt" if doubt.of > 1 else ""
    title = f"Batch {batch.label} of {clean(doubt.job.name, 40)} is in doubt"
    sent = f"Sent {_when(batch.submitted, now)}: " if batch.submitted is not None else ""
    numbers, price = counted(batch.size, "number"), counted(batch.size, "credit")
    lines = [
        Content.assemble(("! ", "bold $text-error"), (title, "bold"), (place, "$muted")),
        Content(f"{sent}{numbers}, {price} if charged."),
    ]
    if batch.error is not None:
        lines.append(Content(clean(batch.error.message, 160)))
    lines += [Content(wording.came(one)) for one in doubt.candidates[:_MOST_CANDIDATES]]
    lines.append(Content.styled(wording.FROZEN, "$muted"))
    return Content("\n").join(lines)


def _when(at: float, now: float) -> str:
    return f"{moment(at, now, seconds=True)} ({ago(now - at)})"


def timeline(evidence: Evidence, now: float, width: int) -> Content:
    """Return the readings of the balance along a time line, on four lines of at most `width` cells.

    A full circle is a reading; an empty one is still to come.
    """
    stops = list(_stops(evidence, now))
    wide = min(width // len(stops), _WIDEST_STOP)
    rail = "".join(("●" if stop.read else "○") + "─" * (wide - 1) for stop in stops).rstrip("─")
    rows = [_row([stop.title for stop in stops], wide), rail]
    rows += [_row([stop.figure for stop in stops], wide), _row([stop.note for stop in stops], wide)]
    styles = ("$muted", "$text-accent", "bold", "")
    return Content("\n").join(
        Content.styled(row, style) for row, style in zip(rows, styles, strict=True) if row.strip()
    )


def verdict(evidence: Evidence) -> Content:
    """Return what the balance says about the batch, and how sure that is."""
    words, style = _VERDICTS[evidence.verdict]
    lines = [Content.assemble("Verdict: ", (words, f"bold {style}")), Content(evidence.explanation)]
    if evidence.spent_otherwise:
        other = counted(evidence.spent_otherwise, "credit")
        lines.insert(0, Content.styled(f"Other work has taken {other} since then.", "$muted"))
    return Content("\n").join(lines)


def _stops(evidence: Evidence, now: float) -> Iterator[_Stop]:
    before, readings = evidence.before, evidence.readings
    yield _Stop("before", "unknown" if before is None else grouped(before), "", before is not None)
    for index, offset in enumerate(READING_OFFSETS):
        title = f"+{offset:.0f} s"
        if index < len(readings):
            balance = readings[index].balance
            note = "" if before is None else change(balance - before)
            yield _Stop(title, grouped(balance), note, read=True)
        else:
            due = readings[0].at + offset if readings else now
            yield _Stop(title, f"due in {duration(due - now)}" if due > now else "due now", "", read=False)


def _row(texts: list[str], wide: int) -> str:
    # At least one space, even after a text that fills its place.
    return "".join(aligned(text, wide - 1, False) + " " for text in texts).rstrip()
