"""Polling as the state file sees it: which batch is next, and what was learned."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from pwl_tui.answer import NO_ANSWER, Answer, Outcome
from pwl_tui.problem import Problem
from pwl_tui.state.budget import Rate
from pwl_tui.state.database import Database
from pwl_tui.state.follows import tell_followers
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import BATCHES, batch_from, to_json, values_of
from pwl_tui.text import without_numbers


class Lease(Struct, frozen=True):
    """The right of one process to poll batches until it expires.

    Attributes:
        owner: a name that no other process uses.
        seconds: how long a poll may take before another process takes over.
    """

    owner: str
    seconds: float


class Standing(Struct, frozen=True):
    """How far a batch is, as far as it was asked.

    Attributes:
        key: its job and number within it.
        size: how many numbers it has.
        sent: when it was submitted, UTC epoch seconds, as all times.
        last_poll: when it was last asked. None means never.
        next_poll: when it is asked next, as planned before.
        answered: how many of its numbers have their answer.
        failures: polls in a row that failed.
        done: whether it has ended.
    """

    key: tuple[int, int]
    size: int
    sent: float
    last_poll: float | None
    next_poll: float | None
    answered: int
    failures: int
    done: bool


_POLLED = f"state IN ('{BatchState.PROCESSING}', '{BatchState.UNREACHABLE}')"
"""The batches that are polled; unreachable ones now and then."""
_DUE = f"""
FROM batches b JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding
WHERE b.{_POLLED} AND b.next_poll<=?1 AND (b.lease_until IS NULL OR b.lease_until<=?1)
    AND j.ready=1 AND k.base_url=?2 AND k.fingerprint=?3 ORDER BY b.next_poll LIMIT 1
"""
_STILL_POLLED = f"job=? AND seq=? AND {_POLLED}"
"""A poll whose lease expired may end after another process's, whose result counts."""


