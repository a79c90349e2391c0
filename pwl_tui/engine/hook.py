"""The person's own command, run when a job finishes or something needs them: never with a number or a key."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Final

from msgspec import Struct

from pwl_tui.config.tables import KEY_VARIABLE
from pwl_tui.engine.events import Event, HookFailed, JobChanged, JobFinished, StateBack
from pwl_tui.engine.jobs.timing import days_left, is_expiring
from pwl_tui.engine.problems import EngineError, hook_failed
from pwl_tui.problem import Kind, ProblemError
from pwl_tui.secret import Secret, redact
from pwl_tui.state.errors import AwayError, NoSuchJobError
from pwl_tui.state.models import BatchState, Binding, Job
from pwl_tui.state.store import Store
from pwl_tui.state.told import Subject
from pwl_tui.text import clean, name_without_numbers, without_numbers
from pwl_tui.umask import umask_before


class HookEvent(StrEnum):
    """What the command is run for; it finds it in ``PWL_TUI_EVENT``."""

    FINISHED = "finished"
    IN_DOUBT = "in_doubt"
    CREDITS_SHORT = "credits_short"
    KEY_REFUSED = "key_refused"
    EXPIRING = "expiring"


_LASTING: Final = frozenset(HookEvent) - {HookEvent.FINISHED}
"""What lasts until somebody has dealt with it."""


class Need(Struct, frozen=True):
    """Something that needs the person.

    Attributes:
        event: what it is.
        subject: the batch or job that it is about; empty where it concerns all jobs of the key.
        job: the job that it was noticed at.
        message: what it is and what to do, in a sentence or two.
    """

    event: HookEvent
    subject: str
    job: int
    message: str


class Hook:
    """Runs the person's command for what the engine reports, once for each event, across processes.

    Args:
        command: as configured.
        store: has the jobs, and remembers what was told.
        binding: whose jobs.
        key: kept out of the command's environment.
        clock: UTC epoch seconds.
        environ: the environment that the command gets ours added to.
    """

    def __init__(
        self,
        command: str,
        store: Store,
        binding: Binding,
        key: Secret,
        clock: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._command = command
        self._store = store
        self._binding = binding
        self._key = key
        self._clock = clock
        self._environ = environ
        self._missed: list[Event] = []
        """What happened just before the database went away, and was not told."""
        self._known: dict[int, frozenset[Subject]] = {}

    def behind(self, listener: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a listener that passes events on, then runs the command if one calls for it.

        What needs the person already is told now.

        Args:
            listener: receives all events, and a `HookFailed` if the command cannot be started.
        """

        def tell(event: Event) -> None:
            listener(event)
            missed: list[Event] = []
            if isinstance(event, StateBack):
                missed, self._missed = self._missed, missed
            for one in (*missed, event):
                guarded(partial(self._hear, one), one)

        def guarded(work: Callable[[], None], event: Event | None = None) -> None:
            try:
                with suppress(NoSuchJobError):  # forgotten meanwhile
                    work()
            except AwayError:
                if event is not None:
                    self._missed.append(event)
            except ProblemError as error:
                listener(HookFailed(error.problem))

        guarded(self._look)
        return tell

    def _hear(self, event: Event) -> None:
        match event:
            case JobFinished(job_id):
                job = self._store.jobs.get(job_id)
                at = self._clock() if job.finished is None else job.finished
                if self._store.told.finished(self._binding, HookEvent.FINISHED, job_id, at):
                    self._run(HookEvent.FINISHED, job)
            case JobChanged(job_id):
                job = self._store.jobs.get(job_id)
                # A poll changes a job every few seconds, and hardly ever what needs the person.
                subjects = frozenset((need.event, need.subject) for need in self._needs(job))
                if subjects != self._known.get(job_id, frozenset()):
                    self._look()

    def _look(self) -> None:
        """Tell what needs the person and was not told yet."""
        found: dict[Subject, Need] = {}

        def current() -> list[Subject]:
            found.clear()
            known: dict[int, frozenset[Subject]] = {}
            for job in self._store.jobs.foremost(0)[0]:
                if job.binding == self._binding:
                    needs: dict[Subject, Need] = {
                        (need.event, need.subject): need for need in self._needs(job)
                    }
                    known[job.id] = frozenset(needs)
                    found.update(needs)
            self._known = known
            return [*found]

        for subject in self._store.told.lasting(self._binding, _LASTING, current, self._clock()):
            need = found[subject]
            self._run(need.event, self._store.jobs.get(need.job), need)

    def _needs(self, job: Job) -> Iterator[Need]:
        """Yield what of a job needs the person."""
        if job.batches.get(BatchState.UNKNOWN):
            for batch in self._store.batches.of(job.id):
                if batch.state is BatchState.UNKNOWN:
                    message = (
                        f"The outcome of batch {batch.label} is unknown; it may have cost {batch.size:,}"
                        f" credits. Run `pwl-tui settle {batch.label}` to settle it."
                    )
                    yield Need(HookEvent.IN_DOUBT, batch.label, job.id, message)
        if job.hold is not None and job.hold.kind is Kind.CREDITS:
            message = f"{job.hold.message} {job.hold.remedy}"
            yield Need(HookEvent.CREDITS_SHORT, "", job.id, message)
        refused = next((one for one in (job.hold, job.trouble) if one and one.kind.refuses_key), None)
        if refused is not None:
            yield Need(HookEvent.KEY_REFUSED, "", job.id, f"{refused.message} {refused.remedy}")
        now = self._clock()
        if is_expiring(job, now):
            days = days_left(job, now) or 0
            when = f"in about {days} {'day' if days == 1 else 'days'}" if days else "within hours"
            message = f"Results of job {job.id} expire {when}. Run `pwl-tui watch {job.id}` to fetch them."
            yield Need(HookEvent.EXPIRING, str(job.id), job.id, message)

    def _run(self, event: HookEvent, job: Job, need: Need | None = None) -> None:
        run_hook(self._command, job, self._environ, self._key, event=event, need=need)


