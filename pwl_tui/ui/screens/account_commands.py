"""Commands that concern the API key in use and the program: balance, ledger, adopting, profile, settings.

Each is a function of the screen it is called on, so that several screens can have it. Screens and dialogs are
imported when first opened, because the first frame of the program must not wait for them.
"""

from functools import partial

from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.problem import ProblemError
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.wording.figures import counted
from pwl_tui.wording.place import place_words

_NEEDS_A_KEY = ("refresh", "adopt", "ledger", "lookup")
_REASONS_SHOWN = 3


def why_not(ctx: AppContext, command_id: str) -> str | None:
    """Return in one sentence why one of these commands cannot run now. None means that it can."""
    snapshot = ctx.snapshot()
    if command_id in _NEEDS_A_KEY and snapshot.binding is None:
        return f"There is no API key yet. Press {ctx.key('key')} to enter it."
    if command_id == "refresh" and snapshot.away and snapshot.state_problem is not None:
        return f"{snapshot.state_problem.message} The balance is read once it is back."
    if command_id == "settle" and not snapshot.doubts and snapshot.misplaced is None:
        return "No batch is in doubt, so there is nothing to settle."
    return None


def refresh(screen: CommandScreen[None]) -> None:
    """Read the credit balance now."""
    screen.ctx.engine.refresh_balance()
    screen.notify("Reading the credit balance…")


def enter_key(screen: CommandScreen[None]) -> None:
    """Ask for another API key."""
    from pwl_tui.ui.dialogs.key import KeyDialog

    screen.app.push_screen(KeyDialog(screen.ctx), screen.say)


def show_ledger(screen: CommandScreen[None]) -> None:
    """Show where the credits went."""
    from pwl_tui.ui.screens.ledger import LedgerScreen

    screen.app.push_screen(LedgerScreen(screen.ctx))


def show_activity(screen: CommandScreen[None], job: int | None = None) -> None:
    """Show what was sent and received, for one job or for all."""
    from pwl_tui.ui.screens.activity import ActivityScreen

    screen.app.push_screen(ActivityScreen(screen.ctx, job))


def show_settings(screen: CommandScreen[None]) -> None:
    """Show the settings."""
    from pwl_tui.ui.screens.settings import SettingsScreen

    try:
        screen.app.push_screen(SettingsScreen(screen.ctx), screen.say)
    except ProblemError as error:
        screen.complain(error)


def settle(screen: CommandScreen[None], job: int | None) -> None:
    """Show the batches in doubt, those of a job first; before them, ask about a directory that moved."""
    if screen.snapshot.misplaced is not None:
        screen.work(partial(settle_place, screen), "settling the place")
        return
    from pwl_tui.ui.screens.settle import SettleScreen

    screen.app.push_screen(SettleScreen(screen.ctx, job))


async def settle_place(screen: CommandScreen[None]) -> None:
    """Ask whether a state that belongs to another place was moved or copied."""
    from pwl_tui.ui.dialogs.place import place_question

    misplaced, engine = screen.snapshot.misplaced, screen.ctx.engine
    if misplaced is None:
        return
    answer = await screen.app.push_screen_wait(place_question(misplaced, shared=engine.store.shared))
    if answer not in {"moved", "copy"}:
        return
    try:
        withdrawn = await in_thread(lambda: engine.settle_place(moved=answer == "moved"), "settle place")
    except ProblemError as error:
        screen.complain(error)
    else:
        screen.say(place_words(moved=answer == "moved", withdrawn=withdrawn))
    screen.ctx.wake()


def adopt(screen: CommandScreen[None]) -> None:
    """Ask which batches to adopt, and adopt them."""
    from pwl_tui.ui.dialogs.adopt import AdoptDialog, Adoption

    def start(wanted: Adoption | None) -> None:
        if wanted is not None:
            screen.ctx.adopt(wanted)

    screen.app.push_screen(AdoptDialog(screen.snapshot.unadopted), start)


def look_up(screen: CommandScreen[None]) -> None:
    """Look up single numbers."""
    from pwl_tui.ui.dialogs.lookup import LookupDialog

    screen.app.push_screen(LookupDialog(screen.ctx))


def switch_profile(screen: CommandScreen[None]) -> None:
    """Ask which profile to use, and use it."""
    screen.work(partial(_switch_profile, screen), "switching the profile")


async def _switch_profile(screen: CommandScreen[None]) -> None:
    from pwl_tui.ui.dialogs import profiles

    try:
        screen.say(await profiles.switch_profile(screen.app, screen.ctx))
    except ProblemError as error:
        screen.complain(error)


def adopted_words(adopted: Adopted) -> str:
    """Return what came of adopting batches: the jobs that they are now, and what failed and why."""
    jobs = ", ".join(f"job {job}" for job in adopted.jobs)
    words = [f"Adopted as {jobs}." if adopted.jobs else "No batch was adopted."]
    if adopted.known:
        words.append(f"{counted(adopted.known, 'batch', 'batches')} already known.")
    if adopted.foreign:
        words.append(f"{counted(adopted.foreign, 'batch', 'batches')} of another key skipped.")
    if adopted.failed:
        words.append(f"{len(adopted.failed)} failed:")
    words += [f"{clean(id_, 40)}: {problem.message}" for id_, problem in adopted.failed[:_REASONS_SHOWN]]
    if more := adopted.failed[_REASONS_SHOWN:]:
        words.append(f"And {len(more)} more.")
    if adopted.nameless:
        words.append(
            f"{counted(len(adopted.nameless), 'batch', 'batches')} may have been charged without an ID:"
            " `pwl-tui adopt --journal` lists them."
        )
    return " ".join(words)
