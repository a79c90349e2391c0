"""A state machine of people, faults, kills and the service: whatever the order, the books agree.

The oracle is the simulated service's own ledger.
"""

import contextlib
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pwl_tui.config import Polling
from pwl_tui.engine import adopting
from pwl_tui.engine.poller import Poller
from pwl_tui.engine.steps import Sent
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.simulator.world import World
from pwl_tui.state.models import Batch, BatchState, JobState
from tests.unit.worldly import (
    BINDING,
    KEY,
    Clock,
    Killed,
    WorldService,
    add_job,
    failing,
    killing,
    make_submitter,
    open_store,
)

_FIRST = 14_155_550_000
_ENDED = {BatchState.COMPLETED, BatchState.LOST, BatchState.RELEASED}

REFUSED = Problem(kind="network", message="refused", charged="no", remedy="wait")
LIMITED = Problem(kind="rate_limited", message="slow down", charged="no", retry_after=3.0, remedy="wait")
FORBIDDEN = Problem(kind="forbidden", status=403, message="no", charged="no", remedy="ask")
SILENT = Problem(kind="timeout", message="no answer", charged="unknown", remedy="settle")

PLACES = [
    "journal.append",
    "batches.intend",
    "batches.accept",
    "batches.doubt",
    "batches.put_back",
    "batches.refuse",
    "balances.add",
]


