"""A state machine of people, processes, faults, kills and lost files: whatever the order, the books agree."""

import contextlib
import shutil

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import BatchAnswer
from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.engine.money.evidence import Verdict
from pwl_tui.engine.money.settling import SettleError
from pwl_tui.engine.money.submitter import Busy, Sent
from pwl_tui.engine.problems import EngineError
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.files.journal import Candidates
from pwl_tui.state.models import BatchState
from tests.unit.databases import databases
from tests.unit.fake_service import FIRST, KEY, SILENT, Killed, add_job, cut_off, failing, killing, look_up
from tests.unit.reconcile import Books

_OPEN = {BatchState.PLANNED, BatchState.SENDING, BatchState.UNKNOWN}

REFUSED = Problem(kind=Kind.NETWORK, message="refused", charged="no", remedy="wait")
LIMITED = Problem(kind=Kind.RATE_LIMITED, message="slow down", charged="no", retry_after=3.0, remedy="wait")
PAGE = Problem(kind=Kind.BAD_ANSWER, status=200, message="a page", remedy="wait")
FORBIDDEN = Problem(kind=Kind.FORBIDDEN, status=403, message="no", charged="no", remedy="ask")

PLACES = [
    "journal.append",
    "batches.intend",
    "batches.accept",
    "batches.mark_unknown",
    "batches.put_back",
    "batches.refuse",
    "balances.add",
]


FORMS = ["cut off", "BOM", "two IDs", "in a page"]
PLACES_OF_AN_ID = ["journal.append", "batches.mark_unknown"]


def garbled(kind: str, body: bytes, other: str) -> httpx.Response:
    """Return a true answer that went wrong, with `other` in it as a second ID."""
    match kind:
        case "cut off":
            return cut_off(body[:-1])
        case "BOM":
            return httpx.Response(202, content=b"\xef\xbb\xbf" + body)
        case "two IDs":
            return httpx.Response(202, content=body + b'{"batch_id": "%s"}' % other.encode())
        case _:
            return httpx.Response(202, content=b"<pre>" + body.replace(b'"', b"&quot;") + b"</pre>")


who = st.integers(0, 1)
something_to_send = precondition(lambda self: any(one.state in _OPEN for one in self.batches()))