def run_hook(
    command: str,
    job: Job,
    environ: Mapping[str, str],
    key: Secret,
    *,
    event: HookEvent = HookEvent.FINISHED,
    need: Need | None = None,
) -> None:
    """Start `command` without a shell, in a session of its own, and do not wait for it.

    Args:
        command: as configured; if empty, nothing is run.
        job: that it is about; its counts are in ``PWL_TUI_JOB``, ``PWL_TUI_NAME``, ``PWL_TUI_NUMBERS``,
            ``PWL_TUI_ON_WHATSAPP``, ``PWL_TUI_BUSINESS``, ``PWL_TUI_NOT_ON_WHATSAPP`` and ``PWL_TUI_FAILED``.
        environ: the environment to add them to; variables that hold the key are left out.
        key: the key.
        event: what it is run for, in ``PWL_TUI_EVENT``.
        need: what needs the person: its sentences are in ``PWL_TUI_MESSAGE``, its batch in
            ``PWL_TUI_BATCH``; both are empty otherwise.

    Raises:
        EngineError: it cannot be started.
    """
    if not command:
        return
    in_doubt = need is not None and need.event is HookEvent.IN_DOUBT
    ours = {
        "EVENT": event,
        "MESSAGE": "" if need is None else without_numbers(clean(need.message)),
        "BATCH": need.subject if need is not None and in_doubt else "",
        "JOB": job.id,
        "NAME": name_without_numbers(job.name),
        "NUMBERS": job.numbers,
        "ON_WHATSAPP": job.counts.on_whatsapp,
        "BUSINESS": job.counts.business,
        "NOT_ON_WHATSAPP": job.counts.not_on_whatsapp,
        "FAILED": job.counts.failed,
    }
    whole = {name: value for name, value in environ.items() if redact(value, key) == value}
    whole |= {f"PWL_TUI_{name}": str(value) for name, value in ours.items()}
    whole.pop(KEY_VARIABLE, None)
    import shlex  # few people have such a command

    try:
        subprocess.Popen(  # noqa: S603 - the person configured it, and no shell reads it
            shlex.split(command),
            env=whole,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            umask=umask_before(),
        )
    except (OSError, ValueError) as error:
        raise EngineError(hook_failed(command)) from error
