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
_NEARLY_ALL = 0.9
_LOOKED_AT = 100


def find_region_column(
    rows: Sequence[Sequence[str]], names: Sequence[str], area: int | None = None
) -> int | None:
    """Return the index of the column that has a region in nearly every row, if its name says so.

    Contents alone prove nothing: the codes of US states are also those of countries, and 212 is New York as
    well as Morocco. So calling codes without a ``+`` must also fit the numbers beside them.

    Args:
        rows: a sample.
        names: of the columns.
        area: the index of the column with area codes. None means there is none.
    """
    for place, name in enumerate(names):
        if place == area or not _names_a_region(name):
            continue
        cells = [text for row in rows if place < len(row) and (text := row[place].strip())]
        if not cells or sum(region_named(cell) is not None for cell in cells) < len(cells) * _NEARLY_ALL:
            continue
        doubtful = [cell for cell in cells if is_calling_code(cell) and not cell.startswith(("+", "00"))]
        if len(doubtful) * 2 < len(cells) or _have_numbers(rows, place, area):
            return place
    return None


def _names_a_region(name: str) -> bool:
    words = [word for word in _WORD.split(name.casefold()) if word]
    found = {*words, *map("_".join, pairwise(words))}
    known = frozenset((_COUNTRIES + _CODES).split())
    return not known.isdisjoint(found) or _WITHIN_WORDS.search(name) is not None


def _have_numbers(rows: Sequence[Sequence[str]], place: int, area: int | None) -> bool:
    """Return whether most rows have a number that is valid in the region of their own calling code."""
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
    return fitting * 2 > len(looked_at)
