"""Converts vCards (2.1, 3.0 and 4.0) to CSV: a row a card, with its name and its phone numbers.

Only ``FN``, ``N``, ``ORG`` and ``TEL`` are read, as RFC 6350 and its forerunners write them: folded lines,
groups (``item1.TEL``), quoted-printable, and the encodings of old phones.
"""

import csv
import io
import quopri
import re
from collections.abc import Callable, Iterable, Iterator

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import BETWEEN_NUMBERS, CSV_ENCODING, Converted
from pwl_tui.lists.read.encodings import decoded_lines

_READ = {b"FN", b"N", b"ORG", b"TEL", b"BEGIN", b"END"}
_PROPERTY = re.compile(rb'(?:[\w-]+\.)?([A-Za-z-]+)((?:;(?:"[^"]*"|[^:";])*)*):(.*)', re.DOTALL)
_CHARSET = re.compile(rb"CHARSET=([\w-]+)", re.IGNORECASE)
_WAID = re.compile(rb";WAID=(\d+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED_SEMICOLON = re.compile(r"(?<!\\);")
_LONGEST_VALUE = 1 << 16
_ROWS_AT_ONCE = 1_000


def convert(blocks: Iterable[bytes], name: str, sheet: str | None, _wait: Callable[[], None]) -> Converted:
    """Read vCards. See `formats.Converter` for the arguments.

    Raises:
        ListError: a sheet was asked for. Reading the converted blocks raises it, too.
    """
    if sheet is not None:
        raise ListError(f"{name} is not a workbook, so it has no sheets.", "Leave out --sheet.")
    return Converted(None, (), _csv(_cards(_properties(_unfolded(decoded_lines(blocks, name))))))


def _csv(cards: Iterator[tuple[str, str]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("name", "phone"))
    for count, card in enumerate(cards, 1):
        writer.writerow(card)
        if not count % _ROWS_AT_ONCE:
            yield text.getvalue().encode(CSV_ENCODING, "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode(CSV_ENCODING, "replace")


def _unfolded(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole properties: a line that begins with a blank goes on with the one before it."""
    whole, soft = b"", False
    for line in lines:
        if soft:
            whole, soft = whole + line, line.endswith(b"=")
            whole = whole[:-1] if soft else whole
        elif line[:1] in {b" ", b"\t"} and whole:
            whole += line[1:] if len(whole) < _LONGEST_VALUE else b""
        else:
            yield whole
            soft = line.endswith(b"=") and b"QUOTED-PRINTABLE" in line[:200].upper()
            whole = line[:-1] if soft else line
    yield whole


def _properties(lines: Iterator[bytes]) -> Iterator[tuple[bytes, bytes, str]]:
    """Yield the name in upper case, the parameters and the value of each property that is read."""
    for line in lines:
        found = _PROPERTY.fullmatch(line)
        if found is None or (name := found[1].upper()) not in _READ:
            continue
        parameters, value = found[2], found[3]
        if b"QUOTED-PRINTABLE" in parameters.upper():
            value = quopri.decodestring(value)
        yield name, parameters, _decoded(value, parameters)


def _decoded(value: bytes, parameters: bytes) -> str:
    charset = _CHARSET.search(parameters)
    for encoding in (charset[1].decode() if charset else "utf-8", "utf-8", "cp1252"):
        try:
            return value.decode(encoding)
        except (LookupError, ValueError):
            continue
    return value.decode("latin-1")


def _cards(properties: Iterator[tuple[bytes, bytes, str]]) -> Iterator[tuple[str, str]]:
    """Yield the name and the numbers of each card, also of one that does not end."""
    names: dict[bytes, str] = {}
    numbers: dict[str, None] = {}
    for name, parameters, value in properties:
        if name == b"TEL":
            if number := _number(parameters, value):
                numbers[number] = None
        elif name in {b"BEGIN", b"END"}:
            if name == b"END" or names or numbers:
                yield _shown(names), BETWEEN_NUMBERS.join(numbers)
            names, numbers = {}, {}
        else:
            names.setdefault(name, value)
    if names or numbers:
        yield _shown(names), BETWEEN_NUMBERS.join(numbers)


def _number(parameters: bytes, value: str) -> str:
    """Return a number as it is written, or as WhatsApp knows it if that alone has the country code."""
    number = _ESCAPED.sub(r"\1", value).strip()
    known = _WAID.search(parameters)
    return number if known is None or "+" in number else f"+{known[1].decode()}"


def _shown(names: dict[bytes, str]) -> str:
    """Return the name of a card: the formatted one, or else its parts, or else the organization."""
    if full := names.get(b"FN", "").strip():
        return _ESCAPED.sub(r"\1", full)
    parts = [_ESCAPED.sub(r"\1", part).strip() for part in _UNESCAPED_SEMICOLON.split(names.get(b"N", ""))]
    family, given, middle, before, after = (*parts, "", "", "", "", "")[:5]
    whole = " ".join(filter(None, (before, given, middle, family, after)))
    return whole or _ESCAPED.sub(r"\1", names.get(b"ORG", "").replace(";", " ")).strip()
