"""``state``: where the state belongs, and how it gets to another place."""

import time
from argparse import ArgumentParser

from pwl_tui import paths
from pwl_tui.cli.arguments import Command
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.session import Session
from pwl_tui.config.values import check_state_url
from pwl_tui.state.moving.move import Move, Moved
from pwl_tui.wording.place import MOVING_INTERRUPTED, moved_words, place_words

_FILE = "file"
"""What ``--to`` calls the state file of the state directory."""


def _state_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("settle", "copy"),
        help="settle: decide about a state that was moved, copied or restored; copy: move the jobs into a"
        " database that several machines share, or back into the state file",
    )
    parser.add_argument(
        "--as",
        dest="as_",
        choices=("moved", "copy"),
        help="With settle: moved if the other one is gone, and work continues here; copy if the other one"
        " stays in use, and nothing that is planned here is sent",
    )
    parser.add_argument(
        "--to",
        metavar="URL",
        help="With copy: where to, a PostgreSQL URL without a password, or 'file' for the state file of this"
        " state directory",
    )


def state(session: Session) -> int:
    """Do one thing with the state."""
    arguments = session.arguments
    if arguments.action == "copy":
        if arguments.as_ is not None:
            raise UsageError("--as cannot be used with copy.", "Leave it out.")
        return _copy(session, arguments.to)
    if arguments.to is not None:
        raise UsageError("--to cannot be used with settle.", "Leave it out.")
    return _settle(session)


def _settle(session: Session) -> int:
    """Show where the state belongs, or record what the person decided about it."""
    engine, decision = session.engine, session.arguments.as_
    if decision is not None:
        moved = decision == "moved"
        session.output.say(place_words(moved=moved, withdrawn=engine.settle_place(moved=moved)))
        return Exit.DONE
    if (misplaced := engine.misplaced) is not None:
        session.output.problem(misplaced)
        return Exit.FAILED
    session.output.say(f"The state is where it belongs: {session.store.places.here}.")
    return Exit.DONE


def _copy(session: Session, to: str | None) -> int:
    """Move the jobs into a database, or back into the state file."""
    if session.demo:
        raise UsageError("The demo's jobs cannot be moved.", "Leave --demo out.")
    if to is None:
        raise UsageError("--to is missing.", "Add --to URL, or --to file.")
    if to != _FILE:
        _require_url(to)
    try:
        moved = _move(session, to)
    except KeyboardInterrupt:
        session.output.note(MOVING_INTERRUPTED)
        return Exit.INTERRUPTED
    session.output.say(moved_words(moved, shared=to != _FILE))
    return Exit.DONE


def _move(session: Session, to: str) -> Moved:
    def tell(done: int, total: int) -> None:
        rows = total // 2  # each is copied, and then checked
        part = (
            f"{done:,} of {rows:,} rows copied"
            if done < rows
            else f"{done - rows:,} of {rows:,} rows checked"
        )
        session.output.progress(done / total if total else 1.0, part)

    move = Move(session.state_directory, time.time, tell, session.patience, journals=paths.journals_dir())
    return move.to_file(session.state_url) if to == _FILE else move.to_database(to)


def _require_url(to: str) -> None:
    """Check the URL of a database before anything is done.

    Raises:
        UsageError: it cannot be one, or it has a password in it. The error does not repeat it.
    """
    rule = ""
    try:
        check_state_url(to)
    except ValueError as error:
        rule = str(error)
    if rule:  # out of the block, so that nothing of the URL hangs on it
        raise UsageError(f"--to must {rule}.", "Or use --to file, to move the jobs into the state file.")


COMMANDS = {
    "state": Command(
        state,
        _state_arguments,
        "A directory that was copied or moved to another machine or path sends nothing until you say which it"
        " is: two copies would pay for the same numbers twice. So does a restored database."
        " settle without --as says where the state belongs. copy checks what it has copied before the"
        " original is given up; if it is interrupted, the same command continues.",
    ),
}
