"""Numbers under way: a job whose numbers another job's batches already hold gets their answers from there.

A follow is a range of a job's numbers that one batch of another job pays for. It exists for as long as one of
them waits. Only numbers in batches can be followed, so a follow always leads to the batch that pays.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import COLUMNS, Answer, Outcome, reused_note
from pwl_tui.state.database import Connection, Database, Row
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import ANSWER, answer_from, values_of

NO_ANSWER: Final = "no answer from job"
"""How the note begins of a number that was left to another job in vain."""
_ENDED: Final[Mapping[BatchState, str]] = {
    BatchState.COMPLETED: "failed",
    BatchState.REJECTED: "its batch was rejected",
    BatchState.LOST: "its batch was charged, and the ID is lost",
}
"""Why a batch in these states brings no more answers."""
_FORGOTTEN: Final = "it was forgotten"
_TOO_OLD: Final = "its batch can no longer be fetched"


def awaited(payer: int) -> Answer:
    """Return what is known of a number as long as the other job that pays for it has no answer."""
    return Answer(Outcome.PENDING, note=f"under way in job {payer}")


class NewFollow(Struct, frozen=True):
    """Consecutive numbers of a new job that one batch of another job pays for.

    Attributes:
        first: index of the first number within the new job.
        size: how many they are.
        payer: ID of the other job.
        seq: its batch.
    """

    first: int
    size: int
    payer: int
    seq: int


class Follows:
    """Who follows which batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_batch(self, payer: int, seq: int) -> list[int]:
        """Return the IDs of the jobs that wait for answers of a batch."""
        rows = self._database.read("SELECT DISTINCT job FROM follows WHERE payer=? AND seq=?", payer, seq)
        return [row["job"] for row in rows]

    def expire(self, before: float, now: float) -> list[int]:
        """Wait no longer for unreachable batches whose answers the service no longer keeps.

        Args:
            before: of batches sent until then the service has no answers any more, UTC epoch seconds.
            now: UTC epoch seconds.

        Returns:
            The IDs of the jobs that waited for them.
        """
        old = (
            "SELECT f.job, f.first, f.payer FROM follows f JOIN batches b ON b.job=f.payer AND b.seq=f.seq"
            f" WHERE b.state='{BatchState.UNREACHABLE}' AND b.submitted<=?"
        )
        if not self._database.read(old, before):
            return []  # without the write lock: this is asked again and again
        with self._database.transaction() as c:
            found = c.execute(old, (before,)).fetchall()
            for row in found:
                _give_up(c, row["job"], row["first"], _no_answer(row["payer"], _TOO_OLD), now)
        return sorted({row["job"] for row in found})


def take_over(
    c: Connection,
    batch: Batch,
    answers: Mapping[int, tuple[Answer, float]],
    payers: Mapping[int, tuple[int, int]],
    otherwise: str,
    now: float,
) -> None:
    """Let the numbers of a batch that is never sent have the answers of other jobs, inside a transaction.

    Args:
        c: in a transaction.
        batch: no longer one of its job's.
        answers: by number, with the time at which the service gave them.
        payers: of numbers without an answer, the job and the batch in which they are under way.
        otherwise: why the others are left out.
        now: UTC epoch seconds.
    """
    rows = c.execute(
        "SELECT idx, number FROM numbers WHERE job=? AND idx>=? AND idx<? ORDER BY idx",
        (batch.job, batch.first, batch.first + batch.size),
    ).fetchall()
    left_out = Answer(note=otherwise), None
    fates = []
    for idx, number in rows:
        if number in answers:
            fates.append((idx, *_passed_on(*answers[number], batch.job)))
        elif number in payers:
            fates.append((idx, awaited(payers[number][0]), None))
        else:
            fates.append((idx, *left_out))
    c.executemany(_STORE, ((*values_of(answer), at, batch.job, idx) for idx, answer, at in fates))
    c.execute(
        "UPDATE numbers SET batch=NULL WHERE job=? AND idx>=? AND idx<?",
        (batch.job, batch.first, batch.first + batch.size),
    )
    _count_reused(c, batch.job, [answer for _, answer, at in fates if at is not None], now)
    runs = []
    for payer, run in groupby(rows, lambda row: None if row[1] in answers else payers.get(row[1])):
        first, *others = (row["idx"] for row in run)
        if payer is not None:
            runs.append(NewFollow(first, 1 + len(others), *payer))
    follow(c, batch.job, runs, now)


def follow(c: Connection, job: int, follows: Iterable[NewFollow], now: float) -> None:
    """Let a job that was just stored follow others, inside its transaction.

    Their batches may have been answered, released or forgotten while its numbers were being stored.
    """
    for one in follows:
        seq = one.seq
        while (row := c.execute(_REPLACEMENT, (one.payer, seq)).fetchone()) is not None:
            seq = row["seq"]
        c.execute(
            "INSERT INTO follows (job, first, size, payer, seq, pending) VALUES (?,?,?,?,?,?)",
            (job, one.first, one.size, one.payer, seq, one.size),
        )
        tell_followers(c, one.payer, seq, now, only=job)


