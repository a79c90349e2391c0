"""Commands that act on one job: export, pause, retry, send the rest, forget.

Each is a function of the screen that it is called on and of the job that is meant there, so that the home
screen and a job's own screen have the same commands.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.rechecking import recheck_name
from pwl_tui.engine.problems import other_key
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.wording.figures import counted
from pwl_tui.wording.jobs import cheaper, under_way
from pwl_tui.wording.retry import retry as retry_words

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target
    from pwl_tui.ui.dialogs.export import WhenDone


def why_not(ctx: AppContext, command_id: str, job: Job | None) -> str | None:
    """Return in one sentence why a command cannot run on a job now. None means that it can.

    Args:
        ctx: what the screen works with.
        command_id: the command; any other than these can run.
        job: the job that is meant. None means that there is none yet.
    """
    if command_id not in ("open", "export", "pause", "retry", "forget", "rest", "recheck"):
        return None
    if job is None:
        return f"There is no job yet. Press {ctx.key('new-list')} to enter a list."
    if command_id == "pause" and job.state is JobState.COMPLETED:
        return f"{job.name} is complete, so there is nothing to pause."
    if command_id == "forget" and job.must_stay:
        return f"{job.name} is not finished: forgetting it now could lose results you paid for."
    if command_id == "retry":
        return _no_retry(ctx, job)
    if command_id == "rest":
        return _no_rest(ctx, job)
    if command_id == "recheck":
        return _no_recheck(ctx, job)
    return None


def _no_retry(ctx: AppContext, job: Job) -> str | None:
    if (forbidden := ctx.forbidden) is not None:
        return forbidden.message
    if ctx.snapshot().elsewhere(job):
        return other_key(job).message
    if not job.counts.failed and BatchState.REJECTED not in job.batches:
        return f"Nothing in {job.name} failed, so there is nothing to retry."
    return None


def _no_rest(ctx: AppContext, job: Job) -> str | None:
    if ctx.snapshot().elsewhere(job):
        return other_key(job).message
    if not job.left_out:
        return f"{job.name} left nothing out, so there is no rest to send."
    if job.unfinished:
        return f"{job.name} is not finished. Its rates are known once it is."
    return None


def _no_recheck(ctx: AppContext, job: Job) -> str | None:
    if (forbidden := ctx.forbidden) is not None:
        return forbidden.message
    if ctx.snapshot().elsewhere(job):
        return other_key(job).message
    return f"{job.name} is not finished, so nothing in it is old." if job.must_stay else None


def export(screen: CommandScreen[None], job: Job, only: str = "") -> None:
    """Ask where to export a job to, and write it.

    Args:
        screen: asks.
        job: the job.
        only: the filter suggested, as `Target.only` has it; empty for everything.
    """
    from pwl_tui.ui.dialogs.export import ExportDialog

    screen.app.push_screen(ExportDialog(screen.ctx, job, only), screen.say)


def wished(engine: Engine, source: str, name: str, when_done: "WhenDone | None" = None) -> "Target | None":
    """Return the export that a new job is to have once it is finished; None if none. Blocks.

    Args:
        engine: checks it.
        source: the path of the list; empty if it was no file.
        name: of the job.
        when_done: what the person chose. None means as configured.

    Raises:
        ListError: it cannot be written.
    """
    if when_done is not None:
        target = when_done.target
    else:
        target = engine.wishes.by_default(Path(source) if source.startswith("/") else None, name)
    if target is not None:
        engine.wishes.check(target)
    return target


def pause(screen: CommandScreen[None], job: Job) -> None:
    """Pause a job, or resume it if it is stopped for whatever reason."""
    screen.work(partial(_pause, screen, job), "pausing or resuming the job")


async def _pause(screen: CommandScreen[None], job: Job) -> None:
    engine = screen.ctx.engine
    resumes = job.paused or job.state in (JobState.WAITING, JobState.ATTENTION)
    act = engine.jobs.resume if resumes else engine.jobs.pause
    try:
        await in_thread(lambda: act(job.id), "pause")
    except ProblemError as error:
        screen.complain(error)
        return
    screen.ctx.wake()
    screen.notify(
        f"{job.name} resumed." if resumes else f"{job.name} paused. Batches already sent are still polled."
    )


def retry(screen: CommandScreen[None], job: Job) -> None:
    """Show what it would cost to retry what failed in a job, and do it if the person agrees."""
    screen.work(partial(_retry, screen, job), "retrying")


async def _retry(screen: CommandScreen[None], job: Job) -> None:
    from pwl_tui.ui.dialogs.questions import spend

    engine = screen.ctx.engine
    try:
        wanted = await in_thread(lambda: engine.plans.for_retry(job.id), "retry plan")
        question = spend(
            "Retry", "\n".join(retry_words(wanted)), wanted.to_pay, screen.ctx.settings.confirm_above
        )
        if await screen.app.push_screen_wait(question) != "yes":
            return
        made = await in_thread(lambda: engine.jobs.retry(wanted), "retry")
    except ProblemError as error:
        screen.complain(error)
        return
    screen.ctx.wake()
    where = f" as job {made.id}" if made.id != job.id else ""
    screen.notify(f"Retrying {counted(wanted.to_pay, 'number')} of {job.name}{where}.")


def send_rest(screen: CommandScreen[None], job: Job) -> None:
    """Show what a sample says of its list, and send the rest of the list if the person agrees."""
    screen.work(partial(_send_rest, screen, job), "sending the rest of the list")


async def _send_rest(screen: CommandScreen[None], job: Job) -> None:
    from pwl_tui.ui.dialogs.sample import SampleDialog

    engine = screen.ctx.engine
    try:
        rates = await in_thread(lambda: engine.plans.sample_rates(job), "rates")
        later = await in_thread(lambda: engine.plans.continued_by(job), "later job")
        plan = await screen.app.push_screen_wait(SampleDialog(screen.ctx, job, rates, later))
        if plan is None:
            return
        sent = await _sent(screen, job, plan, name=f"{job.name} rest", question="Send the rest")
    except ProblemError as error:
        screen.complain(error)
        return
    if sent:
        screen.notify(sent)


async def _sent(
    screen: CommandScreen[None], job: Job, plan: JobPlan, *, name: str, question: str
) -> str | None:
    """Send the numbers of a plan as a job of the same list, if the person agrees to the cost.

    Returns:
        What is said of it. None means that the person did not agree.

    Raises:
        ProblemError: it cannot be sent.
    """
    from pwl_tui.ui.dialogs.agreement import agreed

    engine = screen.ctx.engine
    export = await in_thread(partial(wished, engine, job.source, name), "export")
    answer = await agreed(screen.app, question, plan, screen.ctx.settings.confirm_above, export)
    if answer is None:
        return None
    made = await in_thread(
        lambda: engine.jobs.create(answer.plan, name=name, when_short=answer.when_short, export=export),
        "the new job",
    )
    screen.ctx.wake()
    return sending_words(made, answer.credits)


def recheck(screen: CommandScreen[None], job: Job) -> None:
    """Ask how old answers may be, show what asking again costs, and do it if the person agrees."""
    screen.work(partial(_recheck, screen, job), "rechecking")


async def _recheck(screen: CommandScreen[None], job: Job) -> None:
    from pwl_tui.ui.dialogs.recheck import RecheckDialog

    try:
        plan = await screen.app.push_screen_wait(RecheckDialog(screen.ctx, job))
        if plan is None:
            return
        sent = await _sent(screen, job, plan, name=recheck_name(job), question="Recheck")
    except ProblemError as error:
        screen.complain(error)
        return
    if sent:
        screen.notify(f"{sent} Its Changes tab shows what is different.")


def forget(screen: CommandScreen[None], job: Job, forgotten: Callable[[], object] = lambda: None) -> None:
    """Ask, then delete a finished job.

    Args:
        screen: asks.
        job: the job.
        forgotten: called once it is deleted.
    """
    screen.work(partial(_forget, screen, job, forgotten), "deleting the job")


async def _forget(screen: CommandScreen[None], job: Job, forgotten: Callable[[], object]) -> None:
    from pwl_tui.ui.dialogs.questions import Ask, Choice

    text = (
        f"Delete {job.name} (job {job.id}) for good, with its list, {counted(job.numbers, 'number')} and"
        " results?\nExported files stay, and the ledger keeps what it cost."
    )
    choices = [Choice("no", "Cancel", key="n"), Choice("yes", "Delete for good", key="y", danger=True)]
    if await screen.app.push_screen_wait(Ask("Forget", text, choices)) != "yes":
        return
    try:
        await in_thread(lambda: screen.ctx.engine.jobs.forget(job.id), "forget")
    except ProblemError as error:
        screen.complain(error)
        return
    screen.ctx.wake()
    screen.notify(f"{job.name} was deleted.")
    forgotten()


def sending_words(job: Job, agreed: int) -> str:
    """Return what is said once a job is made: what it sends, and whether it costs less than `agreed`."""
    parts = [f"sending {counted(job.in_batches, 'number')}"] if job.in_batches else []
    parts += [under_way(job)] if job.under_way else []
    return f"{job.name}: {', '.join(parts) or 'nothing to send'}. {cheaper(job, agreed)}".rstrip()
