"""Runs the engine without a screen until jobs are sent or finished, and shows their progress."""

import queue
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from msgspec import Struct

from pwl_tui.cli.errors import exit_of_problem
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.output import Output
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import EngineFailed, Event, SenderBusy, ServiceDown, ServiceUp
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.engine.polling.schedule import TRIES
from pwl_tui.engine.problems import SENDING_ELSEWHERE
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.wording.figures import moment

_TICK_SECONDS = 0.5
"""How often to look for changes that no event reports."""
PATIENCE_SECONDS = 180.0
"""How long the answer to a paid call is awaited if nobody waits for us: longer than its read timeout."""
GRACE_SECONDS = 10.0
"""How long it is awaited once the program was told to end; a container's runtime waits as long by default."""
CUT_SECONDS = 6.0
"""How long a call may take to end that is cut; with the grace, longer than connecting may take."""
_LEAVE_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """The person or the system asked the program to end."""


class Ending(Struct, frozen=True):
    """How following ended: the exit code, and the problem behind it, if any."""

    exit: Exit
    problem: Problem | None = None


def follow(
    engine: Engine,
    jobs: Sequence[int],
    output: Output,
    *,
    finish: bool,
    await_credits: bool,
    timeout: float | None = None,
) -> Ending:
    """Send and poll until the jobs are finished (sent, without `finish`), or nothing more can be done.

    Args:
        engine: not started; it is stopped when this returns.
        jobs: the jobs to send, with those that they follow. With `finish`, all jobs of the key are polled.
        output: shows progress.
        finish: whether to wait until all results are in.
        await_credits: whether to wait while there are too few credits.
        timeout: seconds after which to give up. None means never.

    Raises:
        Interrupted: A signal asked the program to end, and no batch came into doubt.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    deadline = None if timeout is None else time.monotonic() + timeout
    follower = _Follower(engine, jobs, output, finish, await_credits)
    # Numbers that other jobs pay for arrive only if those are sent, too.
    followed = {payer for job in jobs for payer in engine.store.jobs.get(job).follows}
    if finish:
        engine.jobs.look_again({*jobs, *followed})
    ending = None
    with leave_signals(_interrupt):
        # A limit of batches under way waits for some to end, which only polls tell.
        poll = finish or engine.settings.sending.in_flight > 0
        try:
            engine.start(events.put, Scope(jobs=frozenset(jobs) | followed, poll=poll, balance=False))
            ending = follower.until_over(events, deadline)
        except Interrupted:
            pass  # a batch that is being sent decides how it ends
        finally:
            sending = leave(engine, output, interrupted=ending is None)
            follower.report_failures(events)
    if sending and (in_doubt := follower.in_doubt()) is not None:
        return in_doubt
    if ending is None:
        raise Interrupted
    return ending


class _Follower:
    """Decides after every event whether there is anything left to wait for."""

    def __init__(
        self, engine: Engine, jobs: Sequence[int], output: Output, finish: bool, await_credits: bool
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._output = output
        self._finish = finish
        self._await_credits = await_credits
        self._said: set[str] = set()
        self._looked_up: set[tuple[int, int]] = set()
        self._down: Problem | None = None
        self._barriers = 0

    def until_over(self, events: "queue.SimpleQueue[Event]", deadline: float | None) -> Ending:
        """Wait until there is nothing left to wait for, or for the deadline (monotonic seconds)."""
        while (ending := self.ending()) is None:
            left = _TICK_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return self.out_of_time()
            with suppress(queue.Empty):
                ending = self.take(events.get(timeout=min(left, _TICK_SECONDS)))
            if ending is not None:
                return ending
        return ending

    def in_doubt(self) -> Ending | None:
        """Return that the outcome of a batch is unknown, if it is."""
        frozen = self._frozen()
        return None if frozen is None else Ending(Exit.UNKNOWN, frozen)

    def take(self, event: Event) -> Ending | None:
        """Handle an event; return how following ends, if it does."""
        match event:
            case EngineFailed(problem):
                return Ending(Exit.FAILED, problem)
            case ServiceDown(problem) if problem.kind.refuses_key:
                return Ending(exit_of_problem(problem), problem)
            case ServiceDown(problem, until):
                when = moment(until, time.time(), seconds=True)
                self._say_once(f"{problem.message} Everything waits; the next try is at {when}.")
                self._down = problem
                self._barriers = self._barriers + 1 if problem.kind is Kind.BAD_ANSWER else 0
                if self._barriers >= TRIES:  # whoever answers there is not the service, and does not go away
                    return Ending(exit_of_problem(problem), problem)
            case SenderBusy():
                self._say_once(SENDING_ELSEWHERE)
            case ServiceUp():
                self._down, self._barriers = None, 0
        return None

    def out_of_time(self) -> Ending:
        """Return how following ends at the timeout: what kept it from ending matters more than the time."""
        if (in_doubt := self.in_doubt()) is not None:
            return in_doubt
        jobs = [self._engine.store.jobs.get(job) for job in self._jobs]
        unread = (job.trouble for job in jobs if self._unreadable(job, tries=1))
        problem = self._down or next(unread, None)
        if problem is not None and exit_of_problem(problem) is Exit.SERVICE:
            return Ending(Exit.SERVICE, problem)
        return Ending(Exit.TIMEOUT)

    def report_failures(self, events: "queue.SimpleQueue[Event]") -> None:
        """Print what failed while the engine was stopping."""
        while not events.empty():
            event = events.get()
            if isinstance(event, EngineFailed):
                self._say_once(f"{event.problem.message} {event.problem.remedy}")

    def ending(self) -> Ending | None:
        """Return how following ends, if there is nothing left to wait for."""
        jobs = [self._engine.store.jobs.get(job) for job in self._jobs]
        self._show(jobs)
        frozen, followed = self._frozen(), self._followed(jobs)
        if any(self._moving(job, frozen=frozen is not None) for job in (*jobs, *followed)):
            return None
        if frozen is not None and any(not _over(job) for job in jobs):
            # The engine may have proven it on its own threads meanwhile.
            proven = self._may_be_proven() or self._frozen() is None
            return None if proven else Ending(Exit.UNKNOWN, frozen)
        verdicts = (ending for job in (*jobs, *followed) if (ending := self._verdict(job)))
        return next(verdicts, Ending(Exit.DONE))

    def _followed(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the other jobs on which these jobs wait, as long as they do."""
        others = {payer for job in jobs for payer in job.follows}.difference(self._jobs)
        followed = [self._engine.store.jobs.get(job) for job in sorted(others)]
        return [job for job in followed if self._finish or _unsent(job)]

    def _moving(self, job: Job, *, frozen: bool) -> bool:
        """Whether a job may still make progress by itself that is worth waiting for."""
        if self._finish:
            if job.batches.get(BatchState.PROCESSING) and not self._unreadable(job, tries=TRIES):
                return True
            if job.batches.get(BatchState.UNREACHABLE) and self._engine.jobs.looking(job.id):
                return True
        if not _unsent(job) or job.paused or frozen or not self._engine.may_spend:
            return False
        if job.hold is None:
            return True
        if job.hold.kind is Kind.CREDITS:
            return self._await_credits
        return job.hold_until is not None

    def _may_be_proven(self) -> bool:
        """Whether a batch in doubt has its ID now, or may have it soon because one came with the answer."""
        engine = self._engine
        for batch in [] if engine.binding is None else engine.store.batches.in_doubt(engine.binding):
            if engine.recovery.awaits_proof(batch):
                return True
            # An ID that the service did not know then it may know now.
            if (batch.job, batch.seq) not in self._looked_up:
                self._looked_up.add((batch.job, batch.seq))
                with suppress(ProblemError):
                    return engine.recovery.prove(batch.job, batch.seq)
        return False

    def _unreadable(self, job: Job, *, tries: int) -> bool:
        """Whether no batch left of a job had an answer that could be understood, so many times in a row."""
        if job.trouble is None or job.trouble.kind is not Kind.BAD_ANSWER:
            return False
        return all(
            batch.attempts >= tries and batch.trouble is not None and batch.trouble.kind is Kind.BAD_ANSWER
            for batch in self._engine.store.batches.of(job.id)
            if batch.state is BatchState.PROCESSING
        )

    def _verdict(self, job: Job) -> Ending | None:
        """Return what keeps a job from finishing, if anything does."""
        if job.batches.get(BatchState.UNKNOWN):
            return Ending(Exit.UNKNOWN, job.error)
        if job.error is not None:
            problem = job.error
            return Ending(exit_of_problem(problem), problem)
        if self._finish and job.trouble is not None:
            return Ending(exit_of_problem(job.trouble), job.trouble)
        if _unsent(job) and (forbidden := self._engine.forbidden) is not None:
            return Ending(Exit.FAILED, forbidden)
        if job.paused and _unsent(job):
            problem = Problem(
                kind=Kind.INVALID_REQUEST,
                message=f"Job {job.id} is paused.",
                remedy=f"Run `pwl-tui resume {job.id}` to resume it.",
            )
            return Ending(Exit.FAILED, problem)
        return None

    def _frozen(self) -> Problem | None:
        binding = self._engine.binding
        in_doubt = [] if binding is None else self._engine.store.batches.in_doubt(binding)
        if not in_doubt:
            return None
        batch = in_doubt[0]
        return Problem(
            kind=Kind.TIMEOUT,
            message=f"The outcome of batch {batch.label} is unknown;"
            f" it may have cost {batch.size:,} credits.",
            charged="unknown",
            remedy=f"Run `pwl-tui settle {batch.label}` to see what happened and settle it.",
        )

    def _show(self, jobs: Sequence[Job]) -> None:
        numbers = sum(job.numbers for job in jobs)
        answered = sum(job.counts.answered for job in jobs)
        batches = sum(sum(job.batches.values()) for job in jobs)
        sent = batches - sum(_unsent(job) for job in jobs)
        share = answered / numbers if numbers else 1.0
        if not self._finish:
            share = sent / batches if batches else 1.0
        self._output.progress(
            share, f"{sent:,} of {batches:,} batches sent, {answered:,} of {numbers:,} numbers checked"
        )
        for job in jobs:
            if job.hold is not None:
                self._say_once(f"Job {job.id} is waiting. {job.hold.message} {job.hold.remedy}")
            if self._finish and job.trouble is not None and not job.trouble.kind.service_wide:
                self._say_once(f"{job.trouble.message} Retrying.")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._output.note(text)