class Protocol(RuleBasedStateMachine):
    """One person, one key, one service; the process dies now and then and is started again."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.world = World(clock=self.clock, rate=5.0)
        self.world.add_key(KEY, wavalidation=60)
        self.service = WorldService(self.world)
        self.store = open_store(Path(self.directory.name))
        self.next_number = _FIRST
        self.written_off: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.directory.cleanup()

    def restart(self) -> None:
        self.store.close()
        self.store = open_store(Path(self.directory.name))
        self.service.before = self.service.after = lambda: None

    def batches(self) -> list[Batch]:
        return [batch for job in self.store.jobs.all() for batch in self.store.batches.of(job.id)]

    def in_doubt(self) -> list[Batch]:
        return [batch for batch in self.batches() if batch.state is BatchState.UNKNOWN]

    # -- what happens

    @rule(size=st.integers(1, 12))
    def bring_a_list(self, size: int) -> None:
        add_job(self.store, self.next_number, size, batch_size=5, at=self.clock.now)
        self.next_number += size

    @rule()
    def send(self) -> None:
        frozen = bool(self.in_doubt())
        before = len(self.service.submitted)
        step = make_submitter(self.store, self.service, self.clock).send_next()
        assert not (frozen and len(self.service.submitted) > before), "sent while a batch was in doubt"
        assert isinstance(step, Sent) == (len(self.service.submitted) > before)

    @rule(said=st.sampled_from([REFUSED, LIMITED, FORBIDDEN, SILENT]))
    def send_and_fail_before_the_work(self, said: Problem) -> None:
        self.service.before = failing(said)
        make_submitter(self.store, self.service, self.clock).send_next()
        self.service.before = lambda: None

    @rule()
    def send_and_lose_the_answer(self) -> None:
        self.service.after = failing(SILENT)
        make_submitter(self.store, self.service, self.clock).send_next()
        self.service.after = lambda: None

    @rule(paid=st.booleans())
    def send_and_die_in_the_call(self, paid: bool) -> None:
        # A killed process writes nothing down any more.
        self.store.batches.doubt = _die  # type: ignore[method-assign]
        if paid:
            self.service.after = killing
        else:
            self.service.before = killing
        self._until_death()

    @rule(place=st.sampled_from(PLACES), after=st.booleans(), paid=st.booleans())
    def send_and_die_at_a_write(self, place: str, after: bool, paid: bool) -> None:
        part, name = place.split(".")
        owner = getattr(self.store, part)
        write = getattr(owner, name)

        def die(*values: object, **named: object) -> None:
            if after:
                write(*values, **named)
            raise Killed

        setattr(owner, name, die)
        if place == "batches.doubt" and paid:
            self.service.after = failing(SILENT)
        elif place == "batches.doubt":
            self.service.before = failing(SILENT)
        if place in {"batches.put_back", "batches.refuse"}:
            self.service.before = failing(REFUSED if name == "put_back" else FORBIDDEN)
        self._until_death()

    def _until_death(self) -> None:
        with contextlib.suppress(Killed):
            make_submitter(self.store, self.service, self.clock).send_next()
        self.restart()

    @rule()
    def poll(self) -> None:
        poller = Poller(
            self.store,
            lambda: self.service,
            BINDING,
            pace=Polling(),
            owner="1-test",
            clock=self.clock,
            spread=lambda: 0.5,
        )
        while (batch := poller.claim()) is not None:
            poller.poll(batch)

    @rule(seconds=st.sampled_from([1.0, 11.0, 70.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(amount=st.integers(1, 50))
    def top_up(self, amount: int) -> None:
        self.world.add_credits(KEY, "wavalidation", amount)

    @rule(pause=st.booleans())
    def pause_or_resume(self, pause: bool) -> None:
        for job in self.store.jobs.all():
            self.store.jobs.pause(job.id, paused=pause)
            if not pause:
                self.store.decisions.retry_rejected(job.id, now=self.clock.now)

    @precondition(lambda self: bool(self.in_doubt()))
    @rule(give_up=st.booleans())
    def settle_by_the_services_books(self, give_up: bool) -> None:
        (batch,) = self.in_doubt()
        known = {one.batch_id for one in self.batches()}
        charged = [batch_id for batch_id in self.world.batches if batch_id not in known | self.written_off]
        if not charged:
            self.store.decisions.release(batch, now=self.clock.now, evidence="the provider says so")
        elif give_up:
            self.store.decisions.write_off(batch, now=self.clock.now, evidence="the provider says so")
            self.written_off.update(charged)
        else:
            adopting.identify(
                self.store,
                self.service.poll,
                batch,
                charged[0],
                now=self.clock.now,
                evidence="the provider says so",
            )

    @precondition(lambda self: bool(self.in_doubt()) and bool(self.world.batches))
    @rule()
    def give_a_wrong_id(self) -> None:
        (batch,) = self.in_doubt()
        known = [one.batch_id for one in self.batches() if one.batch_id]
        if known:
            try:
                adopting.identify(
                    self.store, self.service.poll, batch, known[0], now=self.clock.now, evidence="a guess"
                )
            except ProblemError:
                return
            raise AssertionError("another batch's id was taken")

    # -- what always holds

    @invariant()
    def no_number_is_paid_for_twice(self) -> None:
        if hasattr(self, "world"):
            counts = Counter(number for charge in self.world.ledger for number in charge.numbers)
            assert not [number for number, count in counts.items() if count > 1]

    @invariant()
    def every_paid_batch_is_known_or_in_doubt(self) -> None:
        if not hasattr(self, "store"):
            return
        batches = self.batches()
        known = {batch.batch_id for batch in batches} | self.written_off
        journaled = {entry.batch_id for entry in self.store.journal.entries()}
        missing = [batch_id for batch_id in self.world.batches if batch_id not in known | journaled]
        waiting = [batch for batch in batches if batch.state in {BatchState.UNKNOWN, BatchState.SENDING}]
        assert len(missing) <= len(waiting) <= 1

    @invariant()
    def what_we_call_charged_was_charged(self) -> None:
        if not hasattr(self, "store"):
            return
        paid = {charge.batch_id: charge.amount for charge in self.world.ledger}
        for batch in self.batches():
            if batch.batch_id is not None:
                assert batch.charged == paid[batch.batch_id]

    @invariant()
    def a_finished_job_has_all_its_answers(self) -> None:
        if not hasattr(self, "store"):
            return
        for job in self.store.jobs.all():
            finished = job.state is JobState.COMPLETED
            assert finished == all(batch.state in _ENDED for batch in self.store.batches.of(job.id))
            if finished:
                assert (job.counts.answered, job.counts.pending) == (job.numbers, 0)


def _die(*_: object, **__: object) -> None:
    raise Killed


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    # Every step writes to a disk that it waits for.
    suppress_health_check=[HealthCheck.too_slow],
)
