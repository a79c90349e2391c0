"""Converts vCards (2.1, 3.0 and 4.0) to CSV: one row per card, with its name and its phone numbers.

They are read as RFC 6350 and its forerunners write them: folded lines, groups (``item1.TEL``),
quoted-printable, and the encodings of old phones. Besides ``TEL``, phone numbers are in what programs have
made up (``X-WHATSAPP``, ``X-PHONE2``) and in addresses of messengers (``IMPP`` of RFC 4770,
``X-SOCIALPROFILE``, ``URL``). International numbers elsewhere, such as in a note, get a column of their own
to choose.
"""

import csv
import io
import quopri
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import BETWEEN_NUMBERS, CSV_ENCODING, Converted
from pwl_tui.lists.numbers.text_numbers import numbers_in
from pwl_tui.lists.read.encodings import decoded_lines

_COLUMNS = ("name", "phone", "elsewhere")
_NAMES = {b"FN", b"N", b"ORG"}
_NO_PHONES = re.compile(
    rb"PHOTO|LOGO|SOUND|KEY|UID|REV|BDAY|ANNIVERSARY|ADR|LABEL|GEO|TZ|EMAIL|VERSION|PRODID|CLIENTPIDMAP"
    rb"|X-(?:AB|PHONETIC-).*"
)
_PHONES = re.compile(rb"TEL|X-.*(?:TEL(?!EGRAM)|PHONE|MOBILE|CELL|WHATS|SIGNAL|VIBER|SMS).*")
"""Names of properties that hold a phone number."""
_MESSENGERS = {b"IMPP", b"URL", b"X-SOCIALPROFILE"}
_BY_PHONE = re.compile(
    r"whatsapp|wa\.me|signal|viber|imessage|facetime|\b(?:tel|sms|smsto|callto):", re.IGNORECASE
)
"""What says that such an address is a phone number."""
_WHATSAPP = re.compile(r"whatsapp", re.IGNORECASE)
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:(?:/{0,2})(?=[+\d])", re.IGNORECASE)
_INTERNATIONAL_DIGITS = re.compile(r"[1-9]\d{6,14}")
_PROPERTY = re.compile(rb'\s*(?:[\w-]+\.)?([\w-]+)\s*((?:;(?:"[^"]*"|[^:";])*)*):(.*)', re.DOTALL)
_MALFORMED = re.compile(rb"\s*(?:[\w-]+\.)?([\w-]+)(;[^:]*)?:(.*)", re.DOTALL)
"""A property whose parameters have a quote that stays open."""
_CHARSET = re.compile(rb"CHARSET=([\w-]+)", re.IGNORECASE)
_WAID = re.compile(rb";WAID=(\d+)", re.IGNORECASE)
_SIP = re.compile(r"sips?:(\+\d+)@\S*", re.IGNORECASE)
_ESCAPED_LINE_END = re.compile(r"\\n", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED_SEMICOLON = re.compile(r"(?<!\\);")
_LONGEST_VALUE = 1 << 16
_ROWS_AT_ONCE = 1_000


class _Property(NamedTuple):
    name: bytes
    """In upper case."""
    parameters: bytes
    value: str


class _Card(NamedTuple):
    name: str
    phones: str
    elsewhere: str


def convert(blocks: Iterable[bytes], name: str, sheet: str | None, _wait: Callable[[], None]) -> Converted:
    """Read vCards. See `formats.Converter` for the arguments.

    Raises:
        ListError: a sheet was asked for. Reading the converted blocks raises it, too.
    """
    if sheet is not None:
        raise ListError(f"{name} is not a workbook, so it has no sheets.", "Leave out --sheet.")
    return Converted(None, (), _csv(_cards(_properties(_unfolded(decoded_lines(blocks, name))))))


def _csv(cards: Iterator[_Card]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
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
            soft = line.endswith(b"=")
            if len(whole) < _LONGEST_VALUE:
                whole += line[:-1] if soft else line
        elif line[:1] in {b" ", b"\t"} and whole:
            whole += line[1:] if len(whole) < _LONGEST_VALUE else b""
        else:
            yield whole
            soft = line.endswith(b"=") and b"QUOTED-PRINTABLE" in line[:200].upper()
            whole = line[:-1] if soft else line
    yield whole


def _properties(lines: Iterator[bytes]) -> Iterator[_Property]:
    """Yield each property that is a name, or that may have a phone number."""
    for line in lines:
        found = _PROPERTY.fullmatch(line) or _MALFORMED.fullmatch(line)
        if found is None or _NO_PHONES.fullmatch(name := found[1].upper()):
            continue
        parameters, value = found[2] or b"", found[3]
        if b"QUOTED-PRINTABLE" in parameters.upper():
            value = quopri.decodestring(value)
        yield _Property(name, parameters, _decoded(value, parameters))


def _decoded(value: bytes, parameters: bytes) -> str:
    charset = _CHARSET.search(parameters)
    for encoding in (charset[1].decode() if charset else "utf-8", "utf-8", "cp1252"):
        try:
            return value.decode(encoding)
        except (LookupError, ValueError):
            continue
    return value.decode("latin-1")


def _cards(properties: Iterator[_Property]) -> Iterator[_Card]:
    """Yield each card, also one that does not end."""
    names: dict[bytes, str] = {}
    phones: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    for each in properties:
        if each.name in {b"BEGIN", b"END"}:
            if each.name == b"END" or names or phones or elsewhere:
                yield _card(names, phones, elsewhere)
            names, phones, elsewhere = {}, {}, {}
        elif each.name in _NAMES:
            names.setdefault(each.name, each.value)
        elif phone := _phone(each):
            phones[phone] = None
        else:
            elsewhere |= dict.fromkeys(_mentioned(each.value))
    if names or phones or elsewhere:
        yield _card(names, phones, elsewhere)


def _mentioned(value: str) -> Iterator[str]:
    for line in _ESCAPED_LINE_END.sub("\n", _SIP.sub(r"\1", value)).splitlines():
        yield from numbers_in(line, None)


def _card(names: dict[bytes, str], phones: Iterable[str], elsewhere: Iterable[str]) -> _Card:
    return _Card(_shown(names), BETWEEN_NUMBERS.join(phones), BETWEEN_NUMBERS.join(elsewhere))


def _phone(each: _Property) -> str:
    """Return the number of a property as it is written, or as WhatsApp knows it; empty if it has none."""
    parameters = each.parameters.decode("latin-1")
    value = _ESCAPED.sub(r"\1", each.value).strip()
    if _PHONES.fullmatch(each.name):
        service = each.name.decode("latin-1")
    elif each.name in _MESSENGERS and _BY_PHONE.search(f"{parameters} {value}"):
        service, value = f"{parameters} {value}", unquote(value)
    else:
        return ""
    number = _SCHEME.sub("", value, count=1)
    if not any(map(str.isdecimal, number)):
        return "" if each.name in _MESSENGERS else number
    if _WHATSAPP.search(service) and _INTERNATIONAL_DIGITS.fullmatch(number):
        return f"+{number}"
    known = _WAID.search(each.parameters)
    return number if known is None or "+" in number else f"+{known[1].decode()}"


def _shown(names: dict[bytes, str]) -> str:
    """Return the name of a card: the formatted one, or else its parts, or else the organization."""
    if full := names.get(b"FN", "").strip():
        return _ESCAPED.sub(r"\1", full)
    parts = [_ESCAPED.sub(r"\1", part).strip() for part in _UNESCAPED_SEMICOLON.split(names.get(b"N", ""))]
    family, given, middle, before, after = (*parts, "", "", "", "", "")[:5]
    whole = " ".join(filter(None, (before, given, middle, family, after)))
    return whole or _ESCAPED.sub(r"\1", names.get(b"ORG", "").replace(";", " ")).strip()
