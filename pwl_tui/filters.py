"""The filters over the results of a list, declared once.

``export --only`` takes their keys, the tabs of a job and the export form show their titles, exports ask them
about each row, and queries are built from their conditions.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from pwl_tui.answer import Answer, Outcome

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""The key of a filter."""
Which: TypeAlias = Literal["all"] | Choice
"""The key of a filter, or no filter at all."""


class ResultFilter(NamedTuple):
    """One filter.

    Attributes:
        title: on the screen.
        brief: where there is little room; still a word.
        matches: whether it lets a result through.
        condition: the same over the columns of the state file, in SQL.
        divides: each row passes exactly one of the filters that divide.
    """

    title: str
    brief: str
    matches: Callable[[Answer], bool]
    condition: str
    divides: bool = True


def _by_outcome(title: str, brief: str, outcome: Outcome) -> ResultFilter:
    return ResultFilter(title, brief, lambda answer: answer.outcome == outcome, f"outcome='{outcome}'")


FILTERS: Final[Mapping[Choice, ResultFilter]] = {
    "on-whatsapp": ResultFilter(
        "On WhatsApp", "WhatsApp", lambda answer: answer.on_whatsapp is True, "on_whatsapp=1"
    ),
    "business": ResultFilter(
        "Business",
        "Business",
        lambda answer: answer.on_whatsapp is True and answer.business is True,
        "on_whatsapp=1 AND business=1",
        divides=False,
    ),
    "not-on-whatsapp": ResultFilter(
        "Not on WhatsApp", "Not", lambda answer: answer.on_whatsapp is False, "on_whatsapp=0"
    ),
    "failed": _by_outcome("Failed", "Failed", Outcome.FAILED),
    "pending": _by_outcome("Pending", "Pending", Outcome.PENDING),
    "not-sent": _by_outcome("Not sent", "Unsent", Outcome.NOT_SENT),
    "rejected": _by_outcome("Rejected", "Rejected", Outcome.REJECTED),
}
"""In the order in which they are offered."""
