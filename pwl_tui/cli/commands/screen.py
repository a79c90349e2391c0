"""The screen, from opening it to what it says when you leave."""

import os
import signal
import threading
from contextlib import suppress

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import CUT_SECONDS, GRACE_SECONDS, PATIENCE_SECONDS
from pwl_tui.cli.launcher import Launcher, abandon_terminal, can_draw_on, leave_undisturbed
from pwl_tui.cli.output import OutputError
from pwl_tui.cli.session import Session
from pwl_tui.engine.engine import Engine
from pwl_tui.state.models import JobState
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted

_LAST_ANSWER_SECONDS = 0.2
"""How long to wait for the answer to a paid call before the person gets their prompt back."""


def open_screen(session: Session) -> int:
    """Open the screen. Without a terminal, run the demo if it was asked for, else fail."""
    if session.launcher is None:
        if session.demo:
            from pwl_tui.cli.commands.demo import demo_job

            return demo_job(session)
        raise _no_screen()
    from pwl_tui.ui.app import DemoList, run

    arguments, settings = session.arguments, session.settings
    ui, engine = settings.ui, session.engine
    code: int = Exit.FAILED
    terminated = threading.Event()
    try:
        code = run(
            engine,
            settings=settings,
            config_file=session.config_file,
            mouse=ui.mouse and not arguments.no_mouse,
            low_bandwidth=arguments.low_bandwidth or ui.low_bandwidth == "always",
            demo=DemoList(session.sample, settings.region) if session.demo else None,
            save=session.save,
            terminated=terminated.set,
        )
        return code
    finally:
        # However the screen ended, a batch that is being sent must not be left in doubt.
        _leave(session, session.launcher, code, terminated=terminated.is_set())


def _no_screen() -> UsageError:
    """Return why the screen cannot open: there is no terminal, or it is of an unknown type."""
    term = os.environ.get("TERM", "")
    if term.lower() in {"", "dumb"} or can_draw_on(term):
        return UsageError(
            "The screen needs a terminal it can draw on.",
            "Use a command instead; run `pwl-tui --help` to list them.",
        )
    return UsageError(
        f"The screen needs a terminal it can draw on, and TERM={clean(term, 40)} is unknown.",
        "If yours understands ANSI sequences, as most do, run `TERM=xterm-256color pwl-tui`. Otherwise use a"
        " command; run `pwl-tui --help` to list them.",
    )


def _leave(session: Session, launcher: Launcher, code: int, *, terminated: bool) -> None:
    """Stop, and say how to continue. If a batch is being sent, wait for its answer in the background."""
    leave_undisturbed()
    session.engine.stop()
    sending = not session.engine.drain(_LAST_ANSWER_SECONDS)
    try:
        _say_goodbye(session, sending=sending, terminated=terminated)
        session.output.err.flush()  # on which the screen was drawn
    except (
        OSError,
        OutputError,
    ):  # the terminal is gone; what it did not take must not be written again at exit
        abandon_terminal()
    finally:
        if sending:
            launcher.detach(code)
            await_answer(session.engine, terminated=terminated)


def await_answer(engine: Engine, *, terminated: bool) -> None:
    """Wait for the answer to a paid call, but not for long once the process is told to end."""
    if not terminated:
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            engine.drain(PATIENCE_SECONDS)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine.drain(GRACE_SECONDS)
    engine.cut()
    engine.drain(CUT_SECONDS)


def _say_goodbye(session: Session, *, sending: bool, terminated: bool) -> None:
    if sending:
        limit = f"up to {GRACE_SECONDS:.0f} seconds " if terminated else ""
        session.output.say(
            "An answer that you pay for is on its way."
            f" pwl-tui waits {limit}for it in the background and saves it."
        )
    unfinished = sum(job.state is not JobState.COMPLETED for job in session.store.jobs.all())
    if unfinished and not session.demo:
        jobs = counted(unfinished, "job is", "jobs are")
        session.output.say(
            f"{jobs} unfinished. Run `pwl-tui` to continue, or `pwl-tui watch` to do so without the screen."
        )
