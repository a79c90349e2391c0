"""Letters beside a number: which are words that may be left out, and which stand for a digit.

A letter that somebody typed for a digit (``O`` for 0, ``l`` for 1) leaves, once it is dropped, the number of
somebody else; so do digits that are cut out of an order number. Only known words may touch a number.
"""

import re
import unicodedata

from pwl_tui.lists.numbers.reasons import LETTERS, NOT_A_NUMBER

LETTER = re.compile(r"[^\W\d_]")
"""A letter of any script, or a sign that is a number but no digit, such as a superscript."""

LOOKALIKE = frozenset("OoQDIiLlSsBbZzGgqTtАВЕОовІіЅѕЗзТбΒΟοΙΖοτ〇ＯｏＩｌＳＢＺ")  # noqa: RUF001
"""Those that are typed for digits, in any script that has them."""
_BESIDE = """
tel telefon telefono teléfono telephone téléphone telefone telef phone ph fon fone call mobile mobil móvil
movil mob cell cellular cel celular celulare handy gsm whatsapp wa wsp wapp number num nr no sms fax home work
office main private business other direct landline desk iphone viber signal telegram тел телефон моб
мобильный сот privat private dienstlich büro buero zuhause arbeit casa trabajo oficina trabalho escritório
maison bureau travail domicile perso pro lavoro ufficio thuis werk praca dom ev iş дом домашний работа рабочий
mum mom mother dad father wife husband son daughter brother sister boss assistant reception secretary
"""
_WORDS = frozenset(_BESIDE.split())
"""Words that stand beside numbers, in lower case."""
_OTHER = """
order invoice inv ref reference iban bic account acct id uuid sku po ticket isbn ean imei iccid serial
tracking vat ssn case customer bestellung rechnung kunde konto pedido factura cuenta commande facture
compte заказ счет
"""
_OTHER_NUMBERS = frozenset(_OTHER.split())
"""Words that say that digits after them are no phone number."""
_MARK = r"[ ,.(-]*(?:extensi(?:on|ón)|e?xtn?|int|anexo|ramal|poste|доб|x|ｘ)[.:,;=]* *#?"  # noqa: RUF001
EXTENSION_MARK = re.compile(_MARK, re.IGNORECASE)
"""What is between a number and its extension."""
_EXTENSION = re.compile(rf"(?:;ext=|{_MARK})\d{{1,9}}[#)]?\s*$", re.IGNORECASE)
_VANITY = re.compile(
    r"(?:\+?1)?[ ().-]*8(?:00|33|44|55|66|77|88)[ ().-]*(?=[A-Z-]*[^\W\dOQDILSBZG_-])[A-Z]{3,}(?:-?[A-Z]+)*"
)
"""A toll-free number of North America in letters, which libphonenumber reads by the keys of a phone."""
_TOUCHING = re.compile(r"\d[^\W\d_]|[^\W\d_]\d")
_HEAD = re.compile(r"[^\d+]*")
_GLUED_BEFORE = re.compile(r"([^\W\d_]+)[-_#/\\]?$")
_ALONE_BEFORE = re.compile(r"(?:^|[\s(])([^\W\d_])[\s(]+$")
_WORD = re.compile(r"[^\W\d_]+")
_IN_BRACKETS = re.compile(r"\([^()\d]*\)|\[[^\[\]\d]*\]")
_SHORTEST_NAME = _LONGEST_UNIT = 3


def without_words(text: str) -> str | int:
    """Return a text without the words and the extension around its number.

    Args:
        text: a plain one (see `plain`) with a digit and a letter.

    Returns:
        The rest, which has no letter unless libphonenumber reads it; or the negative of a reason.
    """
    if _VANITY.fullmatch(text.strip()):
        return text
    if extension := _EXTENSION.search(text):
        text = text[: extension.start()]
    digits = [match.start() for match in re.finditer(r"\d", text)]
    if not digits:
        return -NOT_A_NUMBER
    head = _HEAD.match(text)
    start, end = head.end() if head else 0, digits[-1] + 1
    if words := _WORD.findall(text, start, end):
        typed = _TOUCHING.search(text, start, end) or any(map(stands_for_digits, words))
        return -(LETTERS if typed else NOT_A_NUMBER)
    marked = text.startswith("+", start)
    if not marked and (reason := _before(text[:start])):
        return -reason
    if reason := _after(text[end:], marked=marked):
        return -reason
    return text[start:end]


def _before(head: str) -> int:
    """Return why digits after these words are no number; 0 if they may be."""
    if head.rstrip().endswith("#"):
        return NOT_A_NUMBER
    words = _WORD.findall(head)
    if any(word.casefold() in _OTHER_NUMBERS for word in words):
        return NOT_A_NUMBER
    if (glued := _GLUED_BEFORE.search(head)) and not may_touch(glued[1]):
        return LETTERS
    alone = _ALONE_BEFORE.search(head)
    return LETTERS if alone and alone[1] in LOOKALIKE else 0


def _after(tail: str, *, marked: bool) -> int:
    """Return why digits before these words are no number; 0 if they may be.

    Args:
        tail: what follows the last digit.
        marked: whether a ``+`` begins the digits, so that they are no amount and no address.
    """
    if LETTER.match(tail):
        words = _WORD.findall(tail)
        return 0 if len(words) == 1 and may_touch(words[0]) else LETTERS
    words = _WORD.findall(_IN_BRACKETS.sub(" ", tail))
    if any(map(stands_for_digits, words)):
        return LETTERS
    return 0 if marked or all(map(_is_label, words)) else NOT_A_NUMBER


def stands_for_digits(word: str) -> bool:
    """Return whether a word may be digits that were typed as letters: ``O``, ``lO``, but not ``Bob``."""
    if word.casefold() in _WORDS or not LOOKALIKE.issuperset(word):
        return False
    return len(word) < _SHORTEST_NAME or not word.istitle() or len(set(word.casefold())) == 1


def _is_label(word: str) -> bool:
    """Return whether a word may stand beside a number: a known one, an initial, or a name, but no unit."""
    unit = word.islower() or (word.isupper() and len(word) <= _LONGEST_UNIT)
    return word.casefold() in _WORDS or len(word) == 1 or not unit


def may_touch(word: str) -> bool:
    """Return whether a word may touch a digit: a known one, or one in letters that look like no digit."""
    return word.casefold() in _WORDS or not any(map(_is_alphabet, word))


def _is_alphabet(letter: str) -> bool:
    """Return whether a letter is Latin, Greek or Cyrillic, or no letter at all, such as a circled digit."""
    name = unicodedata.name(letter, "")
    return not letter.isalpha() or any(script in name for script in ("LATIN", "GREEK", "CYRILLIC", "MATHEM"))
