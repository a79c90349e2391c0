"""Finds the numbers of a part of a list: the part of planning that can be divided among processes."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pwl_tui.lists.numbers.parse import numbers_in_cell, parse
from pwl_tui.lists.numbers.reasons import EMPTY, NO_COUNTRY_CODE, NO_PHONE_ID, NOT_A_NUMBER
from pwl_tui.lists.numbers.renumbered import lacks_ninth_digit
from pwl_tui.lists.numbers.text_numbers import national_in, numbers_in, unusable_in
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.rows import cell_groups, lines, mentioned, single_cells
from pwl_tui.lists.read.source import Source

PART_ROWS = 4_096
"""Work for some hundredths of a second: long enough that handing it over does not matter, short enough that
giving up does not take long."""

_BRAZIL = 10**11
"""What a mobile number of Brazil is divided by to get its country code."""
_NO_NUMBERS = {EMPTY, NOT_A_NUMBER, NO_PHONE_ID}
"""Reasons of what is not meant to be a phone number."""


class Part(NamedTuple):
    """Consecutive rows of a list, or its lines if numbers are looked for within them."""

    texts: list[str]
    """What may have the numbers, row by row."""
    widths: list[int] | None
    """How many of the texts each row has. None means one."""
    regions: list[str | None] | None
    """The region of each row's national numbers. None means that of the list."""

    def row(self, index: int) -> list[str]:
        """Return the texts of one row."""
        return [self.texts[index]] if self.widths is None else next(islice(self.rows(), index, None))

    def rows(self) -> Iterator[list[str]]:
        """Yield the texts of each row."""
        if self.widths is None:
            yield from ([text] for text in self.texts)
        else:
            texts = iter(self.texts)
            yield from (list(islice(texts, width)) for width in self.widths)


class Outcomes(NamedTuple):
    """What was found in the rows of a part."""

    numbers: "array[int]"
    """By row, its first number, E.164 without the plus; 0 if it has none."""
    reasons: "array[int]"
    """By row, the index into `REASONS` of why it has no number; 0 if it has one."""
    further: dict[int, list[int]]
    """The other numbers of rows with several, by the index of the row in the part."""
    different: "array[int]"
    """The numbers, each once, in the order of their first appearance."""
    first_rows: "array[int]"
    """For each of them, the row in which it appears first."""
    ninth_digits: int
    """See `ListPlan`."""
    beside: Counter[int]
    """By reason, how many unusable numbers are beside the number of a row."""
    mentions: list[str] | None
    """What was read of each row, if the part has lines; otherwise None."""

    def first_row(self, number: int) -> int:
        """Return the first row that has a number."""
        return self.first_rows[self.different.index(number)]

    def rows_with(self, numbers: list[int]) -> int:
        """Return how many rows are the first with one of the given numbers."""
        if not self.further:
            return len(numbers)
        rows = dict(zip(self.different, self.first_rows, strict=True))
        return len({rows[number] for number in numbers})


InOrder = Callable[[Callable[[Part], Outcomes], Iterable[Part]], Iterable[tuple[Part, Outcomes]]]
"""Applies a function to parts, and yields each with what came of it, in order."""


def in_turn(find: Callable[[Part], Outcomes], given: Iterable[Part]) -> Iterator[tuple[Part, Outcomes]]:
    """Apply it in this process, one part after the other."""
    return ((part, find(part)) for part in given)


def parts(source: Source, reading: Reading, watch: Callable[[int], None] | None) -> Iterator[Part]:
    """Yield the rows of a list in parts, in order.

    Args:
        source: the list.
        reading: how it is read.
        watch: see `Source.open`.

    Raises:
        ListError: the list cannot be read to its end in this way.
    """
    if reading.more_columns:
        groups = cell_groups(source, reading, watch)
        while some := list(islice(groups, PART_ROWS)):
            texts = [text for group, _ in some for text in group]
            yield Part(texts, [len(group) for group, _ in some], [region for _, region in some])
    elif reading.in_text or reading.region_column is None:
        singles = lines(source, reading, watch) if reading.in_text else single_cells(source, reading, watch)
        while read := list(islice(singles, PART_ROWS)):
            yield Part(read, None, None)
    else:
        pairs = cell_groups(source, reading, watch)
        while some := list(islice(pairs, PART_ROWS)):
            yield Part([group[0] if group else "" for group, _ in some], None, [region for _, region in some])


