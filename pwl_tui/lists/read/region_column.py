"""Finds the column with the country or the calling code of each row: by name first, then by contents."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.regions import is_calling_code, region_named
from pwl_tui.lists.read.area_column import with_area

_COUNTRIES = """
country countries nation nationality region iso iso2 iso3 land länder país pais países pays paese
paesi nazione ülke ulke ülkesi kraj země zeme štát krajina ország orszag țară tara ţară država
drzava riik valsts šalis maa negara bansa nchi quốc_gia nước χώρα χωρα страна країна краіна држава
държава земља ел мамлакат davlat ölkə 国 國 국가 나라 الدولة دولة البلد بلد کشور ملک देश দেশ நாடு దేశం દેશ
ਦੇਸ਼ ประเทศ ארץ מדינה երկիր ქვეყანა နိုင်ငံ ប្រទេស
"""
_CODES = """
isd idd ddi cc prefix prefijo prefixo préfixe prefixe prefisso präfix prefiks ländercode laendercode
landcode vorwahl ländervorwahl laendervorwahl landesvorwahl indicatif indicativo landnummer
landenummer landekode landskod kierunkowy předvolba predvolba előhívó código codigo code_pays
kode_negara ülke_kodu alan_kodu country_code countrycode dial_code dialcode dialling_code
dialing_code calling_code phone_code tel_code international_code intl_code phone_prefix dial_prefix
tel_prefix country_prefix mã_quốc_gia mã_vùng код код_страны код_країни مفتاح رمز کد קידומת รหัส
"""
"""Names of columns, folded; words are joined by ``_``."""
_WITHIN_WORDS = re.compile("国家|國家|国名|国番号|国码|國碼|区号|區號|국가|الدول|البلد|ประเทศ|देश")
"""Of languages that do not separate words, or that join articles to them."""
_WORD = re.compile(r"[\s_/()\[\]:.,-]+")
_ALSO_A_PART = frozenset(("region", "land", "länder"))
"""Names of columns that may have the parts of one country instead: IN is Indiana as well as India. So may a
column of ``_CODES``, if it has letters."""
_STATES = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK
OR PA RI SC SD TN TX UT VT VA WA WV WI WY AB BC MB NB NL NS NT NU ON PE QC SK YT
"""
"""The codes of states and provinces of North America: half of them are those of countries, too."""
_HALF, _NEARLY_ALL = 0.5, 0.9
_LOOKED_AT = 100


def find_region_column(
    rows: Sequence[Sequence[str]], names: Sequence[str], area: int | None = None
) -> int | None:
    """Return the index of the column that has a region in nearly every row, if its name says so.

    Contents alone prove nothing: the codes of US states are also those of countries, and 212 is New York as
    well as Morocco. So calling codes without a ``+`` must also fit the numbers beside them, and letters too,
    where the name is not that of countries.

    Args:
        rows: a sample.
        names: of the columns.
        area: the index of the column with area codes. None means there is none.
    """
    for place, name in enumerate(names):
        known_by = _called(name)
        if place == area or not known_by:
            continue
        cells = [text for row in rows if place < len(row) and (text := row[place].strip())]
        if not cells or sum(region_named(cell) is not None for cell in cells) < len(cells) * _NEARLY_ALL:
            continue
        codes = [cell for cell in cells if is_calling_code(cell)]
        bare = sum(not cell.startswith(("+", "00")) for cell in codes) * 2 >= len(cells)
        letters = len(codes) * 2 < len(cells)
        parts = letters and known_by <= _ALSO_A_PART | set(_CODES.split())
        share = _share_with_numbers(rows, place, area) if bare or parts else 1.0
        if share <= _HALF or (not bare and share < _NEARLY_ALL):
            continue
        if not (parts and _are_states(rows, place, cells)):
            return place
    return None


def _called(name: str) -> set[str]:
    """Return what in the name of a column says that it has regions."""
    words = [word for word in _WORD.split(name.casefold()) if word]
    found = {*words, *map("_".join, pairwise(words))}
    return {*_WITHIN_WORDS.findall(name), *(found & frozenset((_COUNTRIES + _CODES).split()))}


def _are_states(rows: Sequence[Sequence[str]], place: int, cells: Sequence[str]) -> bool:
    """Return whether codes are rather those of states: as many rows have a number there as in the countries.

    Only rows count where that makes another number.
    """
    if not {cell.upper() for cell in cells} <= set(_STATES.split()):
        return False
    here = there = 0
    for row in rows[:_LOOKED_AT]:
        region = region_named(row[place]) if place < len(row) else None
        others = [cell for at, cell in enumerate(row) if at != place]
        in_states = {parse(cell, "US", "valid", plus_lost=False) for cell in others}
        in_country = {parse(cell, region, "valid", plus_lost=False) for cell in others}
        if in_states != in_country:
            here += any(number > 0 for number in in_states)
            there += any(number > 0 for number in in_country)
    return here > 0 and here >= there


def _share_with_numbers(rows: Sequence[Sequence[str]], place: int, area: int | None) -> float:
    """Return the share of rows with a number that is valid in the region of their own code."""
    looked_at = [row for row in rows if place < len(row) and row[place].strip()][:_LOOKED_AT]
    fitting = sum(
        any(
            parse(with_area(row, at, area, region), region, "valid", plus_lost=False) > 0
            for at in range(len(row))
            if at not in (place, area)
        )
        for row in looked_at
        if (region := region_named(row[place]))
    )
    return fitting / len(looked_at)
