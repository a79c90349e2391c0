"""Numbers of countries that changed how theirs are dialed, as they are dialed today.

WhatsApp's own ids, old address books and old exports keep the former way:

- Brazil put a 9 in front of its mobile numbers (Anatel, resolution 553): ``55 31 8888-3193`` is
  ``+55 31 98888-3193``. Those that begin with 6 to 9 after their area code (DDD) were mobile.
- Mexico dropped the 1 in front of its mobile numbers in 2019 (IFT): ``52 1 55 1234 5678`` is
  ``+52 55 1234 5678``.

Argentina's 9 after 54 is the way its mobile numbers are dialed today, so it stays.
"""

from pwl_tui.lists.numbers.shortcut import shortcut

_BRAZIL = 55
_SUBSCRIBER, _AREA = 10**8, 10**10
_MEXICO_MOBILE = 521


def renumbered(number: int) -> int:
    """Return a number as it is dialed today; itself if that did not change.

    Args:
        number: E.164 without the plus, valid or not.
    """
    changed = number
    if _was_mobile(number):
        before, subscriber = divmod(number, _SUBSCRIBER)
        changed = before * _SUBSCRIBER * 10 + 9 * _SUBSCRIBER + subscriber
    elif number // _AREA == _MEXICO_MOBILE:
        changed = 52 * _AREA + number % _AREA
    return changed if changed == number or shortcut(f"+{changed}", None) > 0 else number


def _was_mobile(number: int) -> bool:
    """Return whether a number is one of Brazil's with eight digits after the area code, 6 to 9 the first."""
    return number // _AREA == _BRAZIL and number // (_SUBSCRIBER // 10) % 10 >= 6


def lacks_ninth_digit(text: str, number: int) -> bool:
    """Return whether a number has Brazil's ninth digit and the text that it was read from has not.

    Args:
        text: a cell.
        number: what `parse` read in it.
    """
    if number // (_AREA * 10) != _BRAZIL:
        return False
    if str(number)[-9:] in text:
        return False
    digits = "".join(str(int(character)) for character in text if character.isdecimal())
    national = str(number)[2:]
    return national not in digits and national[3:] in digits
