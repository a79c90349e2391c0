"""Random lists of national mobile numbers that do not say where they are from: none may be paid for.

``python -m tests.lists.nowhere [--lists 20] [--seed 1]`` prints, for each country, the share of its numbers
that would be paid for without a region (it must be 0), and at which place its region is offered: from the
numbers alone, and from what else a list says. It exits with 1 if anything is to be paid for.
"""

import argparse
import random
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.region_guess import guess_regions
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source

NUMBERS = 30
"""Of each list."""

_PEOPLE = """
AE Ahmed Ali,Dubai,gmail.com
AR Juan Fernández,Rosario,gmail.com.ar
AU Jack Smith,Perth,b.com.au
BD রহমান,ঢাকা,gmail.com
BO Mamani Quispe,Cochabamba,mail.bo
BR João,Curitiba,uol.com.br
CL Camila Rojas,Valparaíso,mail.cl
CN 张伟,北京,qq.com
CO Andrés,Medellín,gmail.com
CZ Jiří Novák,Brno,seznam.cz
DE Jürgen Weiß,Köln,web.de
DZ Karim,Oran,mail.dz
EG محمد,القاهرة,mail.eg
ES Lucía García,Sevilla,mail.es
ET አበበ,አዲስ አበባ,gmail.com
FR Zoé Lefèbvre,Bordeaux,orange.fr
GB Oliver Jones,Leeds,bt.co.uk
GH Kwame Mensah,Kumasi,gmail.com
GR Γιώργος,Αθήνα,mail.gr
HN Carlos,Tegucigalpa,mail.hn
HU Kovács Ödön,Győr,freemail.hu
ID Budi Santoso,Surabaya,mail.co.id
IL דוד,חיפה,walla.co.il
IN राहुल शर्मा,Pune,rediffmail.com
IR علی احمدی,شیراز,mail.ir
IT Giulia Rossi,Torino,libero.it
JP 佐藤さくら,とうきょう,docomo.ne.jp
KE Wanjiku,Kisumu,gmail.com
KR 김민수,서울,naver.com
KZ Әлия,Алматы,mail.kz
LK නිමල්,Kandy,gmail.com
MA Youssef Alaoui,Rabat,menara.ma
MM အောင်,ရန်ကုန်,gmail.com
MX José Hernández,Puebla,mail.mx
MY Siti binti Ahmad,Ipoh,mail.my
NG Chukwu Okafor,Enugu,gmail.com
NL Sanne de Vries,Utrecht,ziggo.nl
NP राम थापा,Pokhara,mail.np
PE Quispe,Arequipa,mail.pe
PH Maria Santos,Cebu,gmail.com
PK عائشہ,Lahore,gmail.com
PL Łukasz Wiśniewski,Łódź,wp.pl
PT João,Coimbra,sapo.pt
RO Ștefan Popescu,Iași,mail.ro
RU Елена,Казань,mail.ru
SA عبدالله,جدة,mail.sa
SE Åsa Nilsson,Malmö,telia.se
TH สมชาย,กรุงเทพ,gmail.com
TR Ayşe Yılmaz,İzmir,mail.com.tr
TZ Juma,Mwanza,gmail.com
UA Ірина,Львів,ukr.net
UG Okello,Gulu,gmail.com
US Emily Johnson,Chicago,aol.com
UZ Karimov,Toshkent,mail.uz
VN Nguyễn Thị Hương,Hà Nội,gmail.com
ZA Dlamini,Durban,mweb.co.za
"""  # noqa: RUF001 - letters of their countries are meant
"""By country: a name, a city and a mail domain of someone there; made up."""
PEOPLE = {line[:2]: line[3:] for line in _PEOPLE.strip().splitlines()}


_HELD_OUT = "AO AT AZ BE BG BY CI CM DK EC FI GT HR IE JO LB LT NZ OM PY RS SN TN UY VE YE ZM ZW"
"""Countries to measure with, after the weights were chosen on others."""


class Outcome(NamedTuple):
    """What came of one list: numbers to pay for, and the place of its region among those offered; 0: none."""

    paid: int
    place: int
    first: str


