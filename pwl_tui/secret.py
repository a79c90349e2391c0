"""The API key, kept out of every place where it could be read by accident.

The service takes the key as a query parameter, so any URL, log line or traceback may contain it. A key is a
`Secret` from the moment it is read. It is revealed where a request is sent, and here, where it is removed
from answers.
"""

import hashlib
import html
import re
import unicodedata
import zlib
from base64 import a85encode, b32encode, b64decode, b64encode, b85encode
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn

MASK: Final = "•••"
"""What stands in place of a secret."""
_FEWEST_IN_FIELDS: Final = 8
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

    It is found in any case, as URLs, JSON, JavaScript and HTML may write each of its characters, also one
    notation within another, with anything but letters and digits in between, in letters and digits that look
    alike, backward, as hexadecimal or decimal codes, spread over a list or an object, and in Base32, Base64,
    Base85 and hexadecimal digits, also twice. Two thirds of its letters and digits count as all of it.

    The work is bounded, whatever arrives: of a field that is longer than any of the service's, the beginning
    is kept. In an answer with far more escapes than any of the service's, the remaining fields with escapes
    are masked.

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
        bare = "" if self._weak else _bared(_characters(self._plain))[0]
        self._pieces: tuple[str, ...] = ()
        if len(bare) >= _FEWEST_BARE:
            wrapped = (_bared(_characters(text))[0] for text in _wrapped(self._value))
            self._pieces = (*_pieces(bare), *_pieces(bare[::-1]), *wrapped)
        self._bytes = tuple(needle.encode(errors="replace") for needle in self._needles)
        if not self._weak:
            self._bytes += (self._plain[:_FEWEST_IN_FIELDS].encode(errors="replace"),)
        self._piece_bytes = tuple(piece.encode(errors="replace") for piece in self._pieces)
        self._word = re.compile(
            rf"(?<![\w+-]){re.escape(self._value)}(?![\w-])" if self._weak else r"(?!)", re.IGNORECASE
        )
        self._searched: dict[str, str] = {}
        """Fields that were searched, as most answers name few carriers."""

    def may_be_in(self, body: bytes) -> bool:
        """Return whether a body may contain the secret. It is cheap, and True for many bodies without it.

        It takes less time than decoding the body does.
        """
        plain = body.translate(_LOWER_BYTES, _WHITE)
        return (
            any(needle in plain for needle in self._bytes)
            or any(sign in body for sign in _SIGNS)
            or (b"&" in body and (b";" in body or b"&#" in body))
            or (bool(self._pieces) and self._may_be_spelled(body))
        )

    def _may_be_spelled(self, body: bytes) -> bool:
        bare = body.translate(_LOWER_BYTES, _NOT_BARE)
        return (
            any(piece in bare for piece in self._piece_bytes)
            or any(sign in body for sign in _CODE_SIGNS)
            or _LONG_RUN in body.translate(_RUNS)
            or _MANY_DIGITS in bare.translate(_DIGITS_ALIKE)
            or body.translate(_RUNS, _NOT_QUOTED).count(b'"a"') >= _FEWEST_IN_FIELDS
        )

    def values(self, value: Any, name: str = "") -> Any:
        """Return a value that was decoded from JSON without the secret, including names of fields.

        Args:
            value: of any JSON type.
            name: of the field with the value; empty if there is none.
        """
        return self._values(value, name, [_MOST_CHARACTERS])

    def _values(self, value: Any, name: str, left: list[int]) -> Any:
        """Do what `values` does; `left` has how many characters may be looked at more closely."""
        match value:
            case _ if not self._value:
                return value
            case str():
                return self._field(value, name, left)
            case dict():
                return {
                    name if self._weak else self._field(name, "", left): self._values(one, name, left)
                    for name, one in value.items()
                }
            case list() if len(value) >= _FEWEST_IN_FIELDS and self._pieces and self._is_spelled(value, left):
                return [MASK]
            case list():
                return [self._values(one, name, left) for one in value]
            case int() | float() if not self._weak and self._value in str(value):
                return MASK
        return value

    def text(self, text: str) -> str:
        """Return a text without the secret, weak or not, even if the text ends in the middle of it."""
        return self._without(text.replace(self._value, MASK), _FEWEST) if self._value else text

    def _is_spelled(self, values: list[Any], left: list[int]) -> bool:
        """Return whether a list has the secret, a few letters or a code at a time."""
        if not all(isinstance(one, int) or (isinstance(one, str) and len(one) < _SHORT) for one in values):
            return False
        text = " ".join(map(str, values[:_LONGEST]))
        return self._field(text, "", left) != text

    def _field(self, value: str, name: str, left: list[int]) -> str:
        if self._weak:
            return value if name in _PAID_FOR else self._word.sub(MASK, value)
        value = value[:_LONGEST]
        if len(value) < _FEWEST_IN_FIELDS or not self.may_be_in(value.encode(errors="surrogatepass")):
            return value
        found = self._searched.get(value)
        if found is None:
            left[0] -= len(value)
            if left[0] < 0:
                return MASK
            if len(self._searched) == _MOST_SEARCHED:
                self._searched.clear()
            found = self._searched[value] = self._without(value, _FEWEST_IN_FIELDS)
        return found

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
        for escape in (_ESCAPE, _CODE, _MARK, _DECIMAL) if self._pieces else (_ESCAPE,):
            if escape is _ESCAPE or escape.search(text):
                yield from self._spans_in(text, fewest, escape)
        if self._pieces:
            runs = (run for run in _RUN.finditer(text) if self._is_packed(run[0]))
            yield from (run.span() for run in runs)

    def _is_packed(self, run: str, depth: int = 2) -> bool:
        """Return whether the secret is in what a run of letters and digits unpacks to."""
        for text in _unpacked(run):
            if next(self._spans_in(text, len(self._plain), _ESCAPE), None):
                return True
            if depth and any(self._is_packed(inner[0], depth - 1) for inner in _RUN.finditer(text)):
                return True
        return False

    def _spans_in(self, text: str, fewest: int, escape: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        level = _characters(text)
        while True:
            if self._pieces:
                bare, places = _bared(level)
                for piece in self._pieces:
                    found = bare.find(piece)
                    while found >= 0:
                        yield level.starts[places[found]], level.ends[places[found + len(piece) - 1]]
                        found = bare.find(piece, found + 1)
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
            deeper = _unescaped(level, escape)
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
_PAID_FOR: Final = frozenset(
    {"phone_number", "formatted_number", "formatnational", "formatinternational", "batch_id"}
    | {"status", "wa_status", "country", "countrycode", "linetype"}
)
"""Fields of answers whose values are looked up or compared."""
_PHONE_SIGNS: Final = dict.fromkeys(map(ord, "+-.() "))
_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LOWER_BYTES: Final = bytes(range(256)).lower()
_WHITE: Final = b" \t\n\v\f\r"
_SIGNS: Final = (
    *(b"\\", b"%", b"\0", b"\x1b", b"\xc2", b"\xcc", b"\xcd", b"\xd0", b"\xd1"),
    *(b"\xce", b"\xcf", b"\xd9", b"\xdb", b"\xdf", b"\xe0", b"\xea"),
    *(b"\xe1", b"\xe2", b"\xe3", b"\xef", b"\xf0", b"\xf3"),
)
"""Bytes that begin an escape, or in UTF-8 an invisible character, a letter that looks alike or a foreign
digit, or that are in UTF-16."""
_ESCAPE = re.compile(
    r"%u(?P<url>[0-9a-f]{4})|%(?P<two>[0-9a-f]{2})|\\U(?P<eight>[0-9a-f]{8})"
    r"|\\u\{?(?P<code>[0-9a-f]{1,6})(?:\}|(?<=u[0-9a-f]{4}))|\\x\{?(?P<script>[0-9a-f]{2})\}?"
    r"|(?P<html>&(?:#\w{1,19}|\w{2,31});?)|\\0?(?P<octal>[0-3]?[0-7]{2})|\\(?P<alone>[^ux])",
    re.IGNORECASE,
)
# These apart, because a key may have such signs in it.
_CODE = re.compile(r"(?:\b0x|\bU\+)0{0,6}(?P<two>[0-9a-f]{2})(?![0-9a-f])", re.IGNORECASE)
_NAME = r"""["']\w{1,3}["']\s*:"""
_MARK = re.compile(rf"(?P<mark>\x1b\[[\d;]{{0,20}}[a-z]|<[^<>]{{1,40}}>|{_NAME})", re.IGNORECASE)
_DECIMAL = re.compile(
    rf"(?P<mark>{_NAME})|(?<![^\W_])0{{0,3}}(?P<decimal>[3-9]\d|1[01]\d|12[0-6])(?![^\W_])", re.ASCII
)
_RUN = re.compile(r"[\w+/-]{16,}={0,2}", re.ASCII)
_DIGITS = re.compile(r"[0-9a-fA-F]{16,}")
_RUNS: Final = bytes(
    ord("a") if code < 128 and (chr(code).isalnum() or chr(code) in "+/_") else code * (code == 0x22)
    for code in range(256)
)
_LONG_RUN: Final = b"a" * 20
"""What may be packed; the ID of a batch is not so long between its hyphens."""
_CODE_SIGNS: Final = (b"0x", b"0X", b"U+0", b"u+0", b"<", b"=")
_DIGITS_ALIKE: Final = bytes(ord("0") if 0x30 <= code < 0x3A else code for code in range(256))
_MANY_DIGITS: Final = b"0" * 16
"""Eight codes of two digits; a number has 15, and names of fields are between two."""
_NOT_QUOTED: Final = b" \t\r\n"
_SHORT: Final = 12
"""Characters of what is no small piece of a secret."""
_NOT_BARE: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_ALIKE: Final = dict(zip(map(ord, "аеорсухіјѕԁһкмтв"), "aeopcyxijsdhkmtb", strict=True)) | dict.fromkeys(
    (0x115F, 0x1160, 0x3164, 0xFFA0)
)
"""Letters of other scripts that look like Latin ones, and letters that look like nothing."""
_ALIKE.update(zip(map(ord, "αβεζηικνορτυχγωϲϳΗΝΥ"), "abeznikvoptuxywcjhny", strict=True))
_ALIKE.update({0xE0000 + code: chr(code) for code in range(0x21, 0x7F)})
_FEWEST_BARE: Final = 12
_LONGEST: Final = 4096
"""Characters of a field; no field of the service's is nearly as long."""
_MOST_CHARACTERS: Final = 2**16
_MOST_LEVELS: Final = 12
_MOST_SEARCHED: Final = 1024


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


def _unescaped(level: _Level, escape: re.Pattern[str]) -> _Level | None:
    """Return a level with each escape as the character it means. None means there is none."""
    if level.depth == _MOST_LEVELS:
        return None
    parts, starts, ends, at = list[str](), list[int](), list[int](), 0
    for match in escape.finditer(level.text):
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
    """Return the character that an escape means; something longer or nothing if it means none."""
    kind, said = escape.lastgroup, escape[escape.lastgroup or 0]
    match kind:
        case "html":
            return html.unescape(said)
        case "mark":
            return "\0"
        case "alone":
            return " " if said in "bfnrtv" else said
        case "octal":
            return chr(int(said, 8))
        case "decimal":
            return chr(int(said))
    return chr(int(said, 16)) if int(said, 16) < 0x110000 else ""


def _bared(level: _Level) -> tuple[str, list[int]]:
    """Return the letters and digits of a level, in lower case, and the place of each in it."""
    letters, places = list[str](), list[int]()
    for place, letter in enumerate(level.text):
        if not letter.isascii():
            letter = unicodedata.normalize("NFKC", letter.translate(_ALIKE)).lower().translate(_ALIKE)
            letter = "".join(str(unicodedata.decimal(one, one)) for one in letter)
        for one in letter.lower():
            if one.isalnum():
                letters.append(one)
                places.append(place)
    return "".join(letters), places


def _pieces(bare: str) -> Iterator[str]:
    """Yield every two thirds of a text."""
    length = max(_FEWEST_IN_FIELDS, -(-2 * len(bare) // 3))
    yield from dict.fromkeys(bare[start : start + length] for start in range(len(bare) - length + 1))


def _wrapped(value: str) -> Iterator[str]:
    """Yield how a secret looks in ways in which it is compared by letters and digits alone."""
    data = value.encode(errors="replace")
    yield data.hex()
    for packed in (b32encode(data), b85encode(data), a85encode(data)):
        yield packed.decode().rstrip("=")


def _unpacked(run: str) -> Iterator[str]:
    """Yield what a run of letters and digits may mean in Base64, wherever it begins, or as digits."""
    plain = run[:_LONGEST].rstrip("=").replace("-", "+").replace("_", "/")
    packed = [b64decode(f"{plain[at : at + (len(plain) - at) // 4 * 4]}") for at in range(4)]
    rest = len(plain) % 4
    if rest > 1:
        packed[0] += b64decode(plain[-rest:] + "=" * (4 - rest))
    for digits in _DIGITS.findall(run[:_LONGEST]):
        packed += [bytes.fromhex(digits[at : at + (len(digits) - at) // 2 * 2]) for at in range(2)]
    for data in packed:
        if data[:1] in (b"\x78", b"\x1f"):
            with suppress(zlib.error):
                data = zlib.decompressobj(47).decompress(data, _LONGEST)
        yield data.decode("latin-1")


def _packed(value: str) -> Iterator[str]:
    """Yield how a secret looks in Base64, for each offset in a longer text, and in hexadecimal digits."""
    data = value.encode(errors="replace")
    yield data.hex()
    for before in range(3):
        first, last = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        packed = b64encode(b"\0" * before + data).decode()[first:last]
        yield from dict.fromkeys(packed.translate(table).lower() for table in ({}, {43: "-", 47: "_"}))
