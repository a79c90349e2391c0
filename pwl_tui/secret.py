"""The API key, kept out of every place where it could be read by accident.

The service takes the key as a query parameter, so any URL, log line or traceback may contain it. A key is a
`Secret` from the moment it is read. It is revealed where a request is sent, and here, where it is removed
from answers.
"""

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn

MASK: Final = "•••"
"""What stands in place of a secret."""
_PARAMETER = re.compile(r"""(api_key["']?\s*[=:]\s*["']?)[^&\s"',}]+""", re.IGNORECASE)


class Secret:
    """A string that prints as a mask, compares by value and cannot be pickled.

    Args:
        value: the secret itself; surrounding white space is removed.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        """Return the secret itself, for the request that needs it and for nothing else."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that identify the key without revealing it (SHA-256, domain-separated)."""
        return hashlib.sha256(b"pwl-tui key\0" + self._value.encode()).hexdigest()[:12]

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not stored")


def redact(text: str, *secrets: Secret) -> str:
    """Return `text` without the given secrets and without the value of any ``api_key`` parameter.

    A secret is found in every notation that `Redactor` knows, even if `text` ends in the middle of it.
    """
    for secret in secrets:
        text = redactor_of(secret).text(text)
    return _PARAMETER.sub(rf"\g<1>{MASK}", text)


class Redactor:
    """Removes one secret from what is received, in whatever notation it is repeated.

    It is found in upper and lower case, with each of its characters as URLs, JSON, JavaScript and HTML may
    write it (even one notation within another), with white space or invisible characters in between, and in
    Base64 and hexadecimal digits.

    A *weak* secret may be part of an answer by chance: one of fewer than 8 characters, or of digits only, as
    phone numbers are. In the fields of an answer it counts only as a word of its own, and never where it
    would destroy what was paid for: in numbers, IDs, statuses, countries, and the names of fields.

    Args:
        secret: if empty, it is never found.
    """

    def __init__(self, secret: Secret) -> None:
        self._value = secret.reveal()
        self._plain = _squeezed(_characters(self._value))[0] or self._value.translate(_LOWER)
        letters = self._value.translate(_PHONE_SIGNS)
        self._weak = len(self._value) < _STRONG or (letters.isdecimal() and len(letters) < _STRONG_DIGITS)
        self._needles = (self._plain,) if self._weak else (self._plain, *_packed(self._value))
        self._bytes = tuple(needle.encode(errors="replace") for needle in self._needles)
        self._word = re.compile(
            rf"(?<![\w+-]){re.escape(self._value)}(?![\w-])" if self._weak else r"(?!)", re.IGNORECASE
        )

    def may_be_in(self, body: bytes) -> bool:
        """Return whether a body may contain the secret. It is cheap, and True for many bodies without it.

        It takes a tenth of the time that decoding the body takes.
        """
        plain = body.translate(_LOWER_BYTES, _WHITE)
        return (
            any(needle in plain for needle in self._bytes)
            or any(sign in body for sign in _SIGNS)
            or (b"&" in body and b";" in body)
        )

    def values(self, value: Any, name: str = "") -> Any:
        """Return a value that was decoded from JSON without the secret, including names of fields.

        Args:
            value: of any JSON type.
            name: of the field with the value; empty if there is none.
        """
        match value:
            case _ if not self._value:
                return value
            case str():
                return self._field(value, name)
            case dict():
                return {
                    name if self._weak else self._field(name, ""): self.values(one, name)
                    for name, one in value.items()
                }
            case list():
                return [self.values(one, name) for one in value]
            case int() | float() if not self._weak and self._value in str(value):
                return MASK
        return value

    def text(self, text: str) -> str:
        """Return a text without the secret, weak or not, even if the text ends in the middle of it."""
        return self._without(text.replace(self._value, MASK), _FEWEST) if self._value else text

    def _field(self, value: str, name: str) -> str:
        if len(value) < len(self._plain):
            return value
        if self._weak:
            return value if name in _PAID_FOR else self._word.sub(MASK, value)
        return self._without(value, _FEWEST_IN_FIELDS)

    def _without(self, text: str, fewest: int) -> str:
        """Return a text without the secret.

        Args:
            text: where to look.
            fewest: how many of its characters at the end of the text count as its beginning.
        """
        spans = sorted(self._spans(text, fewest))
        parts, at = list[str](), 0
        for start, end in spans:
            if end > at:
                parts += [text[at : max(start, at)], MASK if start >= at else ""]
                at = end
        return "".join([*parts, text[at:]])

    def _spans(self, text: str, fewest: int) -> Iterator[tuple[int, int]]:
        """Yield where the secret begins and ends in a text."""
        level = _characters(text)
        while True:
            plain, places = _squeezed(level)
            for needle in self._needles:
                found = plain.find(needle)
                while found >= 0:
                    yield level.starts[places[found]], level.ends[places[found + len(needle) - 1]]
                    found = plain.find(needle, found + 1)
            for length in range(len(self._plain) - 1, fewest - 1, -1):
                if plain.endswith(self._plain[:length]):
                    yield level.starts[places[-length]], len(text)
                    break
            deeper = _unescaped(level)
            if deeper is None:
                return
            level = deeper


