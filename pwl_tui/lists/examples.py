"""Chooses examples of how a list is read, from all over it, while it is read."""

import phonenumbers
from phonenumbers import PhoneNumberFormat

from pwl_tui.lists.read.findings import Example

_MOST_KEPT = 64
_MOST_SHOWN = 5
_LONGEST_CELL = 60


class Examples:
    """Cells and their numbers, evenly spread over a list of any length.

    Attributes:
        following: the index of the next number to add, among the different ones of the list.
    """

    def __init__(self) -> None:
        self.following = 0
        self._step = 1
        self._kept: list[tuple[str, int]] = []

    def add(self, cell: str, number: int) -> None:
        """Add the cell that the number at index `following` comes from."""
        self._kept.append((cell, number))
        if len(self._kept) == _MOST_KEPT:
            del self._kept[1::2]
            self._step *= 2
        self.following += self._step

    def chosen(self) -> tuple[Example, ...]:
        """Return a few: first those that are not written with a ``+``, and one of each country.

        What is written as it is sent is no example of anything.
        """
        kept = [(cell, number) for cell, number in self._kept if cell.strip() != f"+{number}"]
        spread = kept[:: max(1, len(kept) // _MOST_SHOWN)]
        examples = [_example(*pair) for pair in sorted([*spread, *kept], key=lambda pair: "+" in pair[0])]
        first = {example.region: example for example in reversed(examples)}
        each = sorted(first.values(), key=examples.index)
        return tuple(dict.fromkeys([*each, *examples]))[:_MOST_SHOWN]


def _example(cell: str, number: int) -> Example:
    parsed = phonenumbers.parse(f"+{number}")
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).replace("-", " ")
    region = phonenumbers.region_code_for_number(parsed) or ""
    return Example(cell.strip()[:_LONGEST_CELL], number, written, region)
