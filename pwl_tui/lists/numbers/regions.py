"""Regions as people write them: ISO 3166 codes, country names, calling codes."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import SUPPORTED_REGIONS, PhoneNumber, country_code_for_region

from pwl_tui.lists.errors import ListError

_OTHER_CODES = {"UK": "GB", "USA": "US", "UAE": "AE"}
_CALLING_CODE = re.compile(r"\(?'?(?:\+ ?|00)?([1-9]\d{0,2})(?:[ -]\(?(\d{3})\)?)?\)?(?:\.0)?", re.ASCII)
"""A calling code; group 2 is the area of a country that shares the code of North America."""
_NAME_AND_CODE = re.compile(
    r"(?P<name>[^\d+]+?)[ ,:/(\[-]*(?P<code>(?:\+|00)?[1-9][\d -]{0,6})\)?\]?", re.ASCII
)
_CODE_AND_NAME = re.compile(
    r"[(\[]?(?P<code>(?:\+|00)?[1-9][\d -]{0,6}?)[ ,:/)\]-]*(?P<name>[^\d+]+)", re.ASCII
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FLAG_LETTERS = 0x1F1E6 - ord("A")
_ACCENT = re.compile("[\u0300-\u036f]")
_BETWEEN_LETTERS = re.compile(r"[^\w\u0900-\u109f\u1780-\u17ff\u3099]+|[\d_]+")
"""What separates words. The vowel signs of Indic and other scripts are a part of theirs."""
_LONGEST_NAME = 60

_NAMES = """
AC Ascension Island|AD Andorra|AE United Arab Emirates/Emirates|AF Afghanistan
AG Antigua and Barbuda/Antigua|AI Anguilla|AL Albania|AM Armenia|AO Angola|AR Argentina|AS American Samoa
AT Austria/Österreich|AU Australia|AW Aruba|AX Åland Islands/Åland|AZ Azerbaijan
BA Bosnia and Herzegovina/Bosnia|BB Barbados|BD Bangladesh|BE Belgium/België/Belgique|BF Burkina Faso
BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BL Saint Barthélemy|BM Bermuda|BN Brunei/Brunei Darussalam
BO Bolivia|BQ Caribbean Netherlands/Bonaire|BR Brazil/Brasil|BS Bahamas|BT Bhutan|BW Botswana|BY Belarus
BZ Belize|CA Canada|CC Cocos Islands|CD DR Congo/Democratic Republic of the Congo/Congo Kinshasa
CF Central African Republic|CG Congo/Republic of the Congo/Congo Brazzaville
CH Switzerland/Schweiz/Suisse/Svizzera|CI Ivory Coast/Côte d'Ivoire|CK Cook Islands|CL Chile
CM Cameroon/Cameroun|CN China/PR China/People's Republic of China|CO Colombia|CR Costa Rica|CU Cuba
CV Cape Verde/Cabo Verde|CW Curaçao|CX Christmas Island|CY Cyprus|CZ Czech Republic/Czechia
DE Germany/Deutschland|DJ Djibouti|DK Denmark/Danmark|DM Dominica|DO Dominican Republic/República Dominicana
DZ Algeria/Algérie|EC Ecuador|EE Estonia/Eesti|EG Egypt|EH Western Sahara|ER Eritrea|ES Spain/España
ET Ethiopia|FI Finland/Suomi|FJ Fiji|FK Falkland Islands|FM Micronesia|FO Faroe Islands|FR France|GA Gabon
GD Grenada|GE Georgia|GF French Guiana|GG Guernsey
GB United Kingdom/Great Britain/Britain/England/Scotland/Wales/Northern Ireland|GH Ghana|GI Gibraltar
GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe|GQ Equatorial Guinea|GR Greece|GT Guatemala|GU Guam
GW Guinea Bissau|GY Guyana|HK Hong Kong|HN Honduras|HR Croatia/Hrvatska|HT Haiti|HU Hungary/Magyarország
ID Indonesia|IE Ireland/Éire|IL Israel|IM Isle of Man|IN India|IO British Indian Ocean Territory|IQ Iraq
IR Iran|IS Iceland|IT Italy/Italia|JE Jersey|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan
KH Cambodia|KI Kiribati|KM Comoros|KN Saint Kitts and Nevis|KP North Korea
KR South Korea/Korea/Republic of Korea|KW Kuwait|KY Cayman Islands|KZ Kazakhstan|LA Laos|LB Lebanon
LC Saint Lucia|LI Liechtenstein|LK Sri Lanka|LR Liberia|LS Lesotho|LT Lithuania/Lietuva|LU Luxembourg
LV Latvia/Latvija|LY Libya|MA Morocco/Maroc|MC Monaco|MD Moldova|ME Montenegro|MF Saint Martin|MG Madagascar
MH Marshall Islands|MK North Macedonia/Macedonia|ML Mali|MM Myanmar/Burma|MN Mongolia|MO Macau/Macao
MP Northern Mariana Islands|MQ Martinique|MR Mauritania|MS Montserrat|MT Malta|MU Mauritius|MV Maldives
MW Malawi|MX Mexico/México|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|NF Norfolk Island
NG Nigeria|NI Nicaragua|NL Netherlands/Nederland/Holland|NO Norway/Norge|NP Nepal|NR Nauru|NU Niue
NZ New Zealand|OM Oman|PA Panama/Panamá|PE Peru/Perú|PF French Polynesia|PG Papua New Guinea|PH Philippines
PK Pakistan|PL Poland/Polska|PM Saint Pierre and Miquelon|PR Puerto Rico|PS Palestine|PT Portugal|PW Palau
PY Paraguay|QA Qatar|RE Réunion|RO Romania|RS Serbia|RU Russia/Russian Federation|RW Rwanda
SA Saudi Arabia/KSA|SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden/Sverige|SG Singapore|SH Saint Helena
SI Slovenia|SJ Svalbard|SK Slovakia/Slovak Republic|SL Sierra Leone|SM San Marino|SN Senegal/Sénégal
SO Somalia|SR Suriname|SS South Sudan|ST São Tomé and Príncipe|SV El Salvador|SX Sint Maarten|SY Syria
SZ Eswatini/Swaziland|TA Tristan da Cunha|TC Turks and Caicos Islands|TD Chad/Tchad|TG Togo|TH Thailand
TJ Tajikistan|TK Tokelau|TL Timor Leste/East Timor|TM Turkmenistan|TN Tunisia/Tunisie|TO Tonga
TR Turkey/Türkiye|TT Trinidad and Tobago/Trinidad|TV Tuvalu|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda
US United States/United States of America/America|UY Uruguay|UZ Uzbekistan|VA Vatican/Vatican City/Holy See
VC Saint Vincent and the Grenadines/Saint Vincent|VE Venezuela|VG British Virgin Islands
VI US Virgin Islands|VN Vietnam|VU Vanuatu|WF Wallis and Futuna|WS Samoa|XK Kosovo|YE Yemen|YT Mayotte
ZA South Africa/RSA|ZM Zambia|ZW Zimbabwe
"""
"""For every region that libphonenumber knows: its English names, and some that its own people use."""


def checked_region(given: str) -> str:
    """Return a region code as it is used from here on: known, and in upper case.

    Raises:
        ListError: there is no such region.
    """
    region = given.strip().upper()
    if region not in SUPPORTED_REGIONS:
        hint = region_named(given) or "US, GB or IN"
        raise ListError(
            f"{given!r} is not a region code.", f"Use a two-letter code (ISO 3166), such as {hint}."
        )
    return region


@lru_cache(10**4)  # bounded, because its argument is foreign text
def region_named(text: str) -> str | None:
    """Return the region code that a cell means, or None if it is not a region.

    Args:
        text: a code of ISO 3166 (``GB``, ``GBR``), a country name in one of the larger languages (``United
            Kingdom``, ``Reino Unido``), a flag, or a calling code (``44``, ``+44``), which means the main
            region that has it. Case, accents and punctuation do not matter. Two that agree will do, as in
            ``UK (+44)``.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_NAME or text.casefold() == "n/a":  # letters alone are Namibia
        return None
    if code := _CALLING_CODE.fullmatch(text):
        return _region_of_code(code[1], code[2])
    if flag := _FLAG.search(text):
        letters = "".join(chr(ord(letter) - _FLAG_LETTERS) for letter in flag[0])
        return _regions().get(letters.casefold())
    if (both := _NAME_AND_CODE.fullmatch(text)) or (both := _CODE_AND_NAME.fullmatch(text)):
        name, code_named = _named(both["name"]), region_named(both["code"])
        alike = name and code_named and country_code_for_region(name) == country_code_for_region(code_named)
        return name if alike else None
    return _named(text)


