"""Lists from nowhere: numbers without a country code, and columns that say where each row is from."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.cases.case import INPUTS, Case


def _plan(source: Source, region: str | None = None, *earlier: str) -> ListPlan:
    try:
        return plan(source, Options(region=region, earlier_regions=earlier))
    except NoNumbersError as error:
        return error.plan


def _numbers(made: ListPlan) -> str:
    paid = " ".join(f"+{number}" for number in made.numbers[:7]) or "nothing to pay"
    rejected = ", ".join(f"{count} {reason}" for reason, count in made.reasons.items()) or "none"
    return f"{paid}; {rejected} rejected"


def _offered(made: ListPlan) -> str:
    first = made.region_guesses[0].region if made.region_guesses else "none"
    return f"{len(made.numbers)} to pay, {first} offered first"


def _file(
    name: str, told: Callable[[ListPlan], str] = _numbers, region: str | None = None
) -> Callable[[Path], str]:
    return lambda _: told(_plan(Source.from_path(INPUTS / name), region))


def _text(
    text: str, told: Callable[[ListPlan], str] = _numbers, region: str | None = None, name: str = "list.csv"
) -> Callable[[Path], str]:
    def get(directory: Path) -> str:
        path = directory / name
        path.write_text(text, "utf-8")
        return told(_plan(Source.from_path(path), region))

    return get


def _encoded(text: str, encoding: str) -> Callable[[Path], str]:
    def get(directory: Path) -> str:
        path = directory / "list.csv"
        path.write_bytes(text.encode(encoding))
        return _offered(_plan(Source.from_path(path)))

    return get


def _column(name: str, rows: Sequence[tuple[str, str]]) -> str:
    return f"name;{name};phone\n" + "".join(
        f"N{at};{where};{cell}\n" for at, (where, cell) in enumerate(rows)
    )


def _nobody_is_german(made: ListPlan) -> str:
    offered = [guess.region for guess in made.region_guesses]
    return "DE is offered" if "DE" in offered else "DE is not offered"


def _examples(made: ListPlan) -> str:
    return ", ".join(f"{each.cell} → {each.written} ({each.region})" for each in made.examples[:1])


_TWO = (("GB", "07911 123456"), ("DE", "0170 1234567"))
_STATES = (("IN", "317 555 2671"), ("DE", "302 555 1234"), ("CO", "303 555 1234"))
_WANTED_TWO = "+447911123456 +491701234567; none rejected"
_INTERNATIONAL = "phone\n" + "".join(f"4479111234{number:02}\n" for number in range(10))
_KENYAN = [f"07{draw:08}" for draw in range(12_345_678, 78_000_000, 5_654_321)]
_EAST_AFRICAN = [f"0740{draw:06}" for draw in range(12_345, 990_000, 76_543)]
_RUSSIAN = [f"89{draw:09}" for draw in range(160_345_678, 170_000_000, 987_654)]
_JAPANESE = [f"090{draw:08}" for draw in range(12_345_678, 99_000_000, 7_654_321)]
_COUNTRIES = (
    ("Chinese", "国家", ("英国", "德国")),
    ("Spanish", "País", ("Reino Unido", "Alemania")),
    ("French", "Pays", ("Royaume-Uni", "Allemagne")),
    ("Italian", "Paese", ("Regno Unito", "Germania")),
    ("Dutch", "Land", ("Verenigd Koninkrijk", "Duitsland")),
    ("Polish", "Kraj", ("Wielka Brytania", "Niemcy")),
    ("Russian", "Страна", ("Великобритания", "Германия")),
    ("Turkish", "Ülke", ("Birleşik Krallık", "Almanya")),  # noqa: RUF001 - Turkish
    ("Arabic", "الدولة", ("المملكة المتحدة", "ألمانيا")),
    ("Indonesian", "Negara", ("Inggris Raya", "Jerman")),
    ("Hindi", "देश", ("यूनाइटेड किंगडम", "जर्मनी")),
    ("Japanese", "国", ("イギリス", "ドイツ")),
    ("Korean", "국가", ("영국", "독일")),
    ("Vietnamese", "Quốc gia", ("Vương quốc Anh", "Đức")),
    ("Thai", "ประเทศ", ("สหราชอาณาจักร", "เยอรมนี")),
)

CASES: Sequence[Case] = (
    Case(
        "60 Chinese mobiles without a region",
        "0 to pay, CN offered first",
        _file("chinese_mobiles_no_region.csv", _offered),
    ),
    Case(
        "Mexican ids are not German", "DE is not offered", _file("mexico_whatsapp_ids.csv", _nobody_is_german)
    ),
    Case(
        "Brazilian ids are not German",
        "DE is not offered",
        _file("brazil_without_ninth_digit.csv", _nobody_is_german),
    ),
    Case(
        "a column ISD with each row's code",
        "+919820098201 +14155552671 +447911123456 +5511987654321 +491701234567 +971501234567; none rejected",
        _file("isd_column.csv"),
    ),
    Case(
        "country names in Portuguese",
        "+5511987654321 +34612345678 +491701234567 +14155552671 +525512345678 +351912345678; none rejected",
        _file("countries_in_portuguese.csv"),
    ),
    Case(
        "short country names in Arabic",
        "+966501234567 +971501234567; none rejected",
        _text("الدولة,phone\nالسعودية,0501234567\nالإمارات,0501234567\n"),  # noqa: RUF001 - Arabic
    ),
    Case(
        "short country names in Hindi",
        "+919820098201 +14155552671; none rejected",
        _text("देश,फोन\nभारत,98200 98201\nअमेरिका,415 555 2671\n"),
    ),
    Case(
        "calling codes with a plus beside junk",
        "+447911123456; 2 not a number rejected",
        _text(_column("prefix", (("+44", "07911 123456"), ("+49", "junk"), ("+33", "junk")))),
    ),
    Case(
        "codes of provinces in a column 'código'",
        "nothing to pay; 3 no country code rejected",
        _text(_column("código", (("MA", "612 345 678"), ("SE", "612 345 679"), ("CO", "912 345 678")))),
    ),
    Case(
        "codes of countries in a column 'prefix'",
        _WANTED_TWO,
        _text(_column("prefix", _TWO)),
    ),
    *(
        Case(f"{title} in a column 'region'", expected, _text(_column("region", rows)))
        for title, expected, rows in (
            ("states of the US", "nothing to pay; 3 no country code rejected", _STATES),
            ("one state of the US", "nothing to pay; 3 no country code rejected", _STATES[:1] * 3),
            ("countries", _WANTED_TWO, _TWO),
            ("India, which is Indiana, too", "+919820098201; none rejected", (("IN", "98200 98201"),)),
            ("Canada, or California", "+14155552671; none rejected", (("CA", "415 555 2671"),)),
        )
    ),
    *(
        Case(
            f"country names in {language}",
            _WANTED_TWO,
            _text(_column(name, ((places[0], _TWO[0][1]), (places[1], _TWO[1][1])))),
        )
        for language, name, places in _COUNTRIES
    ),
    *(
        Case(
            f"a column {name!r} with codes",
            _WANTED_TWO,
            _text(_column(name, (("44", _TWO[0][1]), ("49", _TWO[1][1])))),
        )
        for name in (
            "DDI",
            "Dial Code",
            "cc",
            "country_code",
            "Prefix",
            "Vorwahl",
            "Indicatif",
            "código do país",
        )
    ),
    Case(
        "abbreviations, flags and three letters",
        "+447911123456 +14155552671 +971501234567 +966512345678 +5511987654321 +491701234567; none rejected",
        _text(
            _column(
                "Country",
                (
                    ("U.K.", "07911 123456"),
                    ("U.S.", "415 555 2671"),
                    ("U.A.E.", "050 123 4567"),
                    ("KSA", "051 234 5678"),
                    ("🇧🇷", "(11) 98765-4321"),
                    ("DEU", "0170 1234567"),
                ),
            )
        ),
    ),
    Case(
        "area codes in a column 'prefix' are not calling codes",
        "nothing to pay; 2 too short rejected",
        _text("name,prefix,phone\nA,212,555-0143\nB,212,555-0144\n", region="US"),
    ),
    Case(
        "a row without its country is not read as another one's",
        "+447911123456; 1 no country code rejected",
        _text("name,country,phone\nA,UK,07911 123456\nB,,13345807302\n"),
    ),
    Case("one bare number is not sent", "nothing to pay; 1 no country code rejected", _text("13345807302\n")),
    Case(
        "one bare number, said to be international",
        "+447911123456; none rejected",
        _text("447911123456\n", region="international"),
    ),
    Case(
        "a long list of one country, all with its code",
        "10 to pay, none offered first",
        _text(_INTERNATIONAL, _offered),
    ),
    Case(
        "a column called MSISDN with codes",
        "+447911123456 +14155552671; none rejected",
        _text("msisdn\n447911123456\n14155552671\n"),
    ),
    Case(
        "a column called MSISDN with Chinese mobiles",
        "0 to pay, CN offered first",
        _text(
            (INPUTS / "chinese_mobiles_no_region.csv").read_text("utf-8").replace("手机", "msisdn"), _offered
        ),
    ),
    Case(
        "some with a plus, some without, of the same countries",
        "+447911123456 +447911123457 +14155552671 +14155552672; none rejected",
        _text("phone\n+447911123456\n447911123457\n+14155552671\n14155552672\n"),
    ),
    Case(
        "some with a plus among Chinese mobiles",
        "+14155552671; 3 no country code rejected",
        _text("phone\n+14155552671\n13345807302\n13605807303\n13905807304\n"),
    ),
    Case(
        "the first rows have codes, the others are Chinese mobiles",
        "0 to pay, international offered first",
        _text(
            "phone\n"
            + "".join(f"4479111{number:05}\n" for number in range(400))
            + "".join(f"138{number * 97 + 10**7:08}\n" for number in range(400)),
            _offered,
        ),
    ),
    Case(
        "a link to WhatsApp needs no region",
        "+13345807302; none rejected",
        _text("https://wa.me/13345807302\n"),
    ),
    Case("00 needs no region", "+447911123456; none rejected", _text("0044 7911 123456\n")),
    Case(
        "Kenyan mobiles beside .co.ke",
        "0 to pay, KE offered first",
        _text("mail,phone\n" + "".join(f"a@b.co.ke,{number}\n" for number in _KENYAN), _offered),
    ),
    Case(
        "Kenyan mobiles in a file called so",
        "0 to pay, KE offered first",
        _text("phone\n" + "\n".join(_KENYAN), _offered, name="leads_nairobi.csv"),
    ),
    Case(
        "Russian mobiles in cp1251",
        "0 to pay, RU offered first",
        _encoded("имя,телефон\n" + "".join(f"Елена,{number[1:]}\n" for number in _RUSSIAN), "cp1251"),
    ),
    Case(
        "Japanese mobiles in Shift-JIS",
        "0 to pay, JP offered first",
        _encoded("名前,電話\n" + "".join(f"佐藤さくら,{number}\n" for number in _JAPANESE), "shift_jis"),
    ),
    Case(
        "the region of earlier lists comes first",
        "0 to pay, UG offered first",
        lambda _: _offered(_plan(Source.from_text("phone\n" + "\n".join(_EAST_AFRICAN)), None, "UG")),
    ),
    Case(
        "an example shows what is sent",
        "13345807302 → +1 334 580 7302 (US)",
        _text("13345807302\n", _examples, region="US"),
    ),
)
"""Every number is made up."""
