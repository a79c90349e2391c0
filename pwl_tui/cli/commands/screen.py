"""The screen, from opening it to what it says when you leave."""

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import CUT_SECONDS, GRACE_SECONDS, PATIENCE_SECONDS
from pwl_tui.cli.launcher import Launcher, abandon_terminal, can_draw_on, leave_undisturbed
from pwl_tui.cli.output import OutputError
from pwl_tui.cli.session import Session
from pwl_tui.cli.signals import Interrupted, Pending
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.left import left_to_do
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.errors import AwayError
from pwl_tui.text import clean
from pwl_tui.wording.worker import CONTINUE, KEEPS_WORKING, left_words

if TYPE_CHECKING:
    from pwl_tui.ui.app import Departure

_LAST_ANSWER_SECONDS = 0.2
"""How long to wait for the answer to a paid call before the person gets their prompt back."""


def open_screen(session: Session) -> int:
    """Open the screen. Without a terminal, run the demo if it was asked for, else fail."""
    if session.launcher is None:
        if session.demo:
            from pwl_tui.cli.commands.demo import demo_job

            return demo_job(session)
        raise _no_screen()
    from pwl_tui.ui.app import DemoList, Departure, run

    arguments, settings = session.arguments, session.settings
    ui, engine = settings.ui, session.engine
    left = Departure(Exit.FAILED)
    try:
        left = run(
            engine,
            settings=settings,
            config_file=session.config_file,
            mouse=ui.mouse and not arguments.no_mouse,
            low_bandwidth=arguments.low_bandwidth or ui.low_bandwidth == "always",
            demo=DemoList(session.sample, settings.region) if session.demo else None,
            save=session.save,
        )
        return left.code
    finally:
        # However the screen ended, a batch that is being sent must not be left in doubt.
        _leave(session, session.launcher, left)


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


def _leave(session: Session, launcher: Launcher, left: "Departure") -> None:
    """Stop, and say how to continue. If a batch is being sent, wait for its answer in the background."""
    leave_undisturbed()
    session.engine.stop()
    sending = not session.engine.drain(_LAST_ANSWER_SECONDS)
    try:
        _say_goodbye(session, left, sending=sending)
        session.output.err.flush()  # on which the screen was drawn
    except (
        OSError,
        OutputError,
    ):  # the terminal is gone; what it did not take must not be written again at exit
        abandon_terminal()
    finally:
        if sending:
            launcher.detach(left.code)
            await_answer(session.engine, terminated=left.terminated)


def await_answer(engine: Engine, *, terminated: bool) -> None:
    """Wait for the answer to a paid call, but not for long once the process is told to end."""
    signals = Pending()
    signal.signal(signal.SIGTERM, signals.handle)
    if not terminated:
        with suppress(Interrupted), signals.interrupting():
            engine.drain(PATIENCE_SECONDS)
    engine.drain(GRACE_SECONDS)
    engine.cut()
    engine.drain(CUT_SECONDS)


def _say_goodbye(session: Session, left: "Departure", *, sending: bool) -> None:
    # Before anything is said, because nothing can be if the terminal is gone.
    failed = _start_worker(session, left.profile) if left.in_background else None
    if sending:
        limit = f"up to {GRACE_SECONDS:.0f} seconds " if left.terminated else ""
        session.output.say(
            "An answer that you pay for is on its way."
            f" pwl-tui waits {limit}for it in the background and saves it."
        )
    if failed is not None:
        session.output.explain(failed)
    engine = session.engine
    if session.demo or engine.binding is None:
        return
    try:
        work = left_to_do(session.store, engine.binding)
    except AwayError as error:
        session.output.explain(error.problem)
        return
    if work.jobs or work.exports:
        working = session.store.worker(engine.binding).alive()
        session.output.say(f"{left_words(work)}\n{KEEPS_WORKING if working else CONTINUE}")


def _start_worker(session: Session, profile: str | None) -> Problem | None:
    """Continue in the background; return why that is not possible."""
    from pwl_tui.cli.worker.process import start  # few who leave need it

    try:
        started = start(session, profile)
    except ProblemError as error:
        return error.problem
    return started[0] if isinstance(started, tuple) else None
