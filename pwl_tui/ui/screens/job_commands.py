"""What can be done with one job, on the home screen and on its own: export, pause, retry, forget."""

from functools import partial

from pwl_tui.engine.problems import NO_SPEND, other_key
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.presenters.format import counted
from pwl_tui.ui.screens.account_commands import AccountCommands
from pwl_tui.wording.retry import retry


class JobCommands(AccountCommands):
    """A screen on which one job is the one that is meant."""

    @property
    def job(self) -> Job | None:
        """The job that commands act on; none when there is none."""
        raise NotImplementedError

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done with the job that is meant."""
        job = self.job
        if command_id in ("open", "export", "pause", "retry", "forget", "rest"):
            if job is None:
                return f"There is no job yet: press {self.ctx.key('new-list')} to enter a list."
            if command_id == "pause" and job.state is JobState.COMPLETED:
                return f"{job.name} is complete: there is nothing to pause."
            if command_id == "retry":
                return self._no_retry(job)
            if command_id == "rest":
                return self._no_rest(job)
            if command_id == "forget" and job.under_way:
                return f"{job.name} is {job.state}: what is paid for, or may be, would be lost."
        return super().why_not(command_id)

    def _no_retry(self, job: Job) -> str | None:
        if not self.ctx.engine.may_spend:
            return NO_SPEND.message
        if self.snapshot.elsewhere(job):
            return other_key(job).message
        if not job.counts.failed and BatchState.REJECTED not in job.batches:
            return f"Nothing of {job.name} failed: there is nothing to ask for again."
        return None

    def _no_rest(self, job: Job) -> str | None:
        if self.snapshot.elsewhere(job):
            return other_key(job).message
        if not job.held:
            return f"{job.name} is no sample: nothing of its list was left out."
        if job.unfinished:
            return f"{job.name} is not finished: its rates come with its answers."
        return None

    def action_export(self) -> None:
        """Ask where to, and write."""
        from pwl_tui.ui.dialogs.export import ExportDialog

        if self.job is not None:
            self.app.push_screen(ExportDialog(self.ctx, self.job, self.export_filter()), self._say)

    def export_filter(self) -> str:
        """Return the filter that an export begins with, in the words of an export; empty for everything."""
        return ""

    def action_pause(self) -> None:
        """Stop sending, or go on."""
        if self.job is not None:
            self.work(partial(self._pause, self.job), "the pause")

    async def _pause(self, job: Job) -> None:
        engine = self.ctx.engine
        goes_on = job.paused or job.state in (JobState.WAITING, JobState.ATTENTION)
        act = engine.jobs.resume if goes_on else engine.jobs.pause
        try:
            await in_thread(lambda: act(job.id), "pause")
        except ProblemError as error:
            self._complain(error)
            return
        self.ctx.wake()
        self.notify(
            f"{job.name} goes on."
            if goes_on
            else f"{job.name} sends nothing more; what was sent is still polled."
        )

    def action_retry(self) -> None:
        """Say what it would cost to ask again for what failed, and do it."""
        if self.job is not None:
            self.work(partial(self._retry, self.job), "the retry")

    async def _retry(self, job: Job) -> None:
        from pwl_tui.ui.dialogs.questions import spend

        engine = self.ctx.engine
        try:
            wanted = await in_thread(lambda: engine.plans.for_retry(job.id), "retry plan")
            question = spend(
                "Retry", "\n".join(retry(wanted)), wanted.to_pay, self.ctx.settings.confirm_above
            )
            if await self.app.push_screen_wait(question) != "yes":
                return
            made = await in_thread(lambda: engine.jobs.retry(wanted), "retry")
        except ProblemError as error:
            self._complain(error)
            return
        self.ctx.wake()
        what = f"Job {made.id} asks again" if made.id != job.id else f"{job.name} sends again"
        self.notify(f"{what}: {counted(wanted.to_pay, 'number')} on the way.")

    def action_rest(self) -> None:
        """Show what a sample says, and offer what it left out."""
        if self.job is not None:
            self.work(partial(self._rest, self.job), "the rest of the list")

    async def _rest(self, job: Job) -> None:
        from pwl_tui.ui.dialogs.agreement import agreed
        from pwl_tui.ui.dialogs.sample import SampleDialog

        engine = self.ctx.engine
        try:
            rates = await in_thread(lambda: engine.plans.sample_rates(job), "rates")
            later = await in_thread(lambda: engine.plans.continued_by(job), "later job")
            plan = await self.app.push_screen_wait(SampleDialog(self.ctx, job, rates, later))
            if plan is None:
                return
            when_short = await agreed(self.app, "Send the rest", plan, self.ctx.settings.confirm_above)
            if when_short is None:
                return
            name = f"{job.name} rest"
            made = await in_thread(
                lambda: engine.jobs.create(plan, name=name, when_short=when_short), "the rest"
            )
        except ProblemError as error:
            self._complain(error)
            return
        self.ctx.wake()
        self.notify(f"{made.name}: {counted(plan.to_pay, 'number')} on the way.")

    def action_forget(self) -> None:
        """Ask, and remove the job."""
        if self.job is not None:
            self.work(partial(self._forget, self.job), "the removal of the job")

    async def _forget(self, job: Job) -> None:
        from pwl_tui.ui.dialogs.questions import Ask, Choice

        text = (
            f"Remove {job.name} (job {job.id}) with its list, {counted(job.numbers, 'number')} and answers"
            " for good?\nFiles that were exported stay, and the ledger keeps what it cost."
        )
        yes = Choice("yes", "Yes, remove it for good", key="y", danger=True)
        question = Ask("Forget", text, [Choice("no", "No, keep it", key="n"), yes])
        if await self.app.push_screen_wait(question) != "yes":
            return
        try:
            await in_thread(lambda: self.ctx.engine.jobs.forget(job.id), "forget")
        except ProblemError as error:
            self._complain(error)
            return
        self.ctx.wake()
        self.notify(f"{job.name} is forgotten.")
        self.forgotten()

    def forgotten(self) -> None:
        """Go on without the job that was forgotten."""

    def settled_first(self) -> int | None:
        """Begin with the job that is meant."""
        return None if self.job is None else self.job.id
