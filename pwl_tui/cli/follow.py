"""Runs the engine without a screen until jobs are sent or finished, and shows their progress."""

import queue
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress

from msgspec import Struct

from pwl_tui.cli.errors import exit_of_problem
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.output import Output
from pwl_tui.cli.signals import Interrupted, Pending, pending_signals
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import (
    EngineFailed,
    Event,
    HookFailed,
    JobFinished,
    SenderBusy,
    ServiceDown,
    ServiceUp,
    StateAway,
    StateBack,
)
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.engine.polling.schedule import TRIES
from pwl_tui.engine.problems import SENDING_ELSEWHERE
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.errors import AwayError
from pwl_tui.state.models import Batch, BatchState, Job, JobState
from pwl_tui.wording.figures import moment
from pwl_tui.wording.jobs import followers, progress

_TICK_SECONDS = 0.5
"""How often to look for changes that no event reports."""
PATIENCE_SECONDS = 180.0
"""How long the answer to a paid call is awaited if nobody waits for us: longer than its read timeout."""
_LAST_ANSWER_SECONDS = 0.2
"""How long a program that is leaving waits for an answer without a word."""
GRACE_SECONDS = 10.0
"""How long it is awaited once the program was told to end; a container's runtime waits as long by default."""
CUT_SECONDS = 6.0
"""How long a call may take to end that is cut; with the grace, longer than connecting may take."""


class Ending(Struct, frozen=True):
    """How following ended.

    Attributes:
        exit: the exit code.
        problem: what is behind it, if anything.
        at_rest: whether nothing was left to wait for. Otherwise it was cut off by what new work would meet,
            too, such as a refused key.
    """

    exit: Exit
    problem: Problem | None = None
    at_rest: bool = True