def tell_followers(c: Connection, payer: int, seq: int, now: float, *, only: int | None = None) -> None:
    """Give the answers of a batch to those who follow it, inside the transaction that changes it.

    What failed there failed here, too. Numbers that will get no answer at all are left out, with the reason.

    Args:
        c: in a transaction.
        payer: the job of the batch.
        seq: the batch.
        now: UTC epoch seconds.
        only: the only job to tell. None means all that follow.
    """
    which, values = ("", (payer, seq)) if only is None else (" AND job=?", (payer, seq, only))
    followers = c.execute(
        f"SELECT job, first, size FROM follows WHERE payer=? AND seq=?{which}", values
    ).fetchall()
    if not followers:
        return
    batch = c.execute("SELECT * FROM batches WHERE job=? AND seq=?", (payer, seq)).fetchone()
    if batch is None:
        for row in followers:
            _give_up(c, row["job"], row["first"], _no_answer(payer, _FORGOTTEN), now)
        return
    answers: dict[int, tuple[Answer, float | None]] = {}
    if batch["pending"] < batch["size"]:
        for row in c.execute(_ANSWERED, (payer, batch["first"], batch["first"] + batch["size"])):
            answers[row["number"]] = _passed_on(answer_from(row[2:]), row["answered"], payer)
    for row in followers:
        if answers:
            _hand_over(c, row, answers, f"{payer}.{seq}", now)
        if (why := _ENDED.get(BatchState(batch["state"]))) is not None:
            _give_up(c, row["job"], row["first"], _no_answer(payer, why), now)


def follow_replacement(c: Connection, payer: int, released: int, seq: int) -> None:
    """Let those who follow a released batch follow the one that took its numbers."""
    c.execute("UPDATE follows SET seq=? WHERE payer=? AND seq=?", (seq, payer, released))


def give_up_on(c: Connection, payer: int, now: float) -> None:
    """Wait for nothing more of a job that is being forgotten."""
    for row in c.execute("SELECT job, first FROM follows WHERE payer=?", (payer,)).fetchall():
        _give_up(c, row["job"], row["first"], _no_answer(payer, _FORGOTTEN), now)


_REPLACEMENT = "SELECT seq FROM batches WHERE job=? AND replaces=?"
_ANSWERED = (
    f"SELECT number, answered, {ANSWER} FROM numbers WHERE job=? AND idx>=? AND idx<?"
    f" AND outcome IN ('{Outcome.COMPLETED}', '{Outcome.FAILED}')"
)
_WAITING = f"job=? AND idx>=? AND idx<? AND outcome='{Outcome.PENDING}'"
_STORE = f"UPDATE numbers SET {'=?, '.join(COLUMNS)}=?, answered=? WHERE job=? AND idx=?"


def _passed_on(answer: Answer, answered: float | None, payer: int) -> tuple[Answer, float | None]:
    """Return an answer as those who follow get it, with where it comes from."""
    if answer.outcome is Outcome.COMPLETED and answered is not None:
        return replace(answer, note=reused_note(answered)), answered
    why = f": {answer.note}" if answer.note else ""
    return Answer(Outcome.FAILED, note=f"failed in job {payer}{why}"), None


def _no_answer(payer: int, why: str) -> str:
    return f"{NO_ANSWER} {payer}: {why}"


def _hand_over(
    c: Connection,
    follower: Row,
    answers: Mapping[int, tuple[Answer, float | None]],
    label: str,
    now: float,
) -> None:
    job, first, size = follower
    waiting = c.execute(f"SELECT idx, number FROM numbers WHERE {_WAITING}", (job, first, first + size))
    got = [(row["idx"], *answers[row["number"]]) for row in waiting if row["number"] in answers]
    if not got:
        return
    c.executemany(_STORE, ((*values_of(answer), at, job, idx) for idx, answer, at in got))
    known = [answer for _, answer, at in got if at is not None]
    _count_reused(c, job, known, now)
    c.execute("UPDATE jobs SET failed_elsewhere=failed_elsewhere+? WHERE id=?", (len(got) - len(known), job))
    _wait_for_fewer(c, job, first, len(got))
    note(c, Activity(now, job, None, "followed", f"{len(known):,} answers from batch {label}"))


def _count_reused(c: Connection, job: int, answers: Sequence[Answer], now: float) -> None:
    on_whatsapp = [answer for answer in answers if answer.on_whatsapp]
    business = sum(answer.business is True for answer in on_whatsapp)
    c.execute(
        "UPDATE jobs SET reused=reused+?, reused_on_whatsapp=reused_on_whatsapp+?,"
        " reused_business=reused_business+?, followed=? WHERE id=?",
        (len(answers), len(on_whatsapp), business, now, job),
    )


def _give_up(c: Connection, job: int, first: int, why: str, now: float) -> None:
    row = c.execute("SELECT size FROM follows WHERE job=? AND first=?", (job, first)).fetchone()
    if row is None:
        return  # all of it has its answers
    left = c.execute(
        f"UPDATE numbers SET outcome='{Outcome.NOT_SENT}', note=? WHERE {_WAITING}",
        (why, job, first, first + row["size"]),
    ).rowcount
    c.execute("UPDATE jobs SET followed=? WHERE id=?", (now, job))
    c.execute("DELETE FROM follows WHERE job=? AND first=?", (job, first))
    note(c, Activity(now, job, None, "left out", f"{left:,} numbers: {why}"))


def _wait_for_fewer(c: Connection, job: int, first: int, answered: int) -> None:
    c.execute("UPDATE follows SET pending=pending-? WHERE job=? AND first=?", (answered, job, first))
    c.execute("DELETE FROM follows WHERE job=? AND first=? AND pending=0", (job, first))
