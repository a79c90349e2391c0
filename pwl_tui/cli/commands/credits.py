"""``lookup``, ``balance`` and ``ledger``: credits and single numbers."""

from argparse import ArgumentParser
from typing import Any

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.arguments import Command, add_json
from pwl_tui.cli.errors import exit_of
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.output import table
from pwl_tui.cli.render.jobs import warn_of_alarms
from pwl_tui.cli.render.json_output import balance_shape, ledger_shape, lookup_shape
from pwl_tui.cli.render.text_output import ledger_text
from pwl_tui.cli.session import Session
from pwl_tui.provider import PROVIDER


def _balance_arguments(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--service",
        choices=PROVIDER.services,
        default=PROVIDER.batch_service,
        help=f"Show the credits of this service (default: {PROVIDER.batch_service}, which pays for batches)",
    )
    which.add_argument("--all", action="store_true", help="Show the credits of every service")
    add_json(parser)


def balance(session: Session) -> int:
    """Show the credits of one service, or of all."""
    arguments, engine = session.arguments, session.engine
    services = PROVIDER.services if arguments.all else (arguments.service,)
    readings = [engine.credits.balance(service) for service in services]
    shapes = [balance_shape(reading) for reading in readings]
    rows = [(reading.service, f"{reading.balance:,}") for reading in readings]
    session.output.value(
        shapes if arguments.all else shapes[0], table(("Service", "Credits"), rows, left=(0,))
    )
    warn_of_alarms(session)
    return Exit.DONE


def _lookup_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "numbers", nargs="+", metavar="NUMBER", help="+14155552671, or a national number with a region"
    )
    add_json(parser)


def lookup(session: Session) -> int:
    """Check single numbers; if one fails, the others are still checked."""
    shapes: list[dict[str, Any]] = []
    code: int = Exit.DONE
    for number in session.arguments.numbers:
        try:
            shapes.append(lookup_shape(number, session.engine.credits.lookup(number), None))
        except ApiError as error:
            shapes.append(lookup_shape(number, None, error.problem))
            code = code or exit_of(error)
    session.output.value(shapes, "\n".join(_lookup_text(shape) for shape in shapes))
    return code


def ledger(session: Session) -> int:
    """Show what the credits of the current key were spent on."""
    found = session.engine.credits.ledger()
    session.output.value(ledger_shape(found), ledger_text(found))
    return Exit.DONE


def _lookup_text(shape: dict[str, Any]) -> str:
    if shape["error"] is not None:
        return f"{shape['number']}  {shape['error'].message} {shape['error'].remedy}"
    words = {True: "on WhatsApp", False: "not on WhatsApp", None: "unknown"}[shape["on_whatsapp"]]
    business = ", business" if shape["business"] else ""
    details = ", ".join(str(shape[name]) for name in ("carrier", "country", "line_type") if shape[name])
    return f"{shape['number']}  {words}{business}  {details}".rstrip()


COMMANDS = {
    "lookup": Command(lookup, _lookup_arguments),
    "balance": Command(balance, _balance_arguments),
    "ledger": Command(
        ledger,
        add_json,
        "Changes of the balance that these charges do not explain are marked with an exclamation mark.",
    ),
}
