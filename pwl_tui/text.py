"""Makes foreign text safe to show: server strings, file contents and file names.

A terminal obeys escape sequences wherever they come from, and bidirectional controls can make a line read
as something else. Everything foreign passes `clean` at the boundary, before it is stored or shown.
"""

import locale
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, TextIO

from pwl_tui.plain import BETWEEN, even

_ELLIPSIS = "…"
_DRAWN: Final[Mapping[str, str]] = {
    "-": "─━╴╶╸╺░▔",
    "|": "│┃╵╷╹╻▏▕",
    "+": "╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬",
    "=": "═▓▆▇",
    "#": "█▊▉▌▋▐",
    "x": "▚",
    "_": "▁",
    ".": "·…▂▃▎",
    ":": "▄▅▍",
    ">": "→▶",
    "<": "←◀",
    "v": "↓▼",
    "^": "↑▲",
    "*": "✓•●",
    "**": "＊",  # noqa: RUF001 - as wide as a digit of the same kind
    "o": "○",
    '"': "“”",
}
NUMBER_GAP: Final = rf"(?: ?(?:{BETWEEN} ?){{1,4}}| )"
"""An expression for what people write between two digits of a phone number, in an `even` text."""
_DATE: Final = r"(?<!\d)(?P<date>(?:19|20)\d\d([-./])(?:0\d|1[0-2])\2[0-3]\d)(?!\d)"
_UUID: Final = r"(?P<uuid>(?=[\d-]{0,35}[a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
"""One of digits only may be a number, and no service would make it in a million years."""
_NUMBER: Final = re.compile(rf"{_DATE}|{_UUID}|\+?\d(?:(?:{NUMBER_GAP}|  )?\d){{6,}}", re.IGNORECASE)
_FIGURE: Final = re.compile(rf"{_DATE}|{_UUID}|\d+", re.IGNORECASE)
_FEWEST_DIGITS: Final = 7
_ASCII: Final = str.maketrans({sign: letter for letter, signs in _DRAWN.items() for sign in signs})


def clean(text: str, limit: int = 500) -> str:
    """Return one line of plain text: no control, escape, bidirectional or surrogate characters.

    Args:
        text: anything at all.
        limit: the most characters to return; what is longer ends in an ellipsis.

    Returns:
        `text` with every run of white space and control characters as one space, and format characters
        (Unicode categories Cc, Cf, Cs, Co, Cn, Zl, Zp) removed.
    """
    # A server may send megabytes; what lies far past the limit is not worth looking at.
    line = " ".join(text[: limit * 4].split())
    if not line.isprintable():
        line = " ".join("".join(c if c.isprintable() else _replacement(c) for c in line).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def without_controls(text: str) -> str:
    """Return a text, its lines spaced as before, of which a terminal obeys nothing but the line ends.

    The last defense of what is written to a terminal: whatever reaches it as it came, such as a path or an
    argument of the person, loses its control and format characters here.
    """
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _replacement(c) for c in text)


def without_numbers(text: str) -> str:
    """Return a text with everything masked that could be a phone number, but not its dates and batch IDs.

    That is seven digits or more, however grouped: a list may be named after a number in it. The ID of a
    batch may be known from this text alone.
    """
    return _hidden(text, _NUMBER.finditer(even(text)))


def name_without_numbers(name: str) -> str:
    """Return a name with all its digits masked if it could have a phone number in it, however written.

    That is seven digits or more in all, of any script, circled or raised. Its dates and batch IDs stay, and
    do not count.
    """
    digits = "".join(letter if letter.isascii() else _digit(letter) for letter in name)
    found = list(_FIGURE.finditer(digits))
    many = sum(len(each[0]) for each in found if not (each["date"] or each["uuid"])) >= _FEWEST_DIGITS
    return _hidden(name, found) if many else name


def _digit(letter: str) -> str:
    """Return a digit in place of whatever is one, such as ``⑩``."""
    is_one = unicodedata.digit(letter, None) is not None or unicodedata.normalize("NFKC", letter).isdecimal()
    return "0" if is_one else letter


def _hidden(text: str, found: Iterable[re.Match[str]]) -> str:
    """Return a text with a mask in place of what was found but for dates and batch IDs."""
    parts, at = list[str](), 0
    for each in found:
        if not (each["date"] or each["uuid"]):
            parts += [text[at : each.start()], "•••"]
            at = each.end()
    return "".join([*parts, text[at:]])


def in_ascii(text: str) -> str:
    """Return a text with the program's own signs in ASCII, as wide as before; letters in names are kept."""
    return text if text.isascii() else text.translate(_ASCII)


def in_utf8(text: str) -> str:
    r"""Return a text from the system that can be stored: bytes that it could not decode as ``\xff``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def in_encoding(text: str, encoding: str) -> str:
    """Return a text that `encoding` can encode, as wide on the screen: signs in ASCII, else ``?``."""
    if text.isascii() or _fits(text, encoding):
        return text
    return "".join(c if _fits(c, encoding) else "?" * _cells(c) for c in in_ascii(text))


def encoding_of(stream: TextIO) -> str:
    """Return what a stream can be written in: of a terminal, what its locale promises.

    In the locale ``C`` Python writes UTF-8 nevertheless.
    """
    own = stream.encoding or "utf-8"
    return locale.getencoding() if has_signs(own) and stream.isatty() else own


def has_signs(encoding: str) -> bool:
    """Whether an encoding can encode the program's own signs."""
    return _fits("".join(_DRAWN.values()), encoding)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    except LookupError:  # an encoding that Python does not know
        return text.isascii()
    return True


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _replacement(character: str) -> str:
    return " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else ""