class Polls:
    """Who polls which batch, and the answers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = database.claims()
        self._answers = database.answers()

    def claim(self, binding: Binding, lease: Lease, now: float) -> Batch | None:
        """Claim the batch whose poll is most overdue. None means none is due that nobody else is polling."""
        claimed = self._claim(None, binding, lease, now)
        if isinstance(claimed, float):
            raise TypeError("there is no rate to wait for")
        return claimed

    def claim_within(self, rate: Rate, binding: Binding, lease: Lease, now: float) -> Batch | float | None:
        """Claim the batch whose poll is most overdue, if the rate of all polls leaves a request for it.

        Returns:
            The batch, or the seconds until there is one more request. None means none is due.
        """
        return self._claim(rate, binding, lease, now)

    def drain(self, rate: Rate, binding: Binding, now: float) -> None:
        """Give up the requests that were saved: the next ones come one at a time."""
        self._claims.drain(binding, now, rate)

    def _claim(self, rate: Rate | None, binding: Binding, lease: Lease, now: float) -> Batch | float | None:
        self._database.announce(lease.owner)
        claimed = self._claims.claim(_DUE, binding, now, lease.owner, now + lease.seconds, rate)
        return claimed if claimed is None or isinstance(claimed, float) else batch_from(claimed)

    def standings(self, binding: Binding, since: float) -> list[Standing]:
        """Return how far each batch of a key is that is processing or ended after `since`, oldest first."""
        rows = self._database.read(
            "SELECT b.job, b.seq, b.size, b.submitted, b.last_poll, b.next_poll, b.pending, b.attempts,"
            f" b.state='{BatchState.COMPLETED}' AS done FROM batches b"
            " JOIN jobs j ON j.id=b.job JOIN bindings k ON k.id=j.binding"
            f" WHERE (b.state='{BatchState.PROCESSING}'"
            f" OR b.state='{BatchState.COMPLETED}' AND b.completed>?)"
            " AND j.ready=1 AND k.base_url=? AND k.fingerprint=? ORDER BY b.submitted NULLS FIRST,"
            " b.job, b.seq",
            since,
            binding.base_url,
            binding.fingerprint,
        )
        return [
            Standing(
                key=(job, seq),
                size=size,
                sent=submitted or last_poll or 0.0,
                last_poll=last_poll,
                next_poll=next_poll,
                answered=size if done else size - pending,
                failures=attempts,
                done=bool(done),
            )
            for job, seq, size, submitted, last_poll, next_poll, pending, attempts, done in rows
        ]

    def plan(self, standings: Iterable[Standing], times: Mapping[tuple[int, int], float]) -> None:
        """Store when batches are asked next, unless they were asked since they stood so."""
        changes = [(times[one.key], *one.key, one.last_poll) for one in standings if one.key in times]
        if changes:
            self._claims.plan(changes)

    def take_over(self, until: float) -> None:
        """Release the leases of processes that died, so that nobody waits for them to expire.

        Args:
            until: nobody polls before this time, because they may have polled just now.
        """
        holders = self._database.read(
            f"SELECT DISTINCT lease_owner FROM batches WHERE {_POLLED} AND lease_owner IS NOT NULL"
        )
        for holder in holders:
            if not self._database.is_alive(holder["lease_owner"]):
                self.give_back(holder["lease_owner"], until)

    def give_back(self, owner: str, until: float, *, patient: bool = True) -> None:
        """Release every lease of a process that is quitting; nobody polls its batches before `until`.

        Raises:
            StateError: the state file failed, or without `patient`, somebody else has locked it.
        """
        with self._database.transaction(patient=patient) as c:
            c.execute(
                "UPDATE batches SET lease_owner=NULL, lease_until=? WHERE lease_owner=?", (until, owner)
            )

    def end_leases_after(self, until: float) -> None:
        """Release leases that end later than any can: they were taken before the clock was set back."""
        with self._database.transaction() as c:
            c.execute("UPDATE batches SET lease_owner=NULL, lease_until=NULL WHERE lease_until>?", (until,))

    def learn(
        self,
        batch: Batch,
        answers: Iterable[tuple[int, Answer]],
        *,
        done: bool,
        now: float,
        next_poll: float | None,
        trouble: Problem | None = None,
        attempts: int = 0,
        note_of_rest: str = NO_ANSWER,
    ) -> Batch:
        """Store the answer to a poll; a result that was stored is never taken back.

        A batch all of whose numbers have an answer is completed, whatever `done` says.

        Args:
            batch: the batch that was polled.
            answers: numbers with what is known of them; numbers of other batches are ignored.
            done: whether no more answers come: numbers without one then count as failed.
            now: UTC epoch seconds.
            next_poll: when to poll again. None if `done`.
            trouble: what is wrong with the answer, if numbers are left without one. None means nothing.
            attempts: how many polls in a row came to that.
            note_of_rest: why the numbers without an answer have failed, if `done`.

        Returns:
            The batch as it is now.
        """
        span = (batch.job, batch.first, batch.first + batch.size)
        # Only a final answer says more than what is stored.
        final = {
            number: (*values_of(answer), now if answer.outcome is Outcome.COMPLETED else None)
            for number, answer in answers
            if answer.outcome in _FINAL
        }
        own = (batch.job, batch.seq)
        with self._database.transaction() as c:
            with c.together():
                stored = self._answers.store(c, span, final)
                if done:
                    c.execute(
                        f"UPDATE numbers SET outcome='{Outcome.FAILED}', note=?"
                        f" WHERE job=? AND idx>=? AND idx<? AND outcome='{Outcome.PENDING}'",
                        (note_of_rest, *span),
                    )
                c.execute(_COUNT, (*span, *own))
                moved = c.execute(_LEARNED, (*own, done, now, next_poll, to_json(trouble), attempts))
                follower = c.execute("SELECT 1 FROM follows WHERE payer=? AND seq=? LIMIT 1", own)
                found = c.execute(f"{BATCHES} WHERE job=? AND seq=?", own)
            if follower.fetchone() is not None:
                tell_followers(c, *own, now)
            polled = batch_from(found.fetchone())
            over = done or polled.counts.pending == 0
            if moved.rowcount and (over or stored.rowcount > 0 or polled.trouble != batch.trouble):
                progress = f"{polled.counts.answered:,} of {polled.size:,} answered"
                if polled.trouble is not None:
                    progress = f"{progress}. {polled.trouble.message}"
                event = "completed" if over else "polled"
                note(c, Activity(now, *own, event, progress), last=True)
        return polled

    def fail(
        self,
        batch: Batch,
        problem: Problem,
        *,
        now: float,
        next_poll: float,
        attempts: int | None = None,
        received: str = "",
    ) -> None:
        """Record that a poll failed; the batch is polled again at `next_poll`.

        Args:
            batch: the batch that was polled.
            problem: why it failed.
            now: UTC epoch seconds.
            next_poll: likewise.
            attempts: how many polls in a row failed. None means one more than before.
            received: the beginning of an answer that could not be understood; empty if there was none.
        """
        with self._database.transaction() as c:
            c.execute(
                "UPDATE batches SET last_poll=?, next_poll=?, trouble=?, received=coalesce(?, received),"
                " attempts=coalesce(?, attempts+1), lease_owner=NULL, lease_until=NULL"
                f" WHERE {_STILL_POLLED}",
                (now, next_poll, to_json(problem), received or None, attempts, batch.job, batch.seq),
            )
            note(c, Activity(now, batch.job, batch.seq, "poll failed", without_numbers(problem.message)))

    def unreachable(
        self, batch: Batch, problem: Problem, *, now: float, next_poll: float | None = None
    ) -> None:
        """``processing`` → ``unreachable``: the service does not know the ID with this key, for now.

        Args:
            batch: the batch that was polled.
            problem: what the service said.
            now: UTC epoch seconds.
            next_poll: when to look again. None means when the person says so.
        """
        with self._database.transaction() as c:
            moved = c.execute(
                "UPDATE batches SET state=?, error=?, trouble=NULL, last_poll=?, next_poll=?,"
                f" attempts=attempts+1, lease_owner=NULL, lease_until=NULL WHERE {_STILL_POLLED}",
                (BatchState.UNREACHABLE, to_json(problem), now, next_poll, batch.job, batch.seq),
            ).rowcount
            if moved and batch.state is not BatchState.UNREACHABLE:
                note(c, Activity(now, batch.job, batch.seq, "unreachable", without_numbers(problem.message)))

    def look_again(self, jobs: Iterable[int], *, now: float, minimum: float) -> None:
        """Make the unreachable batches of some jobs due, and those in trouble: a poll may tell by now.

        Args:
            jobs: their IDs.
            now: UTC epoch seconds.
            minimum: seconds between two polls of a batch.
        """
        with self._database.transaction() as c:
            for job in jobs:
                c.execute(
                    f"UPDATE batches SET next_poll={_SOONEST}"
                    f" WHERE job=?3 AND state='{BatchState.UNREACHABLE}'",
                    (now, minimum, job),
                )
                c.execute(
                    f"UPDATE batches SET next_poll={_SOONEST}, attempts=0"
                    f" WHERE job=?3 AND state='{BatchState.PROCESSING}' AND trouble IS NOT NULL",
                    (now, minimum, job),
                )

    def looking(self, job: int, now: float) -> bool:
        """Return whether an unreachable batch of a job is due by `now`, or being polled."""
        return (
            self._database.first(
                f"SELECT 1 FROM batches WHERE job=? AND state='{BatchState.UNREACHABLE}' AND next_poll<=?"
                " LIMIT 1",
                job,
                now,
            )
            is not None
        )

    def try_again(self, job: int, *, now: float) -> int:
        """``unreachable`` → ``processing`` for all batches of a job, as the person decided; return how many.

        Polling costs nothing, so this may be repeated as often as the person likes.
        """
        with self._database.transaction() as c:
            return c.execute(
                "UPDATE batches SET state=?, next_poll=?, attempts=0, error=NULL, trouble=NULL"
                " WHERE job=? AND state=?",
                (BatchState.PROCESSING, now, job, BatchState.UNREACHABLE),
            ).rowcount


_SOONEST = "CASE WHEN coalesce(last_poll, 0)+?2>?1 THEN coalesce(last_poll, 0)+?2 ELSE ?1 END"
"""Now (``?1``), but not before the shortest pause (``?2``) has passed."""
_OVER = "(?3=1 OR pending=0)"
_TROUBLE = "CASE WHEN ?3=1 OR pending<>0 THEN CAST(?6 AS TEXT) END"
"""If all numbers have their answer before the end, it does not matter what was wrong with this one."""
_LEARNED = f"""
UPDATE batches SET
    state=CASE WHEN {_OVER} THEN '{BatchState.COMPLETED}' ELSE '{BatchState.PROCESSING}' END,
    completed=CASE WHEN {_OVER} THEN CAST(?4 AS DOUBLE PRECISION) END,
    last_poll=?4,
    next_poll=CASE WHEN {_OVER} THEN NULL ELSE CAST(?5 AS DOUBLE PRECISION) END,
    trouble={_TROUBLE},
    error=CASE state WHEN '{BatchState.UNREACHABLE}' THEN NULL ELSE error END,
    attempts=CASE WHEN {_OVER} THEN 0 ELSE ?7 END,
    received=CASE WHEN {_TROUBLE} IS NOT NULL THEN received END,
    lease_owner=NULL, lease_until=NULL
WHERE job=?1 AND seq=?2 AND {_POLLED}
"""
"""Once all is counted."""
_FINAL = frozenset({Outcome.COMPLETED, Outcome.FAILED})
_COUNT = f"""
UPDATE batches SET (on_whatsapp, business, not_on_whatsapp, failed, pending) = (
    SELECT coalesce(sum(on_whatsapp), 0), count(CASE WHEN on_whatsapp=1 AND business=1 THEN 1 END),
        count(CASE WHEN outcome='{Outcome.COMPLETED}' AND on_whatsapp=0 THEN 1 END),
        count(CASE outcome WHEN '{Outcome.FAILED}' THEN 1 END),
        count(CASE outcome WHEN '{Outcome.PENDING}' THEN 1 END)
    FROM numbers WHERE job=? AND idx>=? AND idx<?)
WHERE job=? AND seq=?
"""
