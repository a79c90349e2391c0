"""The screen, from its opening to the words with which it is left."""

from pwl_tui.cli.exit_codes import Exit, UsageError
from pwl_tui.cli.follow import PATIENCE_SECONDS
from pwl_tui.cli.launcher import Launcher, abandon_terminal, leave_undisturbed
from pwl_tui.cli.output import counted
from pwl_tui.cli.session import Session
from pwl_tui.state.models import JobState

_LAST_ANSWER_SECONDS = 0.2
"""How long the person waits for the answer to a paid call before they get their prompt back."""


def open_screen(session: Session) -> int:
    """Open the screen; without a terminal do the demo's job, or say that there is nothing to do."""
    if session.front is None:
        if session.demo:
            from pwl_tui.cli.commands.demo import demo_job

            return demo_job(session)
        raise UsageError(
            "The screen needs a terminal.", "Without one, use the commands: `pwl-tui --help` lists them."
        )
    from pwl_tui.ui.app import DemoList, run

    arguments, settings = session.arguments, session.settings
    ui, engine = settings.ui, session.engine
    code: int = Exit.FAILED
    try:
        code = run(
            engine,
            settings=settings,
            config_file=session.config_file,
            mouse=ui.mouse and not arguments.no_mouse,
            low_bandwidth=arguments.low_bandwidth or ui.low_bandwidth == "always",
            demo=DemoList(session.sample, settings.region) if session.demo else None,
            save=session.save,
        )
        return code
    finally:
        # Whatever ended the screen: a batch that is being sent must not be left in doubt.
        _leave(session, session.front, code)


def _leave(session: Session, front: Launcher, code: int) -> None:
    """Stop, and say how to come back. If a batch is being sent, its answer is awaited in the background."""
    leave_undisturbed()
    session.engine.stop()
    sending = not session.engine.drain(_LAST_ANSWER_SECONDS)
    try:
        _say_goodbye(session, sending=sending)
        session.output.err.flush()  # on which the screen was drawn
    except OSError:  # the terminal is gone, and what it did not take must not be written again at the exit
        abandon_terminal()
    finally:
        if sending:
            front.detach(code)
            session.engine.drain(PATIENCE_SECONDS)


def _say_goodbye(session: Session, *, sending: bool) -> None:
    if sending:
        session.output.say(
            "A batch is just being sent: its answer is awaited in the background, and kept when it comes."
        )
    live = sum(job.state is not JobState.COMPLETED for job in session.store.jobs.all())
    if live and not session.demo:
        jobs = counted(live, "job goes", "jobs go")
        session.output.say(
            f"{jobs} on at the service. `pwl-tui` comes back to it; `pwl-tui watch` does without the screen."
        )
