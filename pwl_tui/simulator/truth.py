"""The truth about every phone number, and how the service reports it.

A pure function of the number and a seed: it always says the same, so a test can compare a client's results
with it, row by row.
"""

import hashlib
import re
import struct
from typing import Any

import msgspec

from pwl_tui.simulator.countries import country_in, country_of

_E164 = re.compile(r"\+[0-9]{7,15}")
_ON_WHATSAPP_SHARE = 0.7
_BUSINESS_SHARE = 0.1

CHECK_FAILED = "The phone number could not be checked."
_UNREADABLE = "The phone number could not be read."


class Truth(msgspec.Struct, frozen=True):
    """The truth about one number, whoever asks and however often."""

    on_whatsapp: bool
    business: bool
    """Has a WhatsApp Business account; implies `on_whatsapp`."""
    carrier: str
    """Empty if the country is unknown."""
    country: str
    """ISO alpha-2; empty if the calling code is unknown."""
    fails: bool
    """The service fails to find out whether the number is on WhatsApp."""


def truth_of(number: str, *, seed: int, failure_share: float) -> Truth:
    """Return the truth about `number`; one that is not a plus and 7 to 15 digits always fails.

    Args:
        number: as it was submitted.
        seed: a different seed gives different truths.
        failure_share: the share of readable numbers that fail, 0 to 1.
    """
    if not _E164.fullmatch(number):
        return Truth(on_whatsapp=False, business=False, carrier="", country="", fails=True)
    digest = hashlib.blake2b(number.encode(), key=str(seed).encode(), digest_size=16).digest()
    fails, whatsapp, business, carrier = (word / 2**32 for word in struct.unpack(">4I", digest))
    country = country_of(number)
    return Truth(
        on_whatsapp=whatsapp < _ON_WHATSAPP_SHARE,
        business=whatsapp < _ON_WHATSAPP_SHARE and business < _BUSINESS_SHARE,
        carrier=country.carriers[int(carrier * len(country.carriers))] if country else "",
        country=country.region if country else "",
        fails=fails < failure_share,
    )


def e164(phone_number: str, country_code: str) -> str | None:
    """Return the number that the single check is asked for, in E.164. None means it cannot be read.

    Args:
        phone_number: E.164 with its plus; or, together with `country_code`, a national number in any
            punctuation, with or without one leading trunk zero.
        country_code: ISO alpha-2 of a country in the simulator's table; if empty, only E.164 is read.
    """
    if _E164.fullmatch(phone_number):
        return phone_number
    country = country_in(country_code)
    if country is None or phone_number.startswith("+"):
        return None
    national = re.sub(r"[^0-9]", "", phone_number).removeprefix("0")
    number = f"+{country.calling_code}{national}"
    return number if _E164.fullmatch(number) else None


def batch_result(number: str, truth: Truth) -> dict[str, Any]:
    """Return the object of a finished number in the answer to a poll."""
    if truth.fails:
        error = CHECK_FAILED if _E164.fullmatch(number) else _UNREADABLE
        return {"phone_number": number, "status": "failed", "error": error}
    return {
        "phone_number": number,
        "status": "completed",
        "wa_status": _wa_status(truth),
        "numberstatus": truth.on_whatsapp,
        "businessnumber": truth.business,
        "formatted_number": number,
        "carrier": truth.carrier,
        "country": truth.country,
    }


def check_result(number: str, truth: Truth) -> dict[str, Any]:
    """Return the answer to the single check of an E.164 number that does not fail.

    Every number counts as mobile, its location is its country, and its national digits are not grouped.
    """
    country = country_of(number)
    calling_code = country.calling_code if country else ""
    national = number[1 + len(calling_code) :]
    return {
        "status": _wa_status(truth),
        "formatted_number": number,
        "linetype": "mobile",
        "carrier": truth.carrier,
        "location": country.name if country else "",
        "countrycodenum": calling_code,
        "countrycode": truth.country,
        "countryname": country.name if country else "",
        "formatnational": national,
        "formatinternational": f"+{calling_code} {national}" if country else number,
        "timezone": [country.timezone] if country else [],
        "numberstatus": truth.on_whatsapp,
        "businessnumber": truth.business,
    }


def _wa_status(truth: Truth) -> str:
    return "VALID_CONFIRMED" if truth.on_whatsapp else "INVALID"