@lru_cache(8)
def redactor_of(secret: Secret) -> Redactor:
    """Return the redactor of a secret."""
    return Redactor(secret)


_STRONG: Final = 8
"""Characters that do not occur in an answer by chance."""
_STRONG_DIGITS: Final = 20
"""Digits that cannot be part of a phone number, which has 15."""
_FEWEST: Final = 4
_FEWEST_IN_FIELDS: Final = 8
_PAID_FOR: Final = frozenset(
    {"phone_number", "formatted_number", "formatnational", "formatinternational", "batch_id"}
    | {"status", "wa_status", "country", "countrycode", "linetype"}
)
"""Fields of answers whose values are looked up or compared."""
_PHONE_SIGNS: Final = dict.fromkeys(map(ord, "+-.() "))
_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LOWER_BYTES: Final = bytes(range(256)).lower()
_WHITE: Final = b" \t\n\v\f\r"
_SIGNS: Final = (b"\\", b"%", b"\0", b"\xc2", b"\xcd", b"\xe1", b"\xe2", b"\xef", b"\xf3")
"""Bytes that begin an escape, an invisible character in UTF-8, or a text in UTF-16."""
_ESCAPE = re.compile(
    r"%([0-9a-f]{2})|\\u\{?([0-9a-f]{1,6})(?:\}|(?<=u[0-9a-f]{4}))|\\x([0-9a-f]{2})|&(?:#\w{1,9}|\w{2,31});?|\\([^ux])",
    re.IGNORECASE,
)
_MOST_LEVELS: Final = 6


class _Level(NamedTuple):
    """A text, with the start and end of each of its characters in the original."""

    text: str
    starts: list[int]
    ends: list[int]
    depth: int = 0
    """How often escapes were replaced."""


def _characters(text: str) -> _Level:
    return _Level(text, list(range(len(text))), list(range(1, len(text) + 1)))


def _squeezed(level: _Level) -> tuple[str, list[int]]:
    """Return the visible characters of a level, in lower case, and the place of each in it."""
    lower = level.text.translate(_LOWER)
    places = [place for place, letter in enumerate(lower) if letter.isprintable() and letter != " "]
    return "".join(lower[place] for place in places), places


def _unescaped(level: _Level) -> _Level | None:
    """Return a level with each escape replaced by its character. None means that there are no escapes."""
    if level.depth == _MOST_LEVELS:
        return None
    parts, starts, ends, at = list[str](), list[int](), list[int](), 0
    for match in _ESCAPE.finditer(level.text):
        meant = _meant(match)
        if len(meant) != 1:
            continue
        begin, end = match.span()
        parts += [level.text[at:begin], meant]
        starts += [*level.starts[at:begin], level.starts[begin]]
        ends += [*level.ends[at:begin], level.ends[end - 1]]
        at = end
    if not at:
        return None
    parts.append(level.text[at:])
    return _Level("".join(parts), starts + level.starts[at:], ends + level.ends[at:], level.depth + 1)


def _meant(escape: re.Match[str]) -> str:
    """Return the character that an escape stands for; something longer or nothing if it is not one."""
    in_url, in_json, in_script, alone = escape.groups()
    code = in_url or in_json or in_script
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
    if alone:
        return " " if alone in "bfnrtv" else alone
    return html.unescape(escape[0])


def _packed(value: str) -> Iterator[str]:
    """Yield how a secret looks in Base64, for each offset in a longer text, and in hexadecimal digits."""
    data = value.encode(errors="replace")
    yield data.hex()
    for before in range(3):
        first, last = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        packed = b64encode(b"\0" * before + data).decode()[first:last]
        yield from dict.fromkeys(packed.translate(table).lower() for table in ({}, {43: "-", 47: "_"}))
