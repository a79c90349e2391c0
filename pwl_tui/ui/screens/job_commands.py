"""What can be done with one job, on the home screen and on the job's own: export, settle, pause, refresh."""

from functools import partial

from pwl_tui.engine.settling import Decision, evidence_of
from pwl_tui.problem import ProblemError
from pwl_tui.state.models import Batch, BatchState, Job, JobState
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import CommandScreen
from pwl_tui.ui.figures import counted
from pwl_tui.ui.screens.dialogs import Ask, Choice, Prompt
from pwl_tui.ui.screens.export import ExportDialog

_NO_JOB = "There is no job yet: press n to enter a list."


class JobCommands(CommandScreen[None]):
    """A screen on which one job is the one that is meant."""

    @property
    def job(self) -> Job | None:
        """The job that commands act on; none when there is none."""
        raise NotImplementedError

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done with the job that is meant."""
        if command_id == "refresh" and self.snapshot.binding is None:
            return "There is no API key yet: press K on the first screen to enter it."
        job = self.job
        if command_id not in ("open", "export", "settle", "pause"):
            return super().why_not(command_id)
        if job is None:
            return _NO_JOB
        if command_id == "settle":
            if BatchState.UNKNOWN not in job.batches:
                return f"No batch of {job.name} is unknown: there is nothing to settle."
            if job.binding != self.snapshot.binding:
                return f"{job.name} belongs to another key; start with the key of profile {job.profile}."
        if command_id == "pause" and job.state is JobState.COMPLETED:
            return f"{job.name} is complete: there is nothing to pause."
        return None

    def action_refresh(self) -> None:
        """Ask for the credits."""
        self.desk.engine.refresh_balance()
        self.notify("Asking for the credits.")

    def action_export(self) -> None:
        """Ask where to, and write."""
        if self.job is not None:
            self.app.push_screen(ExportDialog(self.desk, self.job, self.export_filter()), self._say)

    def export_filter(self) -> str:
        """Return the filter that an export begins with, in the words of an export; empty for everything."""
        return ""

    def action_pause(self) -> None:
        """Stop sending, or go on."""
        if self.job is not None:
            self.work(partial(self._pause, self.job), "the pause")

    async def _pause(self, job: Job) -> None:
        engine = self.desk.engine
        goes_on = job.paused or job.state in (JobState.WAITING, JobState.ATTENTION)
        act = engine.resume if goes_on else engine.pause
        try:
            await in_thread(lambda: act(job.id), "pause")
        except ProblemError as error:
            self._complain(error)
            return
        self.desk.wake()
        self.notify(
            f"{job.name} goes on."
            if goes_on
            else f"{job.name} sends nothing more; what was sent is still polled."
        )

    def action_settle(self) -> None:
        """Ask what became of the first batch in doubt."""
        if self.job is not None:
            self.work(partial(self._settle, self.job), "settling")

    async def _settle(self, job: Job) -> None:
        store = self.desk.engine.store

        def look() -> tuple[Batch, str] | None:
            for batch in store.batches.of(job.id):
                if batch.state is BatchState.UNKNOWN:
                    return batch, str(evidence_of(store, job.binding, batch))
            return None

        try:
            found = await in_thread(look, "evidence")
        except ProblemError as error:
            self._complain(error)
            return
        if found is None:
            return
        batch, evidence = found
        answer = await self.app.push_screen_wait(
            Ask("Settle", _question(job, batch, evidence), _choices(batch))
        )
        if answer not in _DECISIONS:
            return
        decision = _DECISIONS[answer]
        batch_id = None
        if decision == "adopted":
            batch_id = await self.app.push_screen_wait(
                Prompt(
                    "Settle",
                    f"The service's id of batch {batch.label}:",
                    "550e8400-e29b-41d4-a716-446655440000",
                )
            )
            if batch_id is None:
                return
        try:
            await in_thread(lambda: self.desk.engine.settle(job.id, batch.seq, decision, batch_id), "settle")
        except ProblemError as error:
            self._complain(error)
            return
        self.desk.wake()
        self.notify(_settled(batch)[decision])

    def _say(self, sentence: str | None) -> None:
        if sentence:
            self.notify(sentence)

    def _complain(self, error: ProblemError) -> None:
        self.notify(f"{error.problem.message} {error.problem.remedy}", severity="error")


_DECISIONS: dict[str | None, Decision] = {"free": "free", "lost": "lost", "adopted": "adopted"}


def _question(job: Job, batch: Batch, evidence: str) -> str:
    why = batch.error.message if batch.error else "No answer came back."
    return (
        f"Batch {batch.label} of {job.name}: {counted(batch.size, 'number')} may have been sent and paid.\n"
        f"{why}\nEvidence: {evidence}.\nNothing more is sent with this key until you decide."
    )


def _choices(batch: Batch) -> list[Choice]:
    price = counted(batch.size, "credit")
    return [
        Choice("later", "Decide later", "Everything stays as it is."),
        Choice(
            "free",
            "Release and send again",
            f"If it was charged after all, its {price} are paid twice.",
            danger=True,
        ),
        Choice(
            "adopted", "Give its id", "Costs nothing: the service is asked whether it holds these numbers."
        ),
        Choice(
            "lost", "Write off", f"Its {price} stay spent and its numbers without an answer.", danger=True
        ),
    ]


def _settled(batch: Batch) -> dict[Decision, str]:
    return {
        "free": f"Batch {batch.label} is released: its numbers are sent again.",
        "lost": f"Batch {batch.label} is written off.",
        "adopted": f"Batch {batch.label} has its id and is polled again.",
    }
