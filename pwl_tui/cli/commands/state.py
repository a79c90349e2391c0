"""``state``: where the state belongs."""

from argparse import ArgumentParser

from pwl_tui.cli.arguments import Command
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.session import Session
from pwl_tui.wording.place import place_words


def _state_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("settle",), help="settle: decide about a state that was moved, copied or restored"
    )
    parser.add_argument(
        "--as",
        dest="as_",
        choices=("moved", "copy"),
        help="moved: the other one is gone, and work continues here; copy: the other one stays in use, and"
        " nothing that is planned here is sent",
    )


def state(session: Session) -> int:
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


COMMANDS = {
    "state": Command(
        state,
        _state_arguments,
        "A directory that was copied or moved to another machine or path sends nothing until you say which it"
        " is: two copies would pay for the same numbers twice. So does a restored database."
        " Without --as, it says where the state belongs.",
    ),
}
