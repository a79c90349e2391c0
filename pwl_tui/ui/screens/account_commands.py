"""What can be done with the key in force: its credits, its ledger, batches to adopt, another key.

Every screen is loaded when it is first opened: the first frame of the program waits for none of them.
"""

from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import CommandScreen
from pwl_tui.ui.presenters.format import counted

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from pwl_tui.ui.dialogs.adopt import Adoption

_NEEDS_A_KEY = ("refresh", "adopt", "ledger")
_LONG_SECONDS = 60.0
_REASONS_SHOWN = 3


class AccountCommands(CommandScreen[None]):
    """A screen on which everything that concerns the key can be done."""

    under_way = ""
    """What goes on in the background, in a few words; empty when nothing does."""

    class Asked(Message):
        """So many of the batches that are taken over were asked for at the service."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

        def can_replace(self, message: Message) -> bool:
            """Only the latest is of interest."""
            return isinstance(message, AccountCommands.Asked)

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot be done with the key in force."""
        if command_id in _NEEDS_A_KEY and self.snapshot.binding is None:
            return f"There is no API key yet: press {self.ctx.key('key')} to enter it."
        if command_id == "settle" and not self.snapshot.doubts:
            return "No batch is in doubt: there is nothing to settle."
        return super().why_not(command_id)

    def action_refresh(self) -> None:
        """Ask for the credits."""
        self.ctx.engine.refresh_balance()
        self.notify("Asking for the credits.")

    def action_key(self) -> None:
        """Ask for a key."""
        from pwl_tui.ui.dialogs.key import KeyDialog

        self.app.push_screen(KeyDialog(self.ctx), self._say)

    def action_activity(self) -> None:
        """Show what was asked and answered; on the screen of a job, about that job."""
        from pwl_tui.ui.screens.activity import ActivityScreen

        job = self.settled_first() if "job" in self.SCOPES else None
        self.app.push_screen(ActivityScreen(self.ctx, job))

    def action_settings(self) -> None:
        """Show the settings."""
        from pwl_tui.ui.screens.settings import SettingsScreen

        try:
            self.app.push_screen(SettingsScreen(self.ctx), self._say)
        except ProblemError as error:
            self._complain(error)

    def action_profile(self) -> None:
        """Ask which profile to use."""
        self.work(self._switch_profile, "the change of the profile")

    async def _switch_profile(self) -> None:
        from pwl_tui.ui.dialogs.profiles import switch_profile

        try:
            self._say(await switch_profile(self.app, self.ctx))
        except ProblemError as error:
            self._complain(error)

    def action_ledger(self) -> None:
        """Show where the credits went."""
        from pwl_tui.ui.screens.ledger import LedgerScreen

        self.app.push_screen(LedgerScreen(self.ctx))

    def action_settle(self) -> None:
        """Show the batches in doubt."""
        from pwl_tui.ui.screens.settle import SettleScreen

        self.app.push_screen(SettleScreen(self.ctx, self.settled_first()))

    def settled_first(self) -> int | None:
        """Return the job whose batches in doubt are shown first; none: in the order they were sent."""
        return None

    def action_adopt(self) -> None:
        """Ask for the ids."""
        from pwl_tui.ui.dialogs.adopt import AdoptDialog

        self.app.push_screen(AdoptDialog(self.snapshot.unadopted), self._adopt)

    def _adopt(self, wanted: "Adoption | None") -> None:
        # At home, which is never left: another screen would take the work with it.
        home = self.app.screen_stack[0]
        if wanted is not None and isinstance(home, AccountCommands):
            home.take_over(wanted)

    def take_over(self, wanted: "Adoption") -> None:
        """Take batches over in the background; what came of it is said at the end."""
        if self.work(partial(self._take_over, wanted), "taking over batches") is None:
            self.notify("Batches are being taken over already; wait until that is done.", severity="warning")

    def on_account_commands_asked(self, event: Asked) -> None:
        """Say how far taking over is."""
        event.stop()
        if self.under_way:
            self.under_way = f"taking over batch {event.done + 1:,} of {event.total:,}"
            self.show()

    async def _take_over(self, wanted: "Adoption") -> None:
        engine = self.ctx.engine

        def tell(done: int, total: int) -> None:
            self.post_message(self.Asked(done, total))

        def work() -> Adopted:
            if wanted.ids:
                return engine.recovery.adopt(wanted.ids, wanted.name, tell)
            return engine.recovery.adopt_journal(tell=tell)

        self.under_way = "taking over batches"
        self.show()
        try:
            adopted = await in_thread(work, "adopt")
        except ProblemError as error:
            self._complain(error)
            return
        finally:
            self.under_way = ""
            self.show()
        self.ctx.wake()
        severity: SeverityLevel = "warning" if adopted.failed or adopted.nameless else "information"
        self.notify(adopted_words(adopted), severity=severity, timeout=_LONG_SECONDS)

    def _say(self, sentence: str | None) -> None:
        if sentence:
            self.notify(sentence)

    def _complain(self, error: ProblemError) -> None:
        self.notify(f"{error.problem.message} {error.problem.remedy}", severity="error")


def adopted_words(adopted: Adopted) -> str:
    """Return what came of taking batches over: which jobs there are now, and what failed and why."""
    jobs = ", ".join(f"job {job}" for job in adopted.jobs)
    words = [f"Taken over as {jobs}." if adopted.jobs else "No batch was taken over."]
    if adopted.known:
        words.append(f"{counted(adopted.known, 'batch', 'batches')} known already.")
    if adopted.foreign:
        words.append(f"{counted(adopted.foreign, 'batch', 'batches')} of another key passed over.")
    if adopted.failed:
        words.append(f"{len(adopted.failed)} failed:")
    words += [f"{clean(id_, 40)}: {problem.message}" for id_, problem in adopted.failed[:_REASONS_SHOWN]]
    if more := adopted.failed[_REASONS_SHOWN:]:
        words.append(f"And {len(more)} more.")
    if adopted.nameless:
        words.append(
            f"{counted(len(adopted.nameless), 'batch', 'batches')} may have been charged without an id:"
            " `pwl-tui adopt --journal` names them."
        )
    return " ".join(words)