class Protocol(Books):
    """What a person and bad luck may do, in any order."""

    # -- sending

    @rule(who=who, size=st.integers(1, 12), sent=st.booleans())
    def bring_a_list(self, who: int, size: int, sent: bool) -> None:
        self.lists.append((self.next_number, size))
        self.wanted.update(f"+{self.next_number + index}" for index in range(size))
        add_job(self.store, self.next_number, size, batch_size=5, at=self.clock.now)
        self.next_number += size
        if sent:
            self.send(who)

    @precondition(lambda self: bool(self.lists))
    @rule(who=who, back=st.integers(1, 12), size=st.integers(1, 12), again=st.booleans())
    def bring_a_list_with_numbers_that_were_brought(
        self, who: int, back: int, size: int, again: bool
    ) -> None:
        first = self.next_number - back
        plan = self.plan(who, max(first, FIRST), size)
        if again:
            plan = planning.pay_again(plan)
        self.accept(who, plan)

    @precondition(lambda self: bool(self.lists))
    @rule(back=st.integers(1, 12), size=st.integers(1, 12))
    def bring_the_same_list_twice_at_one_moment(self, back: int, size: int) -> None:
        plans = [self.plan(who, max(self.next_number - back, FIRST), size) for who in (0, 1)]
        for who, plan in enumerate(plans):
            self.accept(who, plan)

    @precondition(lambda self: any(job.left_out and not job.unfinished for job in self.store.jobs.all()))
    @rule(who=who)
    def send_what_another_job_did_not_answer(self, who: int) -> None:
        for job in self.store.jobs.all():
            if job.left_out and not job.unfinished:
                with contextlib.suppress(EngineError):  # it was sent already
                    self.accept(who, self.processes[who].engine.plans.for_remainder(job.id))

    def plan(self, who: int, first: int, size: int) -> JobPlan:
        text = "".join(f"+{number}\n" for number in range(first, first + size))
        self.next_number = max(self.next_number, first + size)
        return self.processes[who].engine.plans.for_list(Source.from_text(text), AS_THEY_ARE)

    def accept(self, who: int, plan: JobPlan) -> None:
        before = self.wanted.copy()
        for number in plan.list.numbers:
            if number in plan.paid_again:
                self.wanted[f"+{number}"] += 1
            else:
                self.ask_for(number)
        try:
            job = self.processes[who].engine.jobs.create(plan, name="overlapping")
        except EngineError:  # too few credits, or it would cost more by now
            self.wanted = before
        else:
            assert job.in_batches <= plan.to_pay

    @something_to_send
    @rule(who=who)
    def send(self, who: int) -> None:
        while self.step(who):
            pass

    def step(self, who: int) -> bool:
        """Take a step of sending; return whether there may be more to send at once."""
        frozen = not all(self.decides(who, batch) for batch in self.in_doubt())
        known, before = self.journaled() | self.candidates(), len(self.service.submitted)
        step = self.processes[who].submitter.send_next()
        asked = len(self.service.submitted) > before
        assert not (frozen and asked), "sent while a batch was in doubt"
        if isinstance(step, Sent):
            assert asked != (step.batch.batch_id in known), "known already, and sent again"
        return isinstance(step, Sent)

    @something_to_send
    @rule(who=who)
    def both_send(self, who: int) -> None:
        others: list[object] = []
        self.service.before = lambda: others.append(self.processes[1 - who].submitter.send_next())
        self.step(who)
        self.service.before = lambda: None
        assert others in ([], [Busy()])

    @something_to_send
    @rule(who=who, said=st.sampled_from([REFUSED, LIMITED, FORBIDDEN, SILENT]), paid=st.booleans())
    def send_and_fail(self, who: int, said: Problem, paid: bool) -> None:
        if paid:
            self.service.after = failing(SILENT)
        else:
            self.service.before = failing(said)
        self.step(who)
        self.service.before = self.service.after = lambda: None

    @something_to_send
    @rule(who=who, kind=st.sampled_from(FORMS), death=st.sampled_from([None, *PLACES_OF_AN_ID]))
    def send_and_get_an_odd_answer(self, who: int, kind: str, death: str | None) -> None:
        """Get an answer that holds the ID but not as it should; with `death`, die after that write."""
        self.service.garbled = lambda body: garbled(kind, body, self.in_use())
        store = self.processes[who].store
        if death is not None:
            part, name = death.split(".")
            owner = getattr(store, part)
            write = getattr(owner, name)

            def die(*values: object, **named: object) -> None:
                write(*values, **named)
                if name != "append" or isinstance(values[0], Candidates):
                    raise Killed

            setattr(owner, name, die)
        before, frozen = len(self.world.batches), bool(self.in_doubt())
        with contextlib.suppress(Killed):
            self.processes[who].submitter.send_next()
        self.service.garbled = None
        if death is not None:
            self.restart(who)
        if len(self.world.batches) == before or frozen:
            return
        # Kept by the time anything else can happen, and found without the person.
        batch_id = list(self.world.batches)[-1]
        assert batch_id in self.journaled() | self.candidates()
        # What is in doubt is looked up; a batch that is being sent was read as usual, or its sender died.
        while self.step(who):
            pass
        assert batch_id in {batch.batch_id for batch in self.batches()}

    @something_to_send
    @rule(who=who, paid=st.booleans())
    def send_and_die_in_the_call(self, who: int, paid: bool) -> None:
        # A killed process writes nothing down any more.
        self.processes[who].store.batches.mark_unknown = _die  # type: ignore[method-assign]
        if paid:
            self.service.after = killing
        else:
            self.service.before = killing
        self.until_death(who)

    @something_to_send
    @rule(who=who, place=st.sampled_from(PLACES), after=st.booleans(), paid=st.booleans())
    def send_and_die_at_a_write(self, who: int, place: str, after: bool, paid: bool) -> None:
        part, name = place.split(".")
        owner = getattr(self.processes[who].store, part)
        write = getattr(owner, name)

        def die(*values: object, **named: object) -> None:
            if after:
                write(*values, **named)
            raise Killed

        setattr(owner, name, die)
        if place == "batches.mark_unknown" and paid:
            self.service.after = failing(SILENT)
        elif place == "batches.mark_unknown":
            self.service.before = failing(SILENT)
        if place in {"batches.put_back", "batches.refuse"}:
            self.service.before = failing(REFUSED if name == "put_back" else FORBIDDEN)
        self.until_death(who)

    def until_death(self, who: int) -> None:
        with contextlib.suppress(Killed):
            self.processes[who].submitter.send_next()
        self.restart(who)

    # -- beside it

    @precondition(lambda self: any(one.state is BatchState.PROCESSING for one in self.batches()))
    @rule()
    def both_poll(self) -> None:
        self.clock.now += 20.0
        pollers = [process.poller for process in self.processes]
        while claimed := [(poller, batch) for poller in pollers if (batch := poller.claim()) is not None]:
            assert len({batch.label for _, batch in claimed}) == len(claimed), "polled by two"
            for poller, batch in claimed:
                poller.poll(batch)

    @precondition(lambda self: any(one.state is BatchState.PROCESSING for one in self.batches()))
    @rule(who=who, strangers=st.booleans())
    def poll_and_get_what_cannot_be_used(self, who: int, strangers: bool) -> None:
        self.clock.now += 20.0
        failed = sum(batch.counts.failed for batch in self.batches())
        true_poll = self.service.poll

        def poll(batch_id: str) -> BatchAnswer:
            answer = true_poll(batch_id)
            if not strangers:
                raise ApiError(PAGE)
            results = [replace(one, number=f"+999{one.number}") for one in answer.results]
            return replace(answer, results=results)

        self.service.poll = poll  # type: ignore[method-assign]
        poller = self.processes[who].poller
        while (batch := poller.claim()) is not None:
            assert poller.poll(batch).problem is not None
        self.service.poll = true_poll  # type: ignore[method-assign]
        assert sum(batch.counts.failed for batch in self.batches()) == failed, "called failed unread"

    @rule(seconds=st.sampled_from([1.0, 11.0, 70.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @something_to_send
    @rule(who=who)
    def look_one_up(self, who: int) -> None:
        self.clock.now += 1.0
        self.last_lookup = self.next_lookup
        self.next_lookup += 1
        self.wanted[f"+{self.last_lookup}"] += 1
        self.look_up(who, self.last_lookup)

    @precondition(lambda self: self.last_lookup is not None)
    @rule(who=who, fresh=st.booleans())
    def look_the_last_one_up_again(self, who: int, fresh: bool) -> None:
        self.clock.now += 1.0
        if self.last_lookup is not None:
            self.wanted[f"+{self.last_lookup}"] += fresh
            self.look_up(who, self.last_lookup, fresh=fresh)

    @rule(who=who, paid=st.booleans(), dies=st.booleans())
    def look_one_up_in_vain(self, who: int, paid: bool, dies: bool) -> None:
        fault = killing if dies else failing(SILENT)
        if dies:
            self.processes[who].store.lookups.doubt = _die  # type: ignore[method-assign]
        if paid:
            self.service.after = fault
        else:
            self.service.before = fault
        with contextlib.suppress(Killed):
            self.look_one_up(who)
        if dies:
            self.restart(who)
        self.service.before = self.service.after = lambda: None
        self.clock.now += 1.0

    def look_up(self, who: int, number: int, *, fresh: bool = False) -> None:
        before = self.numbers_checked()[f"+{number}"]
        for finding in look_up(self.processes[who].engine, number, fresh=fresh):
            asked = self.numbers_checked()[f"+{number}"] - before
            assert finding.paid <= asked, "said to be paid for, and was not asked"
            assert not (asked and finding.problem is not None and finding.problem.charged == "no")
        self.clock.now += 1.0

    @rule(amount=st.integers(1, 50))
    def top_up(self, amount: int) -> None:
        self.world.add_credits(KEY, "wavalidation", amount)
        self.disturbed = self.clock.now

    @something_to_send
    @rule(who=who)
    def pause_the_newest(self, who: int) -> None:
        self.processes[who].engine.jobs.pause(self.store.jobs.all()[0].id)

    @precondition(lambda self: any(job.paused or job.hold or job.error for job in self.store.jobs.all()))
    @rule(who=who)
    def resume_everything(self, who: int) -> None:
        self.clock.now += 70.0
        for job in self.store.jobs.all():
            self.processes[who].engine.jobs.resume(job.id)
        self.send(who)

    @precondition(lambda self: any(job.counts.failed for job in self.store.jobs.all()))
    @rule(who=who)
    def retry_what_failed(self, who: int) -> None:
        engine = self.processes[who].engine
        for job in self.store.jobs.all():
            failed = self.store.results.failed(job.id)
            with contextlib.suppress(EngineError):  # nothing to retry, or too few credits
                engine.jobs.retry(engine.plans.for_retry(job.id))
                self.wanted.update(f"+{number}" for number in failed)

    # -- settling

    @precondition(lambda self: bool(self.in_doubt()))
    @rule(who=who, give_up=st.booleans())
    def settle_by_the_services_books(self, who: int, give_up: bool) -> None:
        (batch,) = self.in_doubt()
        engine = self.processes[who].engine
        # Another may have been paid for whose list went down with the state file.
        sent, paid = tuple(f"+{number}" for number in self.store.batches.numbers(batch)), self.numbers_paid()
        charged = [batch_id for batch_id in self.nameless() if paid[batch_id] == sent]
        verdict = engine.recovery.evidence(batch.job, batch.seq).verdict
        journaled = self.journaled()
        try:
            if not charged:
                engine.recovery.settle(batch.job, batch.seq, "free")
            elif give_up:
                engine.recovery.settle(batch.job, batch.seq, "lost")
                self.written_off.update(charged)
                self.ever_written_off.update(charged)
            else:
                engine.recovery.settle(batch.job, batch.seq, "adopted", charged[0])
        except SettleError:
            settled = self.store.batches.get(batch.job, batch.seq).batch_id in journaled
            assert settled or self.decides(who, batch)
            return
        if batch.submitted is not None and self.disturbed < batch.submitted:
            assert verdict is not (Verdict.FREE if charged else Verdict.CHARGED), "the evidence lied"

    @precondition(lambda self: bool(self.in_doubt()) and bool(self.world.batches))
    @rule(who=who)
    def give_a_wrong_id(self, who: int) -> None:
        (batch,) = self.in_doubt()
        known = [one.batch_id for one in self.batches() if one.batch_id]
        if known:
            try:
                self.processes[who].engine.recovery.settle(batch.job, batch.seq, "adopted", known[0])
            except ProblemError:
                return
            raise AssertionError("another batch's id was taken")

    # -- losing the state file; the journal stays

    @precondition(lambda _: not databases.postgres)
    @rule()
    def keep_a_copy(self) -> None:
        self.stop_all()
        shutil.copy(self.directory / "state" / "state.db", self.directory / "copy.db")
        self.written_off_at_copy = set(self.written_off)
        self.start_all()

    @precondition(lambda self: bool(self.world.batches) and not databases.postgres)
    @rule(empty=st.booleans(), again=st.booleans())
    def put_the_copy_back(self, empty: bool, again: bool) -> None:
        self.stop_all()
        for path in (self.directory / "state").glob("state.db*"):
            path.unlink()
        copy = self.directory / "copy.db"
        if copy.exists() and not empty:
            shutil.copy(copy, self.directory / "state" / "state.db")
        # What the person decided after the copy was made has to be decided again.
        self.written_off = set() if empty else set(self.written_off_at_copy)
        self.disturbed = self.clock.now
        self.start_all()
        # Lookups are in the state file only: what it has forgotten may be asked again.
        self.last_lookup = None
        self.lookups_at_loss = self.lookups()
        if again:
            self.bring_lost_lists_again()

    @precondition(lambda self: bool(self.journaled() - {batch.batch_id for batch in self.batches()}))
    @rule(who=who)
    def adopt_the_journal(self, who: int) -> None:
        self.processes[who].engine.recovery.adopt_journal()
        assert self.processes[who].engine.recovery.unadopted() == []

    def bring_lost_lists_again(self) -> None:
        # Numbers that an adopted batch has brought back are known: a plan would not pay for them.
        there = {number for (number,) in self.query("SELECT number FROM numbers")}
        for first, size in self.lists:
            if there.isdisjoint(range(first, first + size)):
                add_job(self.store, first, size, batch_size=5, at=self.clock.now)


def _die(*_: object, **__: object) -> None:
    raise Killed


def check_protocol(examples: int) -> None:
    """Let people, processes, faults and kills happen in so many random orders."""
    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            # Every step writes to a disk that it waits for.
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.hypothesis
def test_the_books_agree_whatever_the_order() -> None:
    check_protocol(6)


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_books_agree_in_many_orders() -> None:
    check_protocol(40)