def _unsent(job: Job) -> int:
    return job.batches.get(BatchState.PLANNED, 0) + job.batches.get(BatchState.SENDING, 0)


def _over(job: Job) -> bool:
    return job.state is JobState.COMPLETED


def _interrupt() -> None:
    raise Interrupted


@contextmanager
def leave_signals(*steps: Callable[[], None]) -> Iterator[None]:
    """Take one of the steps on each signal that asks the program to end; after them, interrupt at once.

    Args:
        steps: called on the main thread, wherever it is. Without any, the first signal interrupts.
    """

    def handle(signal_number: int, frame: FrameType | None) -> None:
        step = next(left, None)
        if step is None:
            signal.default_int_handler(signal_number, frame)
        else:
            step()

    left = iter(steps)
    # Signals that are ignored stay ignored: `nohup` relies on it.
    heard = [one for one in _LEAVE_SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, handle) for one in heard}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def leave(engine: Engine, output: Output, *, interrupted: bool) -> bool:
    """Stop the engine; if a batch is being sent, wait for its answer so that it is not left in doubt.

    Args:
        engine: closed when this returns.
        output: says what is waited for.
        interrupted: whether somebody waits for the program to end. Then a call that takes longer than
            `GRACE_SECONDS`, or until the next signal, is cut: what came is kept, and the batch is in doubt.

    Returns:
        Whether a batch was being sent.
    """
    engine.stop()
    sending = not engine.drain(0.2)
    if sending and not interrupted:
        output.note("Waiting for the answer to the batch that is being sent.")
        try:
            engine.drain(PATIENCE_SECONDS)
        except KeyboardInterrupt:
            interrupted = True
    if sending and interrupted:
        output.note(awaited("the batch that is being sent"))
        with suppress(KeyboardInterrupt):
            engine.drain(GRACE_SECONDS)
        engine.cut()
        engine.drain(CUT_SECONDS)
    engine.close()
    return sending


def awaited(what: str) -> str:
    """Return the sentence that an interrupted program waits with."""
    return (
        f"Waiting up to {GRACE_SECONDS:.0f} seconds for the answer to {what}. Interrupt again to stop;"
        " the outcome is then unknown."
    )
