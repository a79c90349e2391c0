"""Splits a cell at what is between two numbers, and never within one.

Certain separators are line ends, ``;``, ``|``, a ``+`` that begins the next number, and words such as ``or``,
``home`` or a name. A comma, a slash or a single letter may be part of a number, so it separates only if all
pieces are numbers. A letter that may have been typed for a digit never separates.
"""

import re
from collections.abc import Iterator

from pwl_tui.lists.numbers.letters import EXTENSION_MARK, LOOKALIKE, may_touch, stands_for_digits

_SURELY = re.compile(r":::|[;|\n\r](?!ext=)", re.IGNORECASE)
_TOKEN = re.compile(r"\d+|\+|[^\d+]+")
_WORD = re.compile(r"[^\W\d_]+")
_BRACKETED = re.compile(r"[(\[][^()\[\]]*[)\]]")
_MOST_DIGITS_OF_A_COMMENT = 4
_ENUMERATED = re.compile(r"\s*1[.)]\s")
_ENUMERATOR = re.compile(r"(?<!\S)\d{1,2}[.)](?=\s)")
_SINGLE = rf"(?<!\w)(?:\([^\W\d_]\)|\[[^\W\d_]\]|(?![{''.join(LOOKALIKE - {'o'})}])[^\W\d_])(?!\w)"
_PERHAPS = (
    re.compile(rf"[,/&\u060c\u061b\u3001]|\+(?!\d)|{_SINGLE}"),
    re.compile(r"(?<=\s)-(?=\s)"),
    re.compile(r"\s{2,}|\t"),
    re.compile(r"\s+"),
)
"""What may be between two numbers, in the order in which it is tried."""
_BEFORE_THE_NEXT = " \t\u00a0,/&"
"""What may stand at the end of a phrase, where it would spoil an extension."""
_AROUND = " \t\u00a0.:,-"


def parts(text: str) -> Iterator[list[str]]:
    """Yield the phrases of each part of a text: a phrase has digits, and at most one number for certain.

    A phrase that is not a number may be the beginning of the next one in its part, but not in another part.

    Args:
        text: plain text; see `plain`.
    """
    if _ENUMERATED.match(text):
        text = _ENUMERATOR.sub(";", text)
    for part in _SURELY.split(_BRACKETED.sub(_without_time, text)):
        yield [part[start:end].rstrip(_BEFORE_THE_NEXT) for start, end in _phrases(part)]


def _without_time(brackets: re.Match[str]) -> str:
    """Return the text in brackets without the few digits of a comment, such as ``(after 6 pm)``."""
    comment = brackets[0]
    few = sum(map(str.isdecimal, comment)) <= _MOST_DIGITS_OF_A_COMMENT
    if few and _WORD.search(comment) and not EXTENSION_MARK.match(comment):
        return "".join(letter for letter in comment if not letter.isdecimal())
    return comment


def alternatives(phrase: str) -> Iterator[list[str]]:
    """Yield ways to split a phrase into two or more numbers. It is right only if all pieces are numbers."""
    for between in _PERHAPS:
        pieces = [piece for each in between.split(phrase) if (piece := each.strip(_AROUND))]
        if len(pieces) > 1:
            yield pieces


def _phrases(part: str) -> Iterator[tuple[int, int]]:
    start, digits = 0, False
    for token in _TOKEN.finditer(part):
        if part[token.start()].isdecimal():
            digits = True
        elif digits and token.end() < len(part) and _separates(token, part):
            yield start, token.start()
            start, digits = token.start(), False
    if digits:
        yield start, len(part)


def _separates(token: re.Match[str], part: str) -> bool:
    """Return whether a plus or a text without digits is surely between two numbers."""
    between, following = token[0], part[token.end()]
    if between == "+":
        return following.isdecimal()
    if between == " o " and following == "+":
        return True  # "or" in Spanish and Italian, and no zero
    words = _WORD.findall(between)
    if not words or EXTENSION_MARK.fullmatch(between):
        return False
    touching = [words[0]] * between.startswith(words[0])
    touching += [words[-1]] * (between.endswith(words[-1]) and following.isdecimal())
    if not all(map(may_touch, touching)):
        return False
    bare = _WORD.findall(_BRACKETED.sub(" ", between))
    return not any(map(stands_for_digits, bare)) and (len(max(words, key=len)) > 1 or bool(touching))
