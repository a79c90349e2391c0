"""Asking the person before credits are spent or something is deleted."""

import re
import sys

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.wording.figures import counted

_GROUPING = re.compile(r"[\s.,'_]")
"""What people write between thousands, in one country or another."""


def require_spending(session: Session) -> None:
    """Fail before any work is done if no credits can be spent.

    Raises:
        EngineError: There is no key, or ``--no-spend`` was given.
    """
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    if (forbidden := session.engine.forbidden) is not None:
        raise EngineError(forbidden)


def spending_agreed(session: Session, to_pay: int, left: int | None) -> bool:
    """Return whether to spend credits: because of ``--yes``, or because the person agrees.

    Args:
        session: its settings say above which amount the person must type it.
        to_pay: credits to spend.
        left: credits that remain afterwards. None means unknown.

    Raises:
        UsageError: The person must be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    output, limit = session.output, session.settings.confirm_above
    _require_terminal("nothing was sent", "Add --yes to spend credits without being asked.")
    cost = counted(to_pay, "credit") + ("" if left is None else f", leaving {left:,}")
    if limit and to_pay > limit:
        typed = _asked(output, f"Type {to_pay} to spend {cost}: ")
        return _GROUPING.sub("", typed) == str(to_pay)
    return _yes(_asked(output, f"Spend {cost}? [y/N] "))


def removal_agreed(session: Session, what: str) -> bool:
    """Return whether to delete something: because of ``--yes``, or because the person agrees.

    Raises:
        UsageError: The person must be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    _require_terminal("nothing was deleted", "Add --yes to delete without being asked.")
    return _yes(_asked(session.output, f"Delete {what} for good? [y/N] "))


def _require_terminal(outcome: str, remedy: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"No terminal to confirm on; {outcome}.", remedy)


def _asked(output: Output, question: str) -> str:
    output.write_beside(question)
    return sys.stdin.readline()


def _yes(answer: str) -> bool:
    return answer.strip().lower() in {"y", "yes"}
