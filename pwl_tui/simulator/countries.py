"""The countries that the simulated service knows: enough for plausible answers, far from all.

A country is found by its calling code alone, so every number of +1 counts as the United States and every
number of +7 as Russia. For any other calling code, the answer has neither country nor carrier.
"""

from msgspec import Struct


class Country(Struct, frozen=True):
    """What the service says about a country's numbers."""

    region: str
    """ISO 3166 alpha-2."""
    calling_code: str
    """Digits, without plus."""
    name: str
    timezone: str
    """The capital's IANA time zone; a country with several is treated as if it had only this one."""
    mobile: str
    """National digits of a mobile number, valid in libphonenumber for any digits in place of ``#``."""
    carriers: tuple[str, ...]


COUNTRIES: tuple[Country, ...] = (
    Country("US", "1", "United States", "America/New_York", "41523#####", ("T-Mobile", "Verizon", "AT&T")),
    Country("GB", "44", "United Kingdom", "Europe/London", "7400######", ("EE", "O2", "Vodafone", "Three")),
    Country("DE", "49", "Germany", "Europe/Berlin", "1512#######", ("Telekom", "Vodafone", "O2")),
    Country("FR", "33", "France", "Europe/Paris", "612######", ("Orange", "SFR", "Bouygues", "Free")),
    Country("ES", "34", "Spain", "Europe/Madrid", "612######", ("Movistar", "Orange", "Vodafone")),
    Country("IT", "39", "Italy", "Europe/Rome", "347#######", ("TIM", "Vodafone", "WindTre", "Iliad")),
    Country("IN", "91", "India", "Asia/Kolkata", "98########", ("Jio", "Airtel", "Vi", "BSNL")),
    Country("BR", "55", "Brazil", "America/Sao_Paulo", "1198#######", ("Vivo", "Claro", "TIM")),
    Country("MX", "52", "Mexico", "America/Mexico_City", "552#######", ("Telcel", "AT&T", "Movistar")),
    Country("TR", "90", "Türkiye", "Europe/Istanbul", "532#######", ("Turkcell", "Vodafone", "Türk Telekom")),
    Country("AE", "971", "United Arab Emirates", "Asia/Dubai", "50#######", ("e&", "du")),
    Country("SA", "966", "Saudi Arabia", "Asia/Riyadh", "50#######", ("stc", "Mobily", "Zain")),
    Country("SY", "963", "Syria", "Asia/Damascus", "944######", ("Syriatel", "MTN")),
    Country("ZA", "27", "South Africa", "Africa/Johannesburg", "82#######", ("Vodacom", "MTN", "Cell C")),
    Country("NG", "234", "Nigeria", "Africa/Lagos", "803#######", ("MTN", "Airtel", "Glo")),
    Country("EG", "20", "Egypt", "Africa/Cairo", "100#######", ("Vodafone", "Orange", "Etisalat")),
    Country("ID", "62", "Indonesia", "Asia/Jakarta", "8123#######", ("Telkomsel", "Indosat", "XL Axiata")),
    Country("AU", "61", "Australia", "Australia/Sydney", "412######", ("Telstra", "Optus", "Vodafone")),
    Country("NL", "31", "Netherlands", "Europe/Amsterdam", "612######", ("KPN", "Odido", "Vodafone")),
    Country("PL", "48", "Poland", "Europe/Warsaw", "601######", ("Plus", "Orange", "Play", "T-Mobile")),
    Country("PT", "351", "Portugal", "Europe/Lisbon", "912######", ("MEO", "NOS", "Vodafone")),
    Country("BE", "32", "Belgium", "Europe/Brussels", "472######", ("Proximus", "Orange", "BASE")),
    Country("CH", "41", "Switzerland", "Europe/Zurich", "791######", ("Swisscom", "Sunrise", "Salt")),
    Country("AT", "43", "Austria", "Europe/Vienna", "6641######", ("A1", "Magenta", "Drei")),
    Country("SE", "46", "Sweden", "Europe/Stockholm", "701######", ("Telia", "Tele2", "Telenor")),
    Country("IE", "353", "Ireland", "Europe/Dublin", "871######", ("Vodafone", "Three", "eir")),
    Country("GR", "30", "Greece", "Europe/Athens", "691#######", ("Cosmote", "Vodafone", "Nova")),
    Country("RO", "40", "Romania", "Europe/Bucharest", "721######", ("Vodafone", "Orange", "Digi")),
    Country("UA", "380", "Ukraine", "Europe/Kyiv", "671######", ("Kyivstar", "Vodafone", "lifecell")),
    Country("RU", "7", "Russia", "Europe/Moscow", "9161######", ("MTS", "MegaFon", "Beeline")),
    Country("IL", "972", "Israel", "Asia/Jerusalem", "542######", ("Pelephone", "Cellcom", "Partner")),
    Country("JO", "962", "Jordan", "Asia/Amman", "79#######", ("Zain", "Orange", "Umniah")),
    Country("LB", "961", "Lebanon", "Asia/Beirut", "3######", ("touch", "Alfa")),
    Country("MA", "212", "Morocco", "Africa/Casablanca", "661######", ("Maroc Telecom", "Orange", "inwi")),
    Country("KE", "254", "Kenya", "Africa/Nairobi", "712######", ("Safaricom", "Airtel", "Telkom")),
    Country("GH", "233", "Ghana", "Africa/Accra", "241######", ("MTN", "Telecel", "AT")),
    Country("PK", "92", "Pakistan", "Asia/Karachi", "3001######", ("Jazz", "Zong", "Telenor", "Ufone")),
    Country("BD", "880", "Bangladesh", "Asia/Dhaka", "1711######", ("Grameenphone", "Robi", "Banglalink")),
    Country("PH", "63", "Philippines", "Asia/Manila", "917#######", ("Globe", "Smart", "DITO")),
    Country("MY", "60", "Malaysia", "Asia/Kuala_Lumpur", "12#######", ("Maxis", "CelcomDigi", "U Mobile")),
    Country("SG", "65", "Singapore", "Asia/Singapore", "912#####", ("Singtel", "StarHub", "M1")),
    Country("JP", "81", "Japan", "Asia/Tokyo", "901#######", ("NTT Docomo", "au", "SoftBank")),
    Country(
        "AR", "54", "Argentina", "America/Buenos_Aires", "9112#######", ("Claro", "Movistar", "Personal")
    ),
    Country("CO", "57", "Colombia", "America/Bogota", "301#######", ("Claro", "Movistar", "Tigo")),
    Country("CL", "56", "Chile", "America/Santiago", "961######", ("Entel", "Movistar", "WOM")),
)

_BY_CALLING_CODE = {country.calling_code: country for country in COUNTRIES}
_BY_REGION = {country.region: country for country in COUNTRIES}


def country_of(number: str) -> Country | None:
    """Return the country of an E.164 number with its plus. None means an unknown calling code."""
    code = number[1:4]  # no calling code is a prefix of another, so the order does not matter
    return _BY_CALLING_CODE.get(code) or _BY_CALLING_CODE.get(code[:2]) or _BY_CALLING_CODE.get(code[:1])


def country_in(region: str) -> Country | None:
    """Return the country of an ISO alpha-2 code, in either case. None means an unknown code."""
    return _BY_REGION.get(region.upper())