def is_calling_code(text: str) -> bool:
    """Return whether a cell is a calling code, with or without a ``+``."""
    return _CALLING_CODE.fullmatch(text.strip()) is not None


def _named(name: str) -> str | None:
    """Return the region that has a name or a code of letters."""
    regions, folded = _regions(), _folded(name)
    found = regions.get(name.casefold().strip()) or regions.get(folded)
    if found or not folded:
        return found
    from pwl_tui.lists.numbers.country_names import country_names  # half a second: for foreign names only

    return country_names(frozenset(SUPPORTED_REGIONS), _folded).get(folded)


def _region_of_code(code: str, area: str | None) -> str | None:
    """Return the main region of a calling code, or of an area within it, as in ``+1-242``."""
    if area:
        return phonenumbers.region_code_for_number(
            PhoneNumber(int(code), int(area + "2345678"[: 10 - len(area)]))
        )
    region = phonenumbers.region_code_for_country_code(int(code))
    return region if region in SUPPORTED_REGIONS else None


def region_of_row(row: Sequence[str], region_column: int | None, region: str | None) -> str | None:
    """Return where a row's national number belongs: the region in its region column, otherwise `region`."""
    if region_column is None or region_column >= len(row):
        return region
    return region_named(row[region_column]) or region


@cache
def _regions() -> dict[str, str]:
    """Return the region code of each spelling, folded."""
    regions = {code.casefold(): code for code in SUPPORTED_REGIONS}
    regions |= {other.casefold(): code for other, code in _OTHER_CODES.items()}
    for code, names in english_names():
        regions |= {_folded(name): code for name in names}
    return regions


def english_names() -> Iterator[tuple[str, list[str]]]:
    """Yield each region code with its English names, and some that its own people use."""
    for entry in _NAMES.replace("\n", "|").strip("|").split("|"):
        code, _, names = entry.partition(" ")
        yield code, names.split("/")


def _folded(name: str) -> str:
    """Return the letters of a name without case, accents, punctuation or ``the``; ``St.`` is ``Saint``."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = _BETWEEN_LETTERS.split(_ACCENT.sub("", plain))
    return "".join({"st": "saint"}.get(word, word) for word in words if word not in {"the", "and"})
