"""What needs the person, the most urgent first, each with the key that deals with it."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from textual.content import Content

from pwl_tui.engine.jobs.timing import days_left, is_expiring
from pwl_tui.engine.problems import OLDER
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import Job, JobState
from pwl_tui.text import clean
from pwl_tui.ui.data.snapshot import Snapshot
from pwl_tui.wording.figures import counted, grouped, moment
from pwl_tui.wording.jobs import expiry, names, unadopted
from pwl_tui.wording.ledger import alarm

_SHOWN = 240
"""Characters of a foreign sentence: about three lines of 80 cells."""


class Notice(Struct, frozen=True):
    """One thing that needs the person.

    Attributes:
        text: what it is, in a sentence or two.
        command: the id of the command that deals with it; empty if there is none.
        purpose: what its key is for: ``to settle it``.
        bad: work has stopped until the person acts.
    """

    text: str
    command: str = ""
    purpose: str = ""
    bad: bool = False


def notices(snapshot: Snapshot) -> list[Notice]:
    """Return everything that needs the person, the most urgent first."""
    found = [*_away(snapshot), *_misplaced(snapshot), *_doubts(snapshot)]
    unreadable = None if snapshot.away else snapshot.state_problem
    found += [_notice(problem) for problem in (unreadable, snapshot.engine_problem) if problem]
    found += [
        *_restored(snapshot),
        *_unadopted(snapshot),
        *_service(snapshot),
        *_unreadable(snapshot),
        *_credits(snapshot),
        *_expiring(snapshot),
    ]
    return [*found, *_alarms(snapshot), *_foreign(snapshot)]


def attention_lines(found: Sequence[Notice], key: Callable[[str], str], most: int) -> Content:
    """Return notices as lines.

    Args:
        found: the notices, the most urgent first.
        key: returns the key of a command as people read it.
        most: how many lines there is room for, at least one; the last one may say how many more there are.
    """
    shown = found if len(found) <= most else found[: max(most - 1, 1)]
    lines = [_line(notice, key) for notice in shown]
    if more := len(found) - len(shown):
        lines.append(Content.styled(f"  and {more} more", "$text-warning"))
    return Content("\n").join(lines)


def _line(notice: Notice, key: Callable[[str], str]) -> Content:
    style = "$text-error" if notice.bad else "$text-warning"
    line = Content.assemble(("! ", f"bold {style}"), (notice.text, style if notice.bad else ""))
    if not notice.command:
        return line
    pressed = (key(notice.command), "bold $text-accent")
    return Content.assemble(line, " Press ", pressed, f" {notice.purpose}.")


def _notice(problem: Problem) -> Notice:
    return Notice(clean(f"{problem.message} {problem.remedy}", _SHOWN), bad=True)


def _away(snapshot: Snapshot) -> Iterator[Notice]:
    """Yield that the database is away: what is shown, and other notices, are from before."""
    if snapshot.away and snapshot.state_problem is not None:
        what = "Nothing is sent or polled; everything continues by itself once it is back."
        yield Notice(clean(f"{snapshot.state_problem.message} {what}", _SHOWN), bad=True)


def _misplaced(snapshot: Snapshot) -> Iterator[Notice]:
    if snapshot.misplaced is not None:
        yield Notice(clean(snapshot.misplaced.message, _SHOWN), "settle", "to decide what it is", bad=True)


def _doubts(snapshot: Snapshot) -> Iterator[Notice]:
    if snapshot.doubts:
        sent = [batch.submitted for batch in snapshot.doubts if batch.submitted is not None]
        since = f" since {moment(min(sent), snapshot.now)}" if sent else ""
        many = len(snapshot.doubts) > 1
        yield Notice(
            f"{counted(len(snapshot.doubts), 'batch', 'batches')} in doubt{since}. Sending is on hold.",
            "settle",
            "to settle them" if many else "to settle it",
            bad=True,
        )


def _restored(snapshot: Snapshot) -> Iterator[Notice]:
    if snapshot.restored:
        yield Notice(f"{OLDER.message} {OLDER.remedy}")


def _unadopted(snapshot: Snapshot) -> Iterator[Notice]:
    if number := snapshot.unadopted:
        yield Notice(unadopted(number), "adopt", f"to adopt {'it' if number == 1 else 'them'}", bad=True)


def _service(snapshot: Snapshot) -> Iterator[Notice]:
    """Yield what the service says about the key or itself, once."""
    refused = next((job.hold for job in _waiting(snapshot) if job.hold and job.hold.kind.refuses_key), None)
    problem = snapshot.service_problem or refused or snapshot.balance_problem
    if problem is not None and problem.kind.refuses_key:
        text = clean(f"The service refuses the key: {problem.message} {problem.remedy}", _SHOWN)
        yield Notice(text, "key", "to enter another key", bad=True)
    elif problem is not None and snapshot.service_until is not None:
        when = moment(snapshot.service_until, snapshot.now, seconds=True)
        text = f"{problem.message} All batches wait; one call tries again at {when}."
        yield Notice(clean(text, _SHOWN), bad=True)
    elif problem is not None:
        yield _notice(problem)


def _unreadable(snapshot: Snapshot) -> Iterator[Notice]:
    """Yield what is wrong with the answers for single jobs; see `_service` for what concerns all calls."""
    told = [job for job in snapshot.live if job.trouble is not None and not job.trouble.kind.service_wide]
    if told and told[0].trouble is not None and told[0].trouble != snapshot.service_problem:
        text = f"{names(told)}: {told[0].trouble.message} {told[0].trouble.remedy}"
        yield Notice(clean(text, _SHOWN))


def _credits(snapshot: Snapshot) -> Iterator[Notice]:
    held = [job for job in _waiting(snapshot) if job.hold is not None and job.hold.kind is Kind.CREDITS]
    now = snapshot.credits
    if now is not None and now.balance < snapshot.unsent:
        short = snapshot.unsent - now.balance
        waits = f" {names(held)} will continue after a top-up." if held else ""
        yield Notice(
            f"Not enough credits: {grouped(snapshot.unsent)} needed, {grouped(now.balance)} available,"
            f" {grouped(short)} missing.{waits}"
        )
    elif held and held[0].hold is not None:
        yield Notice(clean(f"{names(held)}: {held[0].hold.message} {held[0].hold.remedy}", _SHOWN))
    elif now is not None and (last := last_size(snapshot)) > (left := now.balance - snapshot.unsent):
        when = " once everything is sent" if snapshot.unsent else ""
        yield Notice(f"Credits are low: {grouped(left)} left{when}; the last list cost {grouped(last)}.")


def last_size(snapshot: Snapshot) -> int:
    """Return what the last list of the key in use cost, or will cost; 0 if there was none."""
    own = [job for job in snapshot.jobs if job.binding == snapshot.binding]
    if not own:
        return 0
    last = max(own, key=lambda job: job.id)
    return last.in_batches


def _expiring(snapshot: Snapshot) -> Iterator[Notice]:
    old = [job for job in (*snapshot.unfinished, *snapshot.foreign) if is_expiring(job, snapshot.now)]
    if old:
        urgent = min(days_left(job, snapshot.now) or 0 for job in old) < 2
        yield Notice(f"{expiry(old, snapshot.now)} Keep pwl-tui running to fetch them.", bad=urgent)


def _alarms(snapshot: Snapshot) -> Iterator[Notice]:
    if snapshot.alarms:
        since = moment(min(each.since for each in snapshot.alarms), snapshot.now)
        yield Notice(alarm(snapshot.alarms, since), "ledger", "for the ledger")


def _foreign(snapshot: Snapshot) -> Iterator[Notice]:
    if theirs := snapshot.foreign:
        profiles = ", ".join(sorted({clean(job.profile, 20) for job in theirs}))
        verb = "belongs to another key and is" if len(theirs) == 1 else "belong to another key and are"
        yield Notice(f"{counted(len(theirs), 'unfinished job')} {verb} not polled (profile {profiles}).")


def _waiting(snapshot: Snapshot) -> list[Job]:
    return [job for job in snapshot.unfinished if job.state is JobState.WAITING]