def outcomes(reading: Reading, part: Part) -> Outcomes:
    """Find the numbers of a part of a list.

    Args:
        reading: how it is read.
        part: some of its rows.
    """
    mentions, beside = None, Counter[int]()
    if reading.in_text:
        mentions = [text for line in part.texts for text in _in_line(reading, line, beside)]
        part = Part(mentions, None, None)
    further = dict[int, list[int]]()
    in_rows = _in_cells if part.widths is None else _in_groups
    found = in_rows(reading, part, further, beside)
    texts = part.texts if part.widths is None else [" ".join(texts) for texts in part.rows()]
    first_rows = dict[int, int]()
    ninth_digits = 0
    for row, number in enumerate(found):
        if number > 0:
            first_rows.setdefault(number, row)
            if number // _BRAZIL == 55 or row in further:
                others = further.get(row, ())
                for other in others:
                    first_rows.setdefault(other, row)
                ninth_digits += any(lacks_ninth_digit(texts[row], each) for each in (number, *others))
    return Outcomes(
        numbers=array("q", [max(0, number) for number in found]),
        reasons=array("b", [-number if number < 0 else 0 for number in found]),
        further=further,
        different=array("q", first_rows),
        first_rows=array("i", first_rows.values()),
        ninth_digits=ninth_digits,
        beside=beside,
        mentions=mentions,
    )


def _in_line(reading: Reading, line: str, beside: Counter[int]) -> list[str]:
    """Return what is read from a line; what is not a number beside others goes to `beside`."""
    found = mentioned(line, reading)
    if found != [line]:
        for text in unusable_in(line, found):
            number = parse(text, reading.region, reading.strictness)
            if number < 0:
                beside[-number] += 1
        if reading.region is None and (national := national_in(line, found)):
            beside[NO_COUNTRY_CODE] += national
    return found


def _in_cells(reading: Reading, part: Part, further: dict[int, list[int]], beside: Counter[int]) -> list[int]:
    """Return, by row, its first number, or the reason why it has none as a negative number."""
    strictness, plus_lost, region = reading.strictness, reading.plus_lost, reading.region
    if part.regions is None:
        found = [parse(text, region, strictness, plus_lost=plus_lost) for text in part.texts]
    else:
        found = [
            parse(text, its, strictness, plus_lost=plus_lost or its is not None)
            for text, its in zip(part.texts, part.regions, strict=True)
        ]
    if reading.several is not None and not reading.in_text:
        for row, number in enumerate(found):
            if number < 0 and number != -EMPTY:
                its = region if part.regions is None else part.regions[row]
                numbers, reasons = _several([part.texts[row]], its, reading)
                if numbers:
                    found[row], *others = numbers
                    if others:
                        further[row] = others
                    beside.update(reasons)
    return found


def _in_groups(
    reading: Reading, part: Part, further: dict[int, list[int]], beside: Counter[int]
) -> list[int]:
    """Return the same for rows with several cells."""
    found = list[int]()
    for texts, region in zip(part.rows(), part.regions or (), strict=True):
        numbers, reasons = _several(texts, region, reading)
        if numbers:
            beside.update(reasons)
        if len(numbers) > 1:
            further[len(found)] = numbers[1:]
        found.append(numbers[0] if numbers else -reasons[0] if reasons else -EMPTY)
    return found


def _several(texts: Sequence[str], region: str | None, reading: Reading) -> tuple[list[int], list[int]]:
    """Return the numbers of a row, each once and as many as are wanted, and why other texts are not numbers.

    With numbers, the reasons are of what should be one beside them; otherwise the first is of the row. There
    is none if all texts are empty.
    """
    found: dict[int, None] = {}
    why: list[int] = []
    lost = reading.plus_lost or (reading.region_column is not None and region is not None)
    for text in texts:
        number = parse(text, region, reading.strictness, plus_lost=lost)
        read = [number] if number > 0 else []
        if number < 0 and number != -EMPTY:
            read = numbers_in_cell(text, region, reading.strictness, plus_lost=lost)
            if not reading.delimiter and max(read, default=0) <= 0:
                read = [parse(number, region, "valid") for number in numbers_in(text, region)]
            if max(read, default=0) <= 0:
                read = [number]
        found |= dict.fromkeys(number for number in read if number > 0)
        why += (-number for number in read if number < 0)
        if found and reading.several == "first":
            break
    if found:
        why = [reason for reason in why if reason not in _NO_NUMBERS]
    return list(found)[: 1 if reading.several == "first" else None], why