def follow(
    engine: Engine,
    jobs: Sequence[int] | None,
    output: Output,
    *,
    finish: bool,
    await_credits: bool,
    timeout: float | None = None,
    signals: Pending | None = None,
) -> Ending:
    """Send and poll until the jobs are finished (sent, without `finish`), or nothing more can be done.

    Args:
        engine: not started; it is stopped when this returns.
        jobs: the jobs to send, with those that they follow. With `finish`, all jobs of the key are polled.
            None means all unfinished jobs of the key, and those that are added meanwhile, as a background
            worker does: what passes by itself is waited for, and paused jobs keep nobody.
        output: shows progress.
        finish: whether to wait until all results are in.
        await_credits: whether to wait while there are too few credits.
        timeout: seconds after which to give up. None means never.
        signals: those that may have come already. None means that they are heard from now on.

    Raises:
        Interrupted: A signal asked the program to end, and no batch came into doubt.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    deadline = None if timeout is None else time.monotonic() + timeout
    follower = _Follower(engine, jobs, output, finish, await_credits)
    begun = follower.jobs()
    # Numbers that other jobs pay for arrive only if those are sent, too.
    scope = {job.id for job in begun}.union(*(job.follows for job in begun))
    if finish:
        engine.jobs.look_again(scope)
    ending = None
    with pending_signals() if signals is None else nullcontext(signals) as heard:
        # A limit of batches under way waits for some to end, which only polls tell.
        poll = finish or engine.settings.sending.in_flight > 0
        followed = None if jobs is None else frozenset(scope)
        try:
            engine.start(events.put, Scope(jobs=followed, poll=poll, balance=False))
            with heard.interrupting():
                ending = follower.until_over(events, deadline)
        except Interrupted:
            ending = None  # a batch that is being sent decides how it ends
        finally:
            # A worker is asked to end by programs, some of which ask twice at once.
            hurry = None if jobs is None else heard
            sending = leave(engine, output, hurry, interrupted=ending is None)
            follower.report_last(events)
        if sending and (in_doubt := follower.in_doubt()) is not None:
            return in_doubt
        if ending is None or heard.left:
            raise Interrupted
        return ending


def standstill(engine: Engine) -> Ending | None:
    """Return what ends `follow` at once if it works on all jobs of the key; makes no call.

    Returns:
        None means that a job may make progress by itself.

    Raises:
        StateError: the state file failed.
    """
    return _Follower(engine, None, Output(), finish=True, await_credits=True).standstill()


class _Follower:
    """Decides after every event whether there is anything left to wait for."""

    def __init__(
        self, engine: Engine, jobs: Sequence[int] | None, output: Output, finish: bool, await_credits: bool
    ) -> None:
        self._engine = engine
        self._wanted = jobs
        self._all: tuple[int, list[Job]] = (-1, [])
        self._output = output
        self._finish = finish
        self._await_credits = await_credits
        self._said: set[str] = set()
        self._following: set[int] = set()
        self._looked_up: set[tuple[int, int]] = set()
        self._down: Problem | None = None
        self._barriers = 0
        self._away = False

    def until_over(self, events: "queue.SimpleQueue[Event]", deadline: float | None) -> Ending:
        """Wait until there is nothing left to wait for, or for the deadline (monotonic seconds)."""
        while (ending := self._ending_in_reach()) is None:
            left = _TICK_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return self.out_of_time()
            with suppress(queue.Empty):
                ending = self.take(events.get(timeout=min(left, _TICK_SECONDS)))
            if ending is not None:
                return ending
        return ending

    def _ending_in_reach(self) -> Ending | None:
        """Return how following ends; who waits for what passes by itself also waits for the database."""
        try:
            return self.ending()
        except AwayError as error:
            if self._wanted is not None:
                raise
            return self.take(StateAway(error.problem))

    def in_doubt(self) -> Ending | None:
        """Return that the outcome of a batch is unknown, if it is."""
        frozen = self._frozen()
        return None if frozen is None else Ending(Exit.UNKNOWN, frozen)

    def jobs(self) -> list[Job]:
        """Return the jobs to follow as they are now."""
        store = self._engine.store
        if self._wanted is not None:
            return [store.jobs.get(job) for job in self._wanted]
        version = store.version()
        if version != self._all[0]:
            unfinished = [job for job in store.jobs.foremost(0)[0] if job.unfinished]
            # Of those that are finished, the export that was wished for may still be to be written.
            wished = [store.jobs.get(job) for job in self._engine.wishes.left()]
            every = {job.id: job for job in (*unfinished, *wished)}
            own = [job for job in every.values() if job.binding == self._engine.binding]
            self._all = version, own
        return self._all[1]

    def take(self, event: Event) -> Ending | None:
        """Handle an event; return how following ends, if it does."""
        waits = self._wanted is None
        match event:
            case EngineFailed(problem) if waits and problem.charged == "no":
                self._say_once(f"{problem.message} {problem.remedy}")
            case EngineFailed(problem):
                return Ending(Exit.FAILED, problem, at_rest=False)
            case StateAway(problem) if waits and not self._away:
                self._away = True
                self._output.note(f"{problem.message} Nothing is sent or polled until it is back.")
            case StateAway(problem) if not waits:
                return Ending(Exit.FAILED, problem, at_rest=False)
            case StateBack() if self._away:
                self._away = False
                self._output.note("The database is back; everything continues.")
            case HookFailed(problem):
                self._say_once(f"{problem.message} {problem.remedy}")
            case JobFinished(job) if waits:
                self._output.note(f"Job {job} is finished.")
            case ServiceDown(problem) if problem.kind.refuses_key:
                return Ending(exit_of_problem(problem), problem, at_rest=False)
            case ServiceDown(problem, until):
                when = moment(until, self._engine.clock(), seconds=True)
                self._say_once(f"{problem.message} Everything waits; the next try is at {when}.")
                self._down = problem
                self._barriers = self._barriers + 1 if problem.kind is Kind.BAD_ANSWER else 0
                # Whoever answers there is not the service, and does not go away while somebody waits.
                if self._barriers >= TRIES and not waits:
                    return Ending(exit_of_problem(problem), problem, at_rest=False)
            case SenderBusy():
                self._say_once(SENDING_ELSEWHERE)
            case ServiceUp():
                self._down, self._barriers = None, 0
        return None

    def out_of_time(self) -> Ending:
        """Return how following ends at the timeout: what kept it from ending matters more than the time."""
        if (in_doubt := self.in_doubt()) is not None:
            return in_doubt
        jobs = self.jobs()
        unread = (job.trouble for job in jobs if self._unreadable(job, tries=1))
        problem = self._down or next(unread, None)
        if problem is not None and exit_of_problem(problem) is Exit.SERVICE:
            return Ending(Exit.SERVICE, problem)
        return Ending(Exit.TIMEOUT)

    def report_last(self, events: "queue.SimpleQueue[Event]") -> None:
        """Print what failed, or finished, while the engine was stopping."""
        while not events.empty():
            match events.get():
                case EngineFailed(problem) | HookFailed(problem):
                    self._say_once(f"{problem.message} {problem.remedy}")
                case JobFinished(job) if self._wanted is None:
                    self._output.note(f"Job {job} is finished.")

    def ending(self) -> Ending | None:
        """Return how following ends, if there is nothing left to wait for."""
        jobs = self.jobs()
        self._show(jobs)
        # The engine may have proven it on its own threads meanwhile.
        return self._standstill(jobs, lambda: self._may_be_proven() or self._frozen() is None)

    def standstill(self) -> Ending | None:
        """Return the same, and only look into the state file."""
        return self._standstill(
            self.jobs(), lambda: any(map(self._engine.recovery.awaits_proof, self._in_doubt()))
        )

    def _standstill(self, jobs: list[Job], proven: Callable[[], bool]) -> Ending | None:
        frozen, followed = self._frozen(), self._followed(jobs)
        if any(self._moving(job, frozen=frozen is not None) for job in (*jobs, *followed)):
            return None
        if frozen is not None and any(not _over(job) for job in jobs):
            return None if proven() else Ending(Exit.UNKNOWN, frozen)
        verdicts = (ending for job in (*jobs, *followed) if (ending := self._verdict(job)))
        ending = next(verdicts, Ending(Exit.DONE))
        # All that was read one after the other, while the engine works.
        return ending if (self.jobs(), self._followed(jobs)) == (jobs, followed) else None

    def _followed(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the other jobs on which these jobs wait, as long as they do."""
        others = {payer for job in jobs for payer in job.follows}.difference(job.id for job in jobs)
        followed = [self._engine.store.jobs.get(job) for job in sorted(others)]
        return [job for job in followed if self._finish or _unsent(job)]

    def _moving(self, job: Job, *, frozen: bool) -> bool:
        """Whether a job may still make progress by itself that is worth waiting for."""
        if self._finish:
            if self._engine.wishes.pending(job):
                return True
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
        for batch in self._in_doubt():
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
        # Before what the job said last: that cannot get better while nothing is sent from here.
        if _unsent(job) and (misplaced := self._engine.misplaced) is not None:
            return Ending(Exit.FAILED, misplaced)
        if job.error is not None:
            problem = job.error
            return Ending(exit_of_problem(problem), problem)
        if self._finish and job.trouble is not None:
            return Ending(exit_of_problem(job.trouble), job.trouble)
        if self._finish and job.wish is not None and job.wish.problem is not None:
            return Ending(Exit.FAILED, job.wish.problem)
        if _unsent(job) and (forbidden := self._engine.forbidden) is not None:
            return Ending(Exit.FAILED, forbidden)
        if job.paused and _unsent(job) and self._wanted is not None:
            problem = Problem(
                kind=Kind.INVALID_REQUEST,
                message=f"Job {job.id} is paused.",
                remedy=f"Run `pwl-tui resume {job.id}` to resume it.",
            )
            return Ending(Exit.FAILED, problem)
        return None

    def _frozen(self) -> Problem | None:
        in_doubt = self._in_doubt()
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

    def _in_doubt(self) -> list[Batch]:
        binding = self._engine.binding
        return [] if binding is None else self._engine.store.batches.in_doubt(binding)

    def _show(self, jobs: Sequence[Job]) -> None:
        self._following |= followers(jobs)  # and still, once what it followed is finished
        answered, numbers = progress(jobs, self._following)
        batches = sum(sum(job.batches.values()) for job in jobs)
        rejected = sum(job.batches.get(BatchState.REJECTED, 0) for job in jobs)
        sent = batches - rejected - sum(_unsent(job) for job in jobs)
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
            wish = job.wish if self._finish and self._engine.wishes.pending(job) else None
            if wish is not None and wish.problem is not None:
                self._say_once(f"Job {job.id} is not exported yet. {wish.problem.message} Retrying.")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._output.note(text)


