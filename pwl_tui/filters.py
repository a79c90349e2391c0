"""The filters over the results of a list, declared once.

``export --only`` takes their keys, the tabs of a job and the export form show their titles, exports ask them
about each row, and queries are built from their conditions.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

Choice = Literal["on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent"]
"""The key of a filter."""
Which: TypeAlias = Literal["all"] | Choice
"""The key of a filter, or no filter at all."""


class Answered(Protocol):
    """What filters look at: the result of a number or row."""

    @property
    def outcome(self) -> str:
        """``completed``, ``failed``, ``pending``, ``rejected`` or ``not_sent``."""

    @property
    def on_whatsapp(self) -> bool | None:
        """None means unknown."""

    @property
    def business(self) -> bool | None:
        """Whether it is a WhatsApp Business account; None means unknown."""


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
    matches: Callable[[Answered], bool]
    condition: str
    divides: bool = True


def _by_outcome(title: str, brief: str, outcome: str) -> ResultFilter:
    return ResultFilter(title, brief, lambda one: one.outcome == outcome, f"outcome='{outcome}'")


FILTERS: Final[Mapping[Choice, ResultFilter]] = {
    "on-whatsapp": ResultFilter(
        "On WhatsApp", "WhatsApp", lambda one: one.on_whatsapp is True, "on_whatsapp=1"
    ),
    "business": ResultFilter(
        "Business",
        "Business",
        lambda one: one.on_whatsapp is True and one.business is True,
        "on_whatsapp=1 AND business=1",
        divides=False,
    ),
    "not-on-whatsapp": ResultFilter(
        "Not on WhatsApp", "Not", lambda one: one.on_whatsapp is False, "on_whatsapp=0"
    ),
    "failed": _by_outcome("Failed", "Failed", "failed"),
    "pending": _by_outcome("Pending", "Pending", "pending"),
    "not-sent": _by_outcome("Not sent", "Unsent", "not_sent"),
    "rejected": _by_outcome("Rejected", "Rejected", "rejected"),
}
"""In the order in which they are offered."""
