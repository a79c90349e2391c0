"""Asking the person before credits are spent or something is removed."""

import re
import sys

from pwl_tui.cli.exit_codes import UsageError
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.engine.problems import NO_KEY, NO_SPEND, EngineError

_GROUPING = re.compile(r"[\s.,'_]")
"""What stands between thousands, wherever people come from."""


def require_spending(session: Session) -> None:
    """Make sure, before any work is done for it, that credits can be spent at all.

    Raises:
        EngineError: there is no key, or the session may not spend.
    """
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    if not session.engine.may_spend:
        raise EngineError(NO_SPEND)


def spending_agreed(session: Session, to_pay: int, left: int | None) -> bool:
    """Return whether the credits are to be spent: by ``--yes``, or because the person says so.

    Args:
        session: its settings say from which amount on it is to be typed.
        to_pay: the credits.
        left: credits that are there afterwards; none: not known.

    Raises:
        UsageError: it has to be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    output, limit = session.output, session.settings.confirm_above
    _require_terminal("nothing was sent", "Add --yes to spend the credits.")
    after = "" if left is None else f", {left:,} are left then"
    if limit and to_pay > limit:
        typed = _asked(output, f"Type {to_pay} to spend {to_pay:,} credits{after}: ")
        return _GROUPING.sub("", typed) == str(to_pay)
    return _yes(_asked(output, f"Spend {to_pay:,} credits{after}? [y/N] "))


def removal_agreed(session: Session, what: str) -> bool:
    """Return whether something is to be removed for good: by ``--yes``, or because the person says so.

    Raises:
        UsageError: it has to be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    _require_terminal("nothing was removed", "Add --yes to remove it.")
    return _yes(_asked(session.output, f"Remove {what} for good? [y/N] "))


def _require_terminal(kept: str, remedy: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to ask on, and {kept}.", remedy)


def _asked(output: Output, question: str) -> str:
    output.err.write(question)
    output.err.flush()
    return sys.stdin.readline()


def _yes(answer: str) -> bool:
    return answer.strip().lower() in {"y", "yes"}
