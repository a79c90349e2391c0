"""The ledger: what was spent, and what the balance did that no charge explains."""

from collections.abc import Sequence
from typing import Final

from pwl_tui.engine.money.ledger import Ledger, Movement
from pwl_tui.wording.figures import counted, grouped

LOOKUP_IN_DOUBT: Final = "lookup without an answer; may have been charged"


def total(ledger: Ledger) -> str:
    """Return what was spent, and in how many charges."""
    return f"{counted(ledger.spent, 'credit')} spent in {counted(len(ledger.lines), 'charge')}"


def in_doubt(lookups: int) -> str:
    """Return that lookups got no answer, and what they may have cost."""
    cost = counted(lookups, "credit")
    return f"{counted(lookups, 'lookup')} without an answer: {cost} may have been spent."


def movement(moved: Movement, since: str = "") -> str:
    """Return what the balance did between two readings that no charge explains.

    Args:
        moved: what it did.
        since: when it was read before; may be empty.
    """
    since = f" since {since}" if since else ""
    if moved.unexplained < 0:
        return f"{counted(-moved.unexplained, 'credit')} added{since}"
    text = f"{counted(moved.unexplained, 'credit')} unexplained{since}"
    if not moved.known:
        return text
    return f"{text}: the balance fell by {grouped(moved.fell)}, {grouped(moved.known)} of them spent here"


def alarm(movements: Sequence[Movement], since: str = "") -> str:
    """Return that something else took credits.

    Args:
        movements: in which it did.
        since: the moment from which on; may be empty.
    """
    taken = sum(moved.unexplained for moved in movements)
    return f"{counted(taken, 'credit')} spent outside pwl-tui{f' since {since}' if since else ''}."
