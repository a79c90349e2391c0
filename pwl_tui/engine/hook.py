"""The person's own command, run when a job finishes. It receives counts, never a number or a key."""

import os
import subprocess
from collections.abc import Callable, Mapping

from pwl_tui.config.tables import KEY_VARIABLE
from pwl_tui.engine.events import EngineFailed, Event, JobFinished
from pwl_tui.engine.problems import EngineError, hook_failed
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Job
from pwl_tui.text import without_numbers
from pwl_tui.umask import umask_before


def with_hook(
    listener: Callable[[Event], None], command: str, job: Callable[[int], Job]
) -> Callable[[Event], None]:
    """Return a listener that passes events on, and runs `command` whenever a job finishes.

    Args:
        listener: receives all events, and an `EngineFailed` if the command cannot be started.
        command: as configured.
        job: returns a job by its ID.
    """

    def tell(event: Event) -> None:
        listener(event)
        if isinstance(event, JobFinished):
            try:
                run_hook(command, job(event.job), os.environ)
            except ProblemError as error:
                listener(EngineFailed(error.problem))

    return tell


def run_hook(command: str, job: Job, environ: Mapping[str, str]) -> None:
    """Start `command` without a shell, in a session of its own, and do not wait for it.

    Args:
        command: as configured; if empty, nothing is run.
        job: the finished job; its counts are in ``PWL_TUI_JOB``, ``PWL_TUI_NAME``, ``PWL_TUI_NUMBERS``,
            ``PWL_TUI_ON_WHATSAPP``, ``PWL_TUI_BUSINESS``, ``PWL_TUI_NOT_ON_WHATSAPP`` and ``PWL_TUI_FAILED``.
        environ: the environment to add them to; the key is removed.

    Raises:
        EngineError: it cannot be started.
    """
    if not command:
        return
    counts = {
        "JOB": job.id,
        "NAME": without_numbers(job.name),
        "NUMBERS": job.numbers,
        "ON_WHATSAPP": job.counts.on_whatsapp,
        "BUSINESS": job.counts.business,
        "NOT_ON_WHATSAPP": job.counts.not_on_whatsapp,
        "FAILED": job.counts.failed,
    }
    ours = {f"PWL_TUI_{name}": str(value) for name, value in counts.items()}
    whole = {**environ, **ours}
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
