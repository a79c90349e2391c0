"""What a person's machine and the service must agree on at any moment, whatever happens to them.

The oracle is the simulated service's own ledger.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from pwl_tui.simulator.world import World
from pwl_tui.state.files.journal import Candidates, Entry, Intent, Line, timestamp
from pwl_tui.state.models import Batch, BatchState, JobState
from tests.unit.databases import databases
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    Clock,
    WorldService,
    make_engine,
    make_poller,
    make_submitter,
    open_store,
)

_OPEN = {"planned", "sending", "processing", "unknown"}
_ENDED = {BatchState.COMPLETED, BatchState.LOST, BatchState.RELEASED}


class TickingClock(Clock):
    """A clock that never says the same twice, as the database's: machines tell attempts apart by it."""

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


class Process:
    """One process of the person's on the state file."""

    def __init__(self, directory: Path, service: WorldService, clock: Clock, host: str) -> None:
        self.store = open_store(directory, host)
        self.submitter = make_submitter(self.store, service, clock)
        self.poller = make_poller(self.store, service, clock)
        self.engine = make_engine(self.store, service, clock)

    def close(self) -> None:
        self.engine.close()
        self.store.close()


class Books(RuleBasedStateMachine):
    """One person, one key, one service, and two processes on one state file."""

    def __init__(self) -> None:
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory()
        self.directory = Path(self.scratch.name)
        self.clock = TickingClock() if databases.postgres else Clock()
        self.world = World(clock=self.clock, rate=5.0, failure_share=0.2)
        self.world.add_key(KEY, wavalidation=200)
        self.service = WorldService(self.world)
        self.processes: list[Process] = []
        self.start_all()
        self.lists: list[tuple[int, int]] = []
        self.next_number = FIRST
        self.next_lookup = FIRST + 1_000_000
        self.last_lookup: int | None = None
        self.lookups_at_loss = (0, 0, 0)
        """What `lookups` returned when the state file was last lost."""
        self.wanted: Counter[str] = Counter()
        """How often the person asked for a number."""
        self.written_off: set[str] = set()
        self.written_off_at_copy: set[str] = set()
        self.ever_written_off: set[str] = set()
        self.disturbed = 0.0
        """When the balance last changed in a way that the evidence need not tell from a charge."""

    def teardown(self) -> None:
        self.stop_all()
        self.scratch.cleanup()
        databases.clean()

    def start_all(self) -> None:
        self.processes = [
            Process(self.directory, self.service, self.clock, self.host(who)) for who in range(2)
        ]
        self.store = self.processes[0].store

    def host(self, who: int) -> str:
        """Return on which machine a process is: on one that has its own, if the state is not in a file."""
        return f"host{who}" if databases.postgres else "state"

    def lines(self) -> list[Line]:
        """Return the lines of all journals."""
        journals = {process.store.directory: process.store.journal for process in self.processes}
        return [line for journal in journals.values() for line in journal.read(0)[0]]

    def stop_all(self) -> None:
        for process in self.processes:
            process.close()

    def restart(self, who: int) -> None:
        self.processes[who].close()
        self.processes[who] = Process(self.directory, self.service, self.clock, self.host(who))
        self.store = self.processes[0].store
        self.service.before = self.service.after = lambda: None

    def batches(self) -> list[Batch]:
        return [batch for job in self.store.jobs.all() for batch in self.store.batches.of(job.id)]

    def in_doubt(self) -> list[Batch]:
        return [batch for batch in self.batches() if batch.state is BatchState.UNKNOWN]

    def journaled(self) -> set[str]:
        return {line.batch_id for line in self.lines() if isinstance(line, Entry)}

    def candidates(self) -> set[str]:
        """Return what may be the id of a batch in doubt, by the journal."""
        return {one for line in self.lines() if isinstance(line, Candidates) for one in line.candidates}

    def decides(self, who: int, batch: Batch) -> bool:
        """Whether the journal of a process says what became of a batch in doubt.

        Another machine, which does not have that journal, put it in doubt.
        """
        lines = self.processes[who].store.journal.read(0)[0]
        said = [
            line.intent
            for line in lines
            if isinstance(line, Intent)
            and (line.job, line.seq, line.submitted) == (batch.job, batch.seq, batch.submitted)
        ]
        since, known = timestamp(batch.submitted or 0.0), {one.batch_id for one in self.batches()}
        accepted = any(
            isinstance(line, Entry)
            and (line.digest, line.at >= since, line.batch_id in known) == (batch.digest, True, False)
            for line in lines
        )
        return accepted or said[-1:] == ["not sent"]

    def in_use(self) -> str:
        """Return the id of a batch that is known here; one of nobody's if there is none."""
        return next((batch.batch_id for batch in self.batches() if batch.batch_id), "nobodys-id")

    def nameless(self) -> list[str]:
        """Return the ids that were paid for, and that nobody here has got to know.

        One that was written off and then asked for again, knowingly, is settled for good: its numbers have
        their answers, even where the decision went down with the state file.
        """
        journaled, paid = self.journaled(), self.numbers_paid()
        known = {batch.batch_id for batch in self.batches()} | journaled | self.written_off
        answered = {paid[batch_id] for batch_id in journaled}
        known |= {batch_id for batch_id in self.ever_written_off if paid[batch_id] in answered}
        return [batch_id for batch_id in self.world.batches if batch_id not in known]

    def numbers_paid(self) -> dict[str, tuple[str, ...]]:
        """Return the numbers of every batch that was paid for, in order, by its id."""
        return {charge.batch_id: charge.numbers for charge in self.world.ledger if charge.batch_id}

    def intended(self) -> set[tuple[int, int, str]]:
        """Return what the journal says was about to be sent and no more, and the state file has not sent."""
        opened: set[tuple[int, int, str]] = set()
        for line in self.lines():
            name = (line.job, line.seq, line.digest)
            opened.discard(name)
            if isinstance(line, Intent) and line.intent == "send":
                opened.add(name)
        return {name for name in opened if self.store.batches.state_of(*name) in {None, BatchState.PLANNED}}

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the state file itself, with nothing of the program's own."""
        return databases.query(self.directory / "state", statement, *values)

    def ask_for(self, number: int) -> None:
        """Count that the person asks for a number, unless the state file has it: then nothing may be paid."""
        rows = self.query(
            "SELECT n.outcome, b.state FROM numbers n LEFT JOIN batches b ON b.job=n.job AND b.seq=n.batch"
            " WHERE n.number=?",
            number,
        )
        outcomes = {outcome for outcome, _ in rows}
        states = {state for outcome, state in rows if outcome in {"not_sent", "pending"}}
        if "completed" in outcomes or states & _OPEN or ("failed" not in outcomes and "rejected" in states):
            return
        self.wanted[f"+{number}"] += 1

    def numbers_checked(self) -> Counter[str]:
        """Return how often the service was paid for a single check of each number."""
        return Counter(charge.numbers[0] for charge in self.world.ledger if charge.batch_id is None)

    def lookups(self) -> tuple[int, int, int]:
        """Return how many single checks the service was paid for, and how many are booked and in doubt."""
        booked = sum(charge.job is None for charge in self.store.charges.all(BINDING))
        return self.numbers_checked().total(), booked, len(self.store.lookups.unanswered(BINDING))

    # -- what always holds

    @invariant()
    def no_number_is_paid_for_oftener_than_was_asked(self) -> None:
        paid = Counter(number for charge in self.world.ledger for number in charge.numbers)
        assert paid <= self.wanted

    @invariant()
    def every_paid_batch_is_known_or_in_doubt(self) -> None:
        waiting = [one for one in self.batches() if one.state in {BatchState.UNKNOWN, BatchState.SENDING}]
        assert len(waiting) <= 1
        assert len(self.nameless()) <= len(waiting) + len(self.intended())

    @invariant()
    def what_we_call_charged_was_charged(self) -> None:
        paid = {charge.batch_id: charge.amount for charge in self.world.ledger}
        batches = [batch for batch in self.batches() if batch.batch_id is not None]
        assert all(batch.charged == paid[batch.batch_id] for batch in batches)
        assert len({batch.batch_id for batch in batches}) == len(batches), "one id, two batches"
        booked = [charge.batch_id for charge in self.store.charges.all(BINDING) if charge.batch_id]
        assert len(set(booked)) == len(booked), "booked twice"

    @invariant()
    def every_paid_lookup_is_booked_or_in_doubt(self) -> None:
        pairs = zip(self.lookups(), self.lookups_at_loss, strict=True)
        paid, booked, doubtful = (now - then for now, then in pairs)
        assert booked <= paid <= booked + doubtful

    @invariant()
    def a_finished_job_has_all_its_answers(self) -> None:
        for job in self.store.jobs.all():
            finished = job.state is JobState.COMPLETED
            ended = all(batch.state in _ENDED for batch in self.store.batches.of(job.id))
            assert finished == (ended and not job.under_way)
            if finished:
                assert (job.counts.answered, job.counts.pending) == (job.numbers - job.left_out, 0)

    @invariant()
    def who_waits_for_another_job_waits_for_a_batch_that_can_still_be_answered(self) -> None:
        waiting: Counter[int] = Counter()
        for job, first, size, state in self.query(
            "SELECT f.job, f.first, f.size, b.state FROM follows f"
            " LEFT JOIN batches b ON b.job=f.payer AND b.seq=f.seq"
        ):
            assert state in _OPEN
            ((count,),) = self.query(
                "SELECT count(*) FROM numbers WHERE job=? AND idx>=? AND idx<? AND outcome='pending'",
                job,
                first,
                first + size,
            )
            assert count
            waiting[job] += count
        for job in self.store.jobs.all():
            assert job.under_way == waiting[job.id]
        pending = "SELECT job, count(*) FROM numbers WHERE batch IS NULL AND outcome='pending' GROUP BY job"
        assert dict(self.query(pending)) == waiting
