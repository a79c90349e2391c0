"""Single checks: one credit each, under the same rules as batches.

What is known is free: the answers of all jobs and earlier checks of the key. What is not is paid for number
by number, under the sender lock (rule 1), with the intent on disk before a byte is sent (rule 2). A check
that may have been charged is not made again without the person's decision (rule 7), which is to ask anew.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import Answer
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import NumberAnswer
from pwl_tui.engine.account import Account
from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.jobs.planning import reuse_since
from pwl_tui.engine.polling.matching import match
from pwl_tui.engine.problems import (
    LOOKUP_BUSY,
    LOOKUP_ORPHAN,
    LOOKUP_STOPPED,
    OTHER_NUMBER,
    EngineError,
    credits_short,
    looked_up_by,
    not_looked_up,
    over_cap,
    possibly_spent,
    unanswered_lookup,
    unstored_answer,
    unstored_doubt,
)
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import StateError
from pwl_tui.state.models import BalanceReading, Binding
from pwl_tui.state.money import Charge
from pwl_tui.text import clean

_STEP_SECONDS: Final = 0.02
_TOLD_AFTER: Final = 50
"""Tries after which a person is told; they take a second."""
_TRIES: Final = 1500
"""Half a minute: another check takes seconds, and between two batches the lock is free for a moment."""
_STORING_TRIES: Final = 5
_STORING_PAUSE_SECONDS: Final = 1.0
"""A full disk may have room again in a moment; what was paid for is worth the wait."""


class Finding(Struct, frozen=True):
    """What came of one number.

    Attributes:
        number: E.164 without the plus.
        answer: what is known. None means nothing; then `problem` says why.
        line_type: as the service names it; may be empty.
        at: when the service gave the answer.
        job: ID of the job that it was given to, or without an answer, in which the number is under way. None
            means a single check.
        paid: whether it was asked and paid for now.
        problem: why there is no answer, or why it could not be saved.
        ours: whether the problem is on this machine, and not with the service.
    """

    number: int
    answer: Answer | None = None
    line_type: str = ""
    at: float | None = None
    job: int | None = None
    paid: bool = False
    problem: Problem | None = None
    ours: bool = False


class _Unstored(Struct, frozen=True):
    """What is paid for and not in the state file."""

    binding: Binding
    lookup: int
    finding: Finding
    charge: Charge


class LookupPlan(Struct, frozen=True):
    """What is known of some numbers, and what must be asked.

    Attributes:
        numbers: E.164 without the plus, each once, in order.
        fresh: whether to ask anew, whatever is known.
        since: how old an answer may be, UTC epoch seconds.
        free: of the numbers that are not asked, what is known, or why they are not.
        balance: WhatsApp credits. None means they were not read, because nothing is asked or `problem` says.
        problem: why nothing can be asked. None means that there is nothing in the way.
    """

    numbers: tuple[int, ...]
    fresh: bool
    since: float
    free: Mapping[int, Finding]
    balance: int | None = None
    problem: Problem | None = None

    @property
    def to_ask(self) -> int:
        """How many numbers are asked, for one credit each."""
        return len(self.numbers) - len(self.free)

    @property
    def known(self) -> int:
        """How many numbers have an answer already."""
        return sum(finding.answer is not None for finding in self.free.values())

    @property
    def under_way(self) -> int:
        """How many numbers have none yet, because a job pays for them."""
        return sum(finding.answer is None and finding.job is not None for finding in self.free.values())


class Lookups:
    """Looks up single numbers with the key in force.

    Args:
        context: the state file and the key.
        pause: waits so many seconds.
    """

    def __init__(self, context: EngineContext, *, pause: Callable[[float], None]) -> None:
        self._context = context
        self._store = context.store
        self._pause = pause
        self._stopped = threading.Event()
        self._paying = threading.Lock()
        self._unstored: list[_Unstored] = []
        self._storing = threading.Lock()

    def plan(self, numbers: Sequence[int], *, fresh: bool = False) -> LookupPlan:
        """Return what is known of numbers and what must be asked; spends nothing.

        Args:
            numbers: E.164 without the plus.
            fresh: whether to ask anew, whatever is known, and though a check may have been charged.

        Raises:
            EngineError: there is no key, or it costs more than the person allows.
            StateError: the state file failed.
        """
        account, now = self._context.require_account(), self._context.clock()
        reused = None if fresh else reuse_since(now, self._context.settings.lists.reuse_days)
        plan = LookupPlan(tuple(dict.fromkeys(numbers)), fresh, now if reused is None else reused, {})
        self._store_late()
        with self._store.sender(account.binding) as ours:
            if ours:
                self._store.lookups.doubt_orphans(account.binding, LOOKUP_ORPHAN)
        plan = replace(plan, free=self._free(account, plan, plan.numbers))
        if not plan.to_ask:
            return plan
        cap = self._context.settings.max_credits_per_job
        if 0 < cap < plan.to_ask:
            raise EngineError(over_cap(plan.to_ask, cap, "These lookups cost"))
        try:
            balance = self._read_balance(self._context.require_spending())
        except StateError:
            raise
        except ProblemError as error:
            return replace(plan, problem=error.problem)
        short = credits_short(plan.to_ask, balance) if balance < plan.to_ask else None
        return replace(plan, balance=balance, problem=short)

    def run(
        self,
        plan: LookupPlan,
        stopped: Callable[[], bool] = lambda: False,
        on_wait: Callable[[], None] = lambda: None,
    ) -> Iterator[Finding]:
        """Carry out a plan; yield what comes of each number, in order, once it is on disk.

        What would stop every number (credits, the key, the network) ends the asking.

        Args:
            plan: what `plan` returned.
            stopped: asked before each number whether to ask no more; then nothing more is yielded.
            on_wait: called when another process has been sending for a moment, and is waited for.

        Raises:
            StateError: the state file failed.
        """
        in_the_way = plan.problem
        for number in plan.numbers:
            finding = plan.free.get(number)
            if finding is None and in_the_way is not None:
                finding = Finding(number, problem=in_the_way)
            if finding is None:
                if stopped() or self._stopped.is_set():
                    return
                finding = self._look_up(plan, number, stopped, on_wait)
                if finding.problem is LOOKUP_STOPPED:
                    return
                problem = finding.problem
                # A 5xx may concern one number only.
                if (
                    problem is not None
                    and problem.kind.service_wide
                    and problem.kind is not Kind.SERVER_ERROR
                ):
                    in_the_way = not_looked_up(problem)
            yield finding

    def purgeable(self, older_than_days: int) -> int:
        """Return how many numbers `purge` would remove."""
        return self._store.lookups.count(self._before(older_than_days))

    def purge(self, older_than_days: int) -> None:
        """Remove the numbers and answers of checks made more than so many days ago; their charges stay.

        Raises:
            StateError: the state file failed.
        """
        self._store.lookups.purge(self._before(older_than_days))
        self._store.wipe()

    def stop(self) -> None:
        """Ask for no further number; returns at once."""
        self._stopped.set()

    def drain(self, timeout: float) -> bool:
        """After `stop`, wait at most `timeout` seconds for a paid call; return whether none is under way."""
        if not self._paying.acquire(timeout=timeout):
            return False
        self._paying.release()
        self._store_late()
        return True

    # -- internals

    def _free(self, account: Account, plan: LookupPlan, numbers: Sequence[int]) -> dict[int, Finding]:
        """Return what is known of numbers, and which must not be asked: what is in here costs nothing."""
        since = self._context.clock() - PROVIDER.retention_seconds
        # What is open before what is answered: else an answer that comes in between is in neither.
        payers = {} if plan.fresh else self._store.results.under_way(account.binding, numbers, since)
        checks = self._store.lookups.latest(account.binding, numbers)
        answers = self._store.results.reusable(account.binding, numbers, plan.since)
        free: dict[int, Finding] = {}
        for number in numbers:
            known, check = answers.get(number), checks.get(number)
            if known is not None and known.job is not None:
                free[number] = Finding(number, known.answer, at=known.answered, job=known.job)
            elif check is not None and check.answered is not None and check.answered >= plan.since:
                free[number] = Finding(number, check.answer, check.line_type, check.answered)
            elif known is not None:  # an earlier check; the last one has no answer
                free[number] = Finding(number, known.answer, at=known.answered)
            elif (payer := payers.get(number)) is not None:
                free[number] = Finding(number, job=payer.job, problem=looked_up_by(payer.job))
            elif (
                check is not None
                and check.answered is None
                and check.problem is not None
                # To ask anew is the decision that rule 7 asks for; not for a check begun since.
                and not (plan.fresh and check.started < plan.since)
            ):
                free[number] = Finding(number, problem=unanswered_lookup(check.started, check.problem))
        return free

    def _look_up(
        self, plan: LookupPlan, number: int, stopped: Callable[[], bool], on_wait: Callable[[], None]
    ) -> Finding:
        """Ask for a number once nobody else is sending; or take what somebody else has learned by then."""
        account = self._context.require_spending()
        for tries in range(_TRIES):
            if tries == _TOLD_AFTER:
                on_wait()
            # Rule 1: one POST in flight per key, across processes.
            with self._store.sender(account.binding) as ours:
                if ours:
                    with self._paying:
                        if self._stopped.is_set():  # whoever stops it waits for `_paying` and then leaves
                            return Finding(number, problem=LOOKUP_STOPPED)
                        return self._pay(account, plan, number)
            self._pause(_STEP_SECONDS)
            if stopped() or self._stopped.is_set():
                return Finding(number, problem=LOOKUP_STOPPED)
        return Finding(number, problem=LOOKUP_BUSY)

    def _pay(self, account: Account, plan: LookupPlan, number: int) -> Finding:
        """Ask for a number, unless that has become needless; we hold the sender lock."""
        binding, lookups = account.binding, self._store.lookups
        self._store_late()
        lookups.doubt_orphans(binding, LOOKUP_ORPHAN)
        if free := self._free(account, plan, [number]):
            return free[number]
        try:
            self._store.require_room()
            balance = self._read_balance(account)
        except ProblemError as error:
            return Finding(number, problem=error.problem, ours=isinstance(error, StateError))
        if not balance:
            return Finding(number, problem=credits_short(1, balance))
        # A list that is accepted sees the intent, or is seen here.
        with self._store.accepting():
            if free := self._free(account, plan, [number]):
                return free[number]
            last = lookups.latest(binding, [number]).get(number)
            # Rule 2: the intent is on disk before a byte is sent.
            started = self._context.clock()
            again = last is not None and last.answered is None
            lookup = lookups.intend(binding, number, now=started, again=again)
        try:
            # Rule 5: the client sends it once, on a connection of its own.
            check = account.service().check(f"+{number}")
        except ApiError as error:
            if error.problem.charged == "no":
                lookups.withdraw(lookup)
                return Finding(number, problem=error.problem)
            reply = error.reply.text
            problem = self._doubt(account, lookup, error.problem, balance, reply)
            if reply:
                # Said now, and not stored with the problem: it may have the number in it.
                problem = replace(problem, message=f"{problem.message} Received: {clean(reply, 200)}")
            return Finding(number, problem=problem)
        except BaseException:
            lookups.doubt(lookup, LOOKUP_ORPHAN, now=self._context.clock())
            raise
        if check.number and not match([NumberAnswer(check.number, check.answer)], {number}).found:
            came = msgspec.json.encode(check).decode()
            return Finding(number, problem=self._doubt(account, lookup, OTHER_NUMBER, balance, came))
        now = self._context.clock()
        finding = Finding(number, check.answer, check.line_type, now, paid=True)
        charge = Charge(now, 1, balance, None, None, started)
        return self._keep(_Unstored(binding, lookup, finding, charge))

    def _keep(self, paid: _Unstored) -> Finding:
        """Store an answer and what it cost; or remember it, to store it once that is possible."""
        for tries in range(1, _STORING_TRIES + 1):
            try:
                self._store_answer(paid)
            except ProblemError as error:
                problem = unstored_answer(error.problem)
            else:
                return paid.finding
            if tries < _STORING_TRIES:
                self._pause(_STORING_PAUSE_SECONDS)
        with self._storing:
            self._unstored.append(paid)
        # What was paid for is shown at least.
        return replace(paid.finding, problem=problem, ours=True)

    def _store_late(self) -> None:
        """Store the answers that could not be stored when they came, if that is possible by now."""
        with self._storing:
            while self._unstored:
                try:
                    self._store_answer(self._unstored[0])
                except ProblemError:
                    return  # it was said when the answer came; the next time may be better
                del self._unstored[0]

    def _store_answer(self, paid: _Unstored) -> None:
        answer = paid.finding.answer or Answer()
        self._store.lookups.answer(paid.binding, paid.lookup, answer, paid.finding.line_type, paid.charge)

    def _read_balance(self, account: Account) -> int:
        balance = account.service().balance().balance
        reading = BalanceReading(self._context.clock(), PROVIDER.batch_service, balance)
        self._store.balances.add(account.binding, reading)
        return balance

    def _doubt(self, account: Account, lookup: int, problem: Problem, balance: int, reply: str) -> Problem:
        """Store why a check has no answer and what came, before anything else is asked; then what it cost."""
        try:
            self._store.lookups.doubt(lookup, problem, now=self._context.clock(), reply=reply)
            weighed = self._weighed(account, problem, balance)
            self._store.lookups.tell_more(lookup, weighed)
        except StateError as error:
            return unstored_doubt(problem, error.problem)
        return weighed

    def _weighed(self, account: Account, problem: Problem, before: int) -> Problem:
        """Return the problem of a check that may have been charged, with what the balance says of it."""
        evidence = ""
        try:
            fell = before - self._read_balance(account)
        except ApiError:
            pass  # the answer to this check was lost, too: nothing is known
        else:
            evidence = {0: "The balance has not moved so far. ", 1: "The balance fell by 1. "}.get(fell, "")
        return replace(
            problem, remedy=f"{possibly_spent(problem)}. {evidence}To ask and pay again, use --fresh."
        )

    def _before(self, days: int) -> float:
        return self._context.clock() - days * 86_400.0