def _unsent(job: Job) -> int:
    return job.batches.get(BatchState.PLANNED, 0) + job.batches.get(BatchState.SENDING, 0)


def _over(job: Job) -> bool:
    return job.state is JobState.COMPLETED


def leave(engine: Engine, output: Output, signals: Pending | None, *, interrupted: bool) -> bool:
    """Stop the engine; if a batch is being sent, wait for its answer so that it is not left in doubt.

    Args:
        engine: closed when this returns.
        output: says what is waited for.
        signals: those that end the wait. None means that the answer is waited for, whatever signals come.
        interrupted: whether somebody waits for the program to end. Then a call that takes longer than
            `GRACE_SECONDS`, or until the next signal, is cut: what came is kept, and the batch is in doubt.

    Returns:
        Whether a batch was being sent.
    """
    engine.stop()
    answered, signaled = _wait(engine, signals, _LAST_ANSWER_SECONDS)
    sending, at_once = not answered, interrupted and signaled
    interrupted = (interrupted or signaled) and signals is not None
    if sending and not interrupted:
        output.note("Waiting for the answer to the batch that is being sent.")
        _, interrupted = _wait(engine, signals, PATIENCE_SECONDS)
    if sending and interrupted:
        if not at_once:
            output.note(awaited("the batch that is being sent"))
            _wait(engine, signals, GRACE_SECONDS)
        engine.cut()
        engine.drain(CUT_SECONDS)
    engine.close()
    return sending


def _wait(engine: Engine, signals: Pending | None, seconds: float) -> tuple[bool, bool]:
    """Wait until no batch is being sent; return whether that is so, and whether a signal came instead."""
    try:
        with nullcontext() if signals is None else signals.interrupting():
            return engine.drain(seconds), False
    except Interrupted:
        return False, True


def awaited(what: str) -> str:
    """Return the sentence that an interrupted program waits with."""
    return (
        f"Waiting up to {GRACE_SECONDS:.0f} seconds for the answer to {what}. Interrupt again to stop;"
        " the outcome is then unknown."
    )
