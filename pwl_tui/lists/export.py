"""The person's own list back, in order and with its own columns, and the answers beside them."""

import csv
import io
from collections.abc import Callable, Iterable
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

import msgspec

from pwl_tui.lists.columns import name_columns
from pwl_tui.lists.encodings import marked
from pwl_tui.lists.errors import unusable
from pwl_tui.lists.files import complete_file
from pwl_tui.lists.plan import row_label
from pwl_tui.lists.readers import Reading, Source, header, rows
from pwl_tui.lists.records import MAX_CELL

FIELDS = (
    "wa_number",
    "wa_outcome",
    "wa_on_whatsapp",
    "wa_business",
    "wa_carrier",
    "wa_country",
    "wa_note",
)
"""The columns that are added."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = {True: "true", False: "false", None: ""}


class Answer(NamedTuple):
    """What is known of one row.

    Attributes:
        number: E.164 without the plus; 0: none.
        outcome: ``completed``, ``failed``, ``pending``, ``rejected`` or ``not_sent``.
        on_whatsapp: none where it is not known.
        business: a WhatsApp Business account; none where it is not known.
        carrier: as the service names it; may be empty, as the next two.
        country: as the service names it.
        note: for people: why it was rejected, which row it repeats, from when it is.
    """

    number: int
    outcome: str
    on_whatsapp: bool | None
    business: bool | None
    carrier: str
    country: str
    note: str


_Row = tuple[int, list[str], Answer]
"""Index, the person's cells, the answer."""

_CHOICES: dict[str | None, Callable[[Answer], bool]] = {
    None: lambda _: True,
    "on-whatsapp": lambda answer: answer.on_whatsapp is True,
    "not-on-whatsapp": lambda answer: answer.on_whatsapp is False,
    "business": lambda answer: answer.business is True,
    "failed": lambda answer: answer.outcome == "failed",
    "rejected": lambda answer: answer.outcome == "rejected",
    "pending": lambda answer: answer.outcome == "pending",
}


def export_file(
    path: Path,
    source: Source,
    reading: Reading,
    answers: Iterable[Answer],
    *,
    format: str,  # noqa: A002 - the word of the command line
    only: str | None,
    digits: bool = False,
    force: bool = False,
) -> int:
    """Write a list with its answers to a file, which is complete or absent; return how many rows it has.

    ``csv`` has the person's cells unchanged, their delimiter and line end, in UTF-8 (with a byte order mark
    if they had one); without a header, none is added. A list without columns becomes the column ``input``.
    ``jsonl`` has an object a row, ``txt`` each number once.

    Args:
        path: the file.
        source: the list.
        reading: how it was read.
        answers: one a row, in order.
        format: ``csv``, ``jsonl`` or ``txt``.
        only: which rows: ``on-whatsapp``, ``not-on-whatsapp``, ``business``, ``failed``, ``rejected`` or
            ``pending``; none: all.
        digits: numbers without the plus.
        force: replace a file of that name.

    Raises:
        ListError: the file cannot be written or exists already, or there is no such format or choice.
    """
    if format not in _WRITERS or only not in _CHOICES:
        raise unusable(
            f"There is no export as {format!r}{f' of {only!r}' if only else ''}.",
            f"Formats are {', '.join(_WRITERS)}; rows are {', '.join(filter(None, _CHOICES))}, or all.",
        )
    wanted = _CHOICES[only]
    pairs = zip(rows(source, reading), answers, strict=True)
    chosen = ((index, row, answer) for index, (row, answer) in enumerate(pairs) if wanted(answer))
    with complete_file(path, force=force) as stream:
        return _WRITERS[format](stream, source, reading, chosen, digits)


def _write_csv(
    stream: BinaryIO, source: Source, reading: Reading, chosen: Iterable[_Row], digits: bool
) -> int:
    heading = header(source, reading) or ([] if reading.delimiter else ["input"])
    width = max(len(heading), _width(source, reading))
    text = io.TextIOWrapper(stream, "utf-8-sig" if _starts_with_mark(source) else "utf-8", newline="")
    writer = csv.writer(
        text if _ends_lines_with_crlf(source, reading) else _LineFeeds(text),
        delimiter=reading.delimiter or ",",
    )
    if heading:
        writer.writerow([*_padded(heading, width), *_free_names(heading)])
    written = 0
    for _, row, answer in chosen:
        writer.writerow([*_padded(row, width), *_cells(answer, digits)])
        written += 1
    text.detach()  # flushes, and leaves the stream open
    return written


class _LineFeeds:
    """Ends each line with LF; the writer itself ends it with CRLF, for it quotes what its line end has."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def write(self, line: str) -> int:
        return self._text.write(line.removesuffix("\r\n") + "\n")


def _write_jsonl(
    stream: BinaryIO, source: Source, reading: Reading, chosen: Iterable[_Row], digits: bool
) -> int:
    plain = not (reading.delimiter or reading.header)
    names = ("input",) if plain else name_columns(reading.columns, _width(source, reading))
    encoder = msgspec.json.Encoder()
    written = 0
    for index, row, answer in chosen:
        known = (
            _shown(answer.number, digits) or None,
            answer.outcome,
            answer.on_whatsapp,
            answer.business,
            answer.carrier or None,
            answer.country or None,
            answer.note or None,
        )
        line = {
            "row": row_label(index, reading),
            "input": dict(zip(names, row, strict=False)),  # a ragged row has fewer cells
            **dict(zip(FIELDS, known, strict=True)),
        }
        stream.write(encoder.encode(line) + b"\n")
        written += 1
    return written


def _write_txt(
    stream: BinaryIO, _source: Source, _reading: Reading, chosen: Iterable[_Row], digits: bool
) -> int:
    numbers = dict.fromkeys(answer.number for _, _, answer in chosen if answer.number)
    stream.writelines(f"{_shown(number, digits)}\n".encode() for number in numbers)
    return len(numbers)


_WRITERS = {"csv": _write_csv, "jsonl": _write_jsonl, "txt": _write_txt}


def _cells(answer: Answer, digits: bool) -> list[str]:
    return [
        _shown(answer.number, digits),
        answer.outcome,
        _WORDS[answer.on_whatsapp],
        _WORDS[answer.business],
        _harmless(answer.carrier),
        _harmless(answer.country),
        _harmless(answer.note),
    ]


def _shown(number: int, digits: bool) -> str:
    return f"{'' if digits else '+'}{number}" if number else ""


def _harmless(text: str) -> str:
    """Return a string of the service so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _free_names(heading: list[str]) -> list[str]:
    """Return names for our columns that the list does not have yet: it may be an export itself."""
    taken = {name.strip().casefold() for name in heading}
    suffixes = chain([""], (f"_{number}" for number in count(2)))
    candidates = ([name + suffix for name in FIELDS] for suffix in suffixes)
    return next(names for names in candidates if taken.isdisjoint(names))


def _width(source: Source, reading: Reading) -> int:
    """Return the cells of the longest row, so that what is added lines up also in a ragged list."""
    return max(map(len, rows(source, reading)), default=0) if reading.delimiter else 1


def _starts_with_mark(source: Source) -> bool:
    with source.open() as stream:
        return marked(stream.read(4)) is not None


def _ends_lines_with_crlf(source: Source, reading: Reading) -> bool:
    with source.open() as stream, io.TextIOWrapper(stream, reading.encoding, newline="") as text:
        return text.readline(MAX_CELL).endswith("\r\n")
