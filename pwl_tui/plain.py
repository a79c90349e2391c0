"""Text as people write numbers, in plain characters: digits of any script, spaces, hyphens and bullets.

Every digit stays a digit, in its place. What is neither a digit nor a mark of those kinds stays as it is.
"""

import unicodedata

_INVISIBLE = {
    *(0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x20E3, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xE0000, 0xE0080),
}
"""NUL, soft hyphen, fillers, zero-width, bidirectional and variation marks, copied with a number."""
_BULLETS = "·•‧∙⋅●▪◦∘・･᛫"
_WIDE = 0xFEE0
"""From a character to its wide form."""
_MARKS = (
    dict.fromkeys(map(ord, _BULLETS + "\u2800"), " ")
    | {ord(mark) + _WIDE: mark for mark in "+()./,;:|&@#~"}
    | {0x2212: "-", 0x2043: "-", 0x30FC: "-", 0x02D7: "-"}  # minus, hyphen bullet, long vowel, modifier
    | {0x223C: "~", 0x2053: "~", 0xFE62: "+", 0x2795: "+", 0x3002: "."}
)


class _Plain(dict[int, str | None]):
    """What `str.translate` puts in place of each character. It remembers nothing: its keys are foreign."""

    def __missing__(self, code: int) -> str | None:
        if code < 0x80 and code:
            return chr(code)
        if code in _INVISIBLE:
            return None
        character = chr(code)
        if (digit := unicodedata.decimal(character, None)) is not None:
            return str(digit)
        match unicodedata.category(character):
            case "Zs":
                return " "
            case "Pd":
                return "-"
        return character


_PLAIN = _Plain(_MARKS)


class _Even(dict[int, str | None]):
    """The same, but with a character in place of each, and bullets as dots."""

    def __missing__(self, code: int) -> str:
        return _PLAIN[code] or INVISIBLE


_EVEN = _Even(dict.fromkeys(map(ord, _BULLETS), "."))
INVISIBLE = "\u200b"
"""What `even` puts in place of what cannot be seen."""
BETWEEN = rf"[-()./_\[\]~*'\u2019{INVISIBLE}]"
"""An expression for a mark that may be between two digits of a number, in an `even` text."""


def even(text: str) -> str:
    """Return a text as `plain` does, but as long as before, so that places in it are places in the text."""
    return text if text.isascii() and "\0" not in text else text.translate(_EVEN)


def plain(text: str) -> str:
    """Return a text in plain characters; see the module."""
    return text if text.isascii() and "\0" not in text else text.translate(_PLAIN)
