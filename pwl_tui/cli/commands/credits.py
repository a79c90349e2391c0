"""``lookup``, ``known``, ``balance`` and ``ledger``: credits and single numbers."""

import sys
import threading
from argparse import ArgumentParser
from typing import Final

from pwl_tui.cli.arguments import Command, add_json, add_yes
from pwl_tui.cli.confirm import require_spending, spending_agreed
from pwl_tui.cli.errors import UsageError, exit_of_problem
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import GRACE_SECONDS, awaited
from pwl_tui.cli.output import table
from pwl_tui.cli.render.jobs import warn_of_alarms
from pwl_tui.cli.render.json_output import balance_shape, known_shape, ledger_shape, lookup_shape
from pwl_tui.cli.render.text_output import known_text, ledger_text, lookup_text
from pwl_tui.cli.session import Session
from pwl_tui.cli.signals import leave_signals
from pwl_tui.engine.money.lookups import Finding, LookupPlan
from pwl_tui.engine.problems import NO_KEY, SENDING_ELSEWHERE, EngineError
from pwl_tui.problem import Problem
from pwl_tui.provider import PROVIDER
from pwl_tui.wording.lookup import cost

_REFUSED_SHOWN: Final = 10


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


def _add_numbers(parser: ArgumentParser) -> None:
    parser.add_argument(
        "numbers",
        nargs="+",
        metavar="NUMBER",
        help="+14155552671, a link to WhatsApp, or a national number with a region; - reads standard input",
    )
    parser.add_argument("--region", metavar="CC", help="Two-letter country of national numbers")


def _known_arguments(parser: ArgumentParser) -> None:
    _add_numbers(parser)
    add_json(parser)


def known(session: Session) -> int:
    """Show what is known of single numbers without asking the service."""
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    found = session.engine.jobs.known(_typed_numbers(session))
    session.output.value([known_shape(one) for one in found], known_text(found))
    return Exit.DONE


def _lookup_arguments(parser: ArgumentParser) -> None:
    _add_numbers(parser)
    parser.add_argument("--fresh", action="store_true", help="Ask again and pay, even if the answer is known")
    add_yes(parser, "Spend credits without asking")
    add_json(parser)


def lookup(session: Session) -> int:
    """Show what is known of single numbers, and pay for those of which nothing is."""
    output, lookups = session.output, session.engine.lookups
    plan = lookups.plan(_typed_numbers(session), fresh=session.arguments.fresh)
    if plan.to_ask:
        require_spending(session)
        if plan.problem is None and not _lookup_agreed(session, plan):
            output.note("Nothing was sent.")
            return Exit.USAGE
    leaving = threading.Event()
    cut = threading.Timer(GRACE_SECONDS, session.engine.cut)
    cut.daemon = True

    def leave() -> None:
        leaving.set()
        output.note(awaited("the lookup that is being paid for"))
        cut.start()

    found: list[Finding] = []
    try:
        with leave_signals(leave, session.engine.cut):
            for finding in lookups.run(plan, leaving.is_set, lambda: output.note(SENDING_ELSEWHERE)):
                found.append(finding)
                if plan.to_ask > 1:
                    output.progress(
                        len(found) / len(plan.numbers), f"{len(found)} of {len(plan.numbers)} numbers"
                    )
    finally:
        cut.cancel()
    output.value([lookup_shape(finding) for finding in found], lookup_text(found))
    if leaving.is_set():
        output.note("Interrupted; every answer is saved. Run the same command to look up the rest.")
        return Exit.INTERRUPTED
    return next((_exit_of(one, one.problem) for one in found if one.problem is not None), Exit.DONE)


def _exit_of(finding: Finding, problem: Problem) -> Exit:
    return Exit.FAILED if finding.ours else exit_of_problem(problem)


def _typed_numbers(session: Session) -> tuple[int, ...]:
    """Return the numbers that were given.

    Raises:
        UsageError: One of them is unusable, or there is none.
        ListError: There is no such region.
    """
    from pwl_tui.lists.numbers.regions import checked_region  # takes all of libphonenumber along
    from pwl_tui.lists.numbers.typed import read_typed, split

    arguments, settings = session.arguments, session.settings
    texts: list[str] = []
    for text in arguments.numbers:
        texts += split(sys.stdin.buffer.read().decode(errors="replace")) if text == "-" else [text]
    given = settings.region if arguments.region is None else arguments.region
    region = None if given is None else checked_region(given)
    typed = read_typed(texts, region, settings.lists.numbers)
    if typed.refused:
        more = len(typed.refused) - _REFUSED_SHOWN
        sentences = [*typed.refused[:_REFUSED_SHOWN], *([f"And {more:,} more."] if more > 0 else [])]
        remedy = "Nothing was looked up or paid. Quote a number that has spaces in it."
        if region is not None:
            remedy += f" Numbers without + are read as those of {region}; --region changes that."
        if typed.needs_region:
            remedy = (
                "Nothing was looked up or paid. Begin a number with + and its country code, or give the"
                " country of national numbers with --region, such as --region GB."
            )
        raise UsageError(" ".join(sentences), remedy)
    if not typed.numbers:
        raise UsageError(
            "There is no number to look up.",
            f"Give at least one: `pwl-tui {arguments.command} +14155552671`.",
        )
    return typed.numbers


def _lookup_agreed(session: Session, plan: LookupPlan) -> bool:
    """Return whether to pay for a plan.

    One number is not worth a question. For several, whoever typed them on a terminal is asked. A script that
    names its numbers has decided; one that pipes them in may not know how many there are, and needs --yes.

    Raises:
        UsageError: The person must be asked, and there is no terminal.
    """
    arguments, output = session.arguments, session.output
    piped = "-" in arguments.numbers
    asked = piped or (not output.json and sys.stdin.isatty() and output.err.isatty())
    if arguments.yes or plan.to_ask == 1 or not asked:
        return True
    output.note(cost(plan))
    return spending_agreed(session, plan.to_ask, None if plan.balance is None else plan.balance - plan.to_ask)


def ledger(session: Session) -> int:
    """Show what the credits of the current key were spent on."""
    found = session.engine.credits.ledger()
    session.output.value(ledger_shape(found), ledger_text(found))
    return Exit.DONE


COMMANDS = {
    "known": Command(
        known,
        _known_arguments,
        "It does not contact the service. It shows the last answer, when the service gave it, and which of"
        " the key's lists contain the number. Numbers are read as in lists.",
    ),
    "lookup": Command(
        lookup,
        _lookup_arguments,
        "Numbers are read as in lists; if one is unusable, nothing is sent. Answers from your jobs or earlier"
        " lookups, up to reuse_days old, are free. On a terminal, it asks before it pays for several"
        " numbers.",
    ),
    "balance": Command(balance, _balance_arguments),
    "ledger": Command(
        ledger,
        add_json,
        "Changes of the balance that these charges do not explain are marked with an exclamation mark.",
    ),
}