def mobile_numbers(region: str, count: int, draw: random.Random) -> list[str]:
    """Return mobile numbers that the plan of a region allows, without a national prefix."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.mobile is None or metadata.mobile.example_number is None:
        raise AssertionError(f"libphonenumber has no mobile number of {region}")
    pattern, example = (
        re.compile(metadata.mobile.national_number_pattern or ""),
        metadata.mobile.example_number,
    )
    found: list[str] = []
    while len(found) < count:
        start = example[: draw.choice((0, 0, 1, 2))]
        digits = start + "".join(draw.choices("0123456789", k=len(example) - len(start)))
        if pattern.fullmatch(digits):
            found.append(digits)
    return found


def notations(region: str, numbers: list[str]) -> Iterator[list[str]]:
    """Yield numbers as their country writes them, those in digits alone, and without the national prefix."""
    code = phonenumbers.country_code_for_region(region)
    parsed = [phonenumbers.parse(f"+{code}{number}") for number in numbers]
    written = [phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) for number in parsed]
    yield written
    yield ["".join(filter(str.isdecimal, number)) for number in written]
    yield numbers


def outcome(region: str, cells: list[str], *, told: bool) -> Outcome:
    """Plan a list without a region.

    Args:
        region: where its numbers are from.
        cells: those numbers.
        told: whether names, cities and mail addresses are beside them.
    """
    name, city, domain = PEOPLE[region].split(",")
    rows = (
        f"{name},{city},a{row}@{domain},{cell}" if told else f"{row},{cell}" for row, cell in enumerate(cells)
    )
    head = "name,city,email,phone" if told else "id,phone"
    made = planned(head + "\n" + "\n".join(rows) + "\n")
    offered = [guess.region for guess in made.region_guesses]
    place = offered.index(region) + 1 if region in offered else 0
    return Outcome(len(made.numbers), place, offered[0] if offered else "none")


def place_of(region: str, cells: list[str]) -> int:
    """Return at which place the region of cells is offered that have nothing beside them; 0: it is not."""
    offered = [guess.region for guess in guess_regions(cells)]
    return offered.index(region) + 1 if region in offered else 0


def planned(text: str) -> ListPlan:
    """Return the plan of a list, also if there is no number in it."""
    try:
        return plan(Source.from_text(text), Options())
    except NoNumbersError as error:
        return error.plan
    except ListError as error:
        raise AssertionError(error.problem.message) from error


def main() -> None:
    """Plan as many lists for each country as the command says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=int, default=6, help="lists of each country")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    paid = lists = firsts = firsts_told = 0
    print("country  to pay  place by numbers alone    place by all that the list says")
    for region in sorted(PEOPLE):
        alone, told = list[Outcome](), list[Outcome]()
        for _ in range(max(1, arguments.lists // 3)):
            for cells in notations(region, mobile_numbers(region, NUMBERS, draw)):
                alone.append(outcome(region, cells, told=False))
                told.append(outcome(region, cells, told=True))
        paid += sum(each.paid for each in (*alone, *told))
        lists += len(alone)
        firsts += sum(each.place == 1 for each in alone)
        firsts_told += sum(each.place == 1 for each in told)
        share = sum(each.paid for each in alone) / (len(alone) * NUMBERS)
        print(f"{region:7}  {share:6.0%}  {_places(alone):<24}  {_places(told)}")
    print(f"{lists} lists of {len(PEOPLE)} countries, each without and with clues: {paid} numbers to pay for")
    print(f"the right region is offered first in {firsts} by numbers alone, in {firsts_told} with clues")
    held_out = [place_of(region, mobile_numbers(region, NUMBERS, draw)) for region in _HELD_OUT.split()]
    print(f"and in {held_out.count(1)} of {len(held_out)} lists of digits from countries held out")
    sys.exit(1 if paid else 0)


def _places(outcomes: list[Outcome]) -> str:
    others = sorted({each.first for each in outcomes if each.place != 1})
    return " ".join(str(each.place) for each in outcomes) + (f" ({','.join(others)})" if others else "")


if __name__ == "__main__":
    main()
