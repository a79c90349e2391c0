"""``config``, ``completion`` and ``simulator``: setting pwl-tui up, and trying it."""

import os
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType

from pwl_tui import config as configuration
from pwl_tui import paths
from pwl_tui.cli.arguments import Command
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.parser import build_parser
from pwl_tui.cli.session import Session


def _config_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("init", "path", "show"),
        help="init: write a commented file; path: print where it is; show: print the current settings,"
        " without the key",
    )


def config(session: Session) -> int:
    """Write a commented configuration file, print where it is, or print the current settings."""
    action, file = session.arguments.action, session.config_file
    if action == "path":
        session.output.say(str(file))
    elif action == "show":
        session.output.say(configuration.show(session.settings).rstrip())
    elif os.path.exists(file):
        raise UsageError(f"{file} already exists.", "Edit it, or move it away.")
    else:
        paths.write_private(file, configuration.example().encode())
        session.output.say(f"Wrote {file}. Add your API key to it.")
    return Exit.DONE


def _completion_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="Your shell")


def completion(session: Session) -> int:
    """Print what makes a shell complete commands, options, their values, and files."""
    import shtab  # only here, so that no other command waits for it

    parser, kinds = build_parser(), {"LIST": shtab.FILE, "FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
    for command in (parser, *parser.commands.values()):
        command.description = None  # shells show the summary instead, which is shorter
        for action in command.actions:
            if action.metavar in kinds:
                vars(action)["complete"] = kinds[action.metavar]
    session.output.say(shtab.complete(parser, session.arguments.shell).rstrip())
    return Exit.DONE


def _simulator_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="Port (default: any free port)")
    parser.add_argument("--credits", type=int, default=50_000, metavar="N", help="Credits (default: 50,000)")
    parser.add_argument(
        "--rate", type=float, default=50.0, metavar="N", help="Numbers checked per second (default: 50)"
    )
    parser.add_argument(
        "--queue",
        choices=("one-by-one", "side-by-side", "own-rate"),
        default="one-by-one",
        help="How it works through batches (default: one-by-one); with own-rate, --rate is for each",
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="TOML file that says what goes wrong")


def simulator(session: Session) -> int:
    """Run the simulated service until it is interrupted."""
    from pwl_tui.simulator.demo import serve
    from pwl_tui.simulator.faults import FaultsError
    from pwl_tui.simulator.queues import QueueKind

    arguments, stop = session.arguments, threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    try:
        serve(
            port=arguments.port,
            whatsapp_credits=arguments.credits,
            rate=arguments.rate,
            queue=QueueKind(arguments.queue),
            faults_file=arguments.faults,
            announce=session.output.say,
            stop=stop,
        )
    except FaultsError as error:
        raise UsageError(str(error), "Correct the file and try again.") from None
    except (OSError, OverflowError, ValueError) as error:
        raise UsageError(
            f"Could not start the simulator: {error}.", "Try other values or another port."
        ) from None
    return Exit.DONE


COMMANDS = {
    "config": Command(config, _config_arguments),
    "completion": Command(
        completion,
        _completion_arguments,
        "Save it where your shell looks for completions, such as"
        " ~/.local/share/bash-completion/completions/pwl-tui for bash, a file _pwl-tui in a directory of"
        " $fpath for zsh, and ~/.config/fish/completions/pwl-tui.fish for fish.",
    ),
    "simulator": Command(
        simulator, _simulator_arguments, "It prints its address and a key to try things with; Ctrl+C ends it."
    ),
}
