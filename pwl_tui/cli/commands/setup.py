"""``config`` and ``simulator``: what surrounds the work."""

import os
import signal
import threading
from types import FrameType

from pwl_tui import config as configuration
from pwl_tui import paths
from pwl_tui.cli.exit_codes import Exit, UsageError
from pwl_tui.cli.session import Session


def config(session: Session) -> int:
    """Write a commented configuration file, say where it is, or show the settings in force."""
    action, file = session.arguments.action, session.config_file
    if action == "path":
        session.output.say(str(file))
    elif action == "show":
        session.output.say(configuration.show(session.settings).rstrip())
    elif os.path.exists(file):
        raise UsageError(f"{file} is there already.", "Edit it, or move it away first.")
    else:
        paths.write_private(file, configuration.example().encode())
        session.output.say(f"Wrote {file}. Put your key there.")
    return Exit.DONE


def simulator(session: Session) -> int:
    """Run the embedded service until it is interrupted."""
    from pwl_tui.simulator.demo import serve
    from pwl_tui.simulator.faults import FaultsError

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
            faults_file=arguments.faults,
            announce=session.output.say,
            stop=stop,
        )
    except FaultsError as error:
        raise UsageError(str(error), "Correct the file and start again.") from None
    except (OSError, OverflowError, ValueError) as error:
        raise UsageError(
            f"The simulator cannot start: {error}.", "Choose other values or another port."
        ) from None
    return Exit.DONE
