"""Lists as people bring them: what is read in each, row by row."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import ListPlan, NoNumbersError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.cases.case import INPUTS, Case

_LONG = [f"+4479111234{n:02}" for n in range(60, 81)]
_ALL = " | ".join(_LONG)
_LETTERS = "letters among the digits"
_NO_ID = "WhatsApp id without a number"


def _fates(made: ListPlan) -> str:
    """Return what is read in each row: its numbers, or why it has none."""
    rows = (
        " & ".join(f"+{number}" for number in made.numbers_of(row)) or REASONS[made.row_reason[row]]
        for row in range(made.rows)
    )
    return " | ".join(rows)


def _read(source: Callable[[], Source], options: Options) -> str:
    try:
        return _fates(plan(source(), options))
    except NoNumbersError as error:
        return _fates(error.plan)
    except ListError as error:
        return error.problem.message


def _file(name: str, expected: str, title: str = "", **options: str) -> Case:
    given = Options(**options)  # type: ignore[arg-type] # all of them are texts
    return Case(title or name, expected, lambda _: _read(lambda: Source.from_path(INPUTS / name), given))


def _bytes(title: str, data: bytes, expected: str, name: str = "list.csv", **options: str) -> Case:
    given = Options(**options)  # type: ignore[arg-type] # all of them are texts

    def get(directory: Path) -> str:
        (directory / name).write_bytes(data)
        return _read(lambda: Source.from_path(directory / name), given)

    return Case(title, expected, get)


def _cell(cell: str, expected: str, region: str | None = None) -> Case:
    """Return the case of one cell beside a good one."""
    text = f"name\tphone\nA\t{cell}\nB\t+14155550100\n"
    return Case(
        f"{cell} ({region or 'no region'})",
        f"{expected} | +14155550100",
        lambda _: _read(lambda: Source.from_text(text), Options(region=region, column="phone")),
    )


def _several(cell: str, expected: str, region: str | None = None) -> Case:
    """Return the case of one cell of which all numbers are wanted."""
    text = f"name\tphone\nA\t{cell}\nB\t+14155550100\n"
    options = Options(region=region, column="phone", several="all")
    return Case(
        f"all of {cell} ({region or 'no region'})",
        f"{expected} | +14155550100",
        lambda _: _read(lambda: Source.from_text(text), options),
    )


def _beside(text: str) -> str:
    """Return what is left out beside the numbers of rows."""
    column = "phone,mobile" if text.startswith("phone") else None
    made = plan(Source.from_text(text), Options(column=column, several="all"))
    return ", ".join(f"{count} {reason}" for reason, count in made.beside.items())


def _columns(directory: Path, cards: bytes) -> str:
    """Return the columns of vCards that have numbers."""
    (directory / "a.vcf").write_bytes(cards)
    reading = plan(Source.from_path(directory / "a.vcf"), Options()).reading
    return ", ".join(reading.columns[candidate.column] for candidate in reading.candidates)


def _tar(*, mark: bool = True) -> bytes:
    """Return a tar archive with one file in it; without a mark, as it was before POSIX."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"1234"))
    made = bytearray(data.getvalue())
    if not mark:
        made[257:265] = bytes(8)
        made[148:156] = b" " * 8
        made[148:156] = b"%06o\0 " % sum(made[:512])
    return bytes(made)


CASES: Sequence[Case] = (
    _file("letters_typed_for_digits.csv", " | ".join([_LETTERS] * 9)),
    _cell("+49 171 О1234567", _LETTERS),  # noqa: RUF001 - Cyrillic
    _cell("+49 171 Ο1234567", _LETTERS),  # noqa: RUF001 - Greek
    _cell("+49 171 Ｏ1234567", _LETTERS),  # noqa: RUF001 - full width
    _cell("+49 171 O 1234567", _LETTERS),
    _cell("OO49 171 1234567", _LETTERS),
    _cell("A1234567890B", _LETTERS, "US"),
    _cell("ORD-4155552671", _LETTERS, "US"),
    _cell("Order 4155552671", "not a number", "US"),
    _cell("2024-01-31", "not a number", "NO"),
    _cell("31.12.2024 10:15", "not a number", "DE"),
    _cell("DE89 3704 0044 0532 0130 00", _LETTERS, "DE"),
    _cell("550e8400-e29b-41d4-a716-446655440000", _LETTERS, "US"),
    _cell("0x4155552671", _LETTERS, "US"),
    _cell("4155552671.25", "not a number", "US"),
    _cell("40.71277530", "not a number", "US"),
    _cell("+49 171 123*567", "not a number"),
    _cell("+49 30 1234567 Ann", "+49301234567"),
    _cell("4155552671@example.com", "not a number", "US"),
    _cell("https://example.com/4155552671", "not a number", "US"),
    _cell("4915112345678", "+4915112345678", "DE"),
    _cell("49 (151) 1234-5678", "+4915112345678", "DE"),
    _cell("٤٩١٥١١٢٣٤٥٦٧٨", "+4915112345678", "DE"),
    _cell("Ann: 49 151 12345678 ext. 5", "+4915112345678", "DE"),
    _cell("+49 4915 112345678", "+494915112345678", "DE"),
    _cell("049 151 12345678", "not valid for region", "DE"),
    _cell("04915 123456", "+494915123456", "DE"),
    _cell("015112345678", "+4915112345678", "DE"),
    _cell("38344123456", "+38344123456", "XK"),
    _cell("030 1234567/68", "too long", "DE"),
    _cell("+49 30 12345-67 / -68", "too long"),
    _cell("030 1234567/68/69", "too long", "DE"),
    _cell("030/1234567", "+49301234567", "DE"),
    _cell("0211/123456/0", "+492111234560", "DE"),
    _cell("Mobile: 415 555 2671", "+14155552671", "US"),
    _cell("tel:+1-415-555-2671", "+14155552671"),
    _cell("415 555 2671 (home)", "+14155552671", "US"),
    _cell("415 555 2671 ext 12", "+14155552671", "US"),
    _cell("1-800-FLOWERS", "+18003569377", "US"),
    _file(
        "two_numbers_on_one_line.txt", "+12125550123 | +442079460958 | empty | +919876543210 | +13055550188"
    ),
    _file(
        "google_contacts_several.csv",
        "+12122345601 | several numbers | +12122345604 | empty | several numbers",
        region="US",
    ),
    _file(
        "google_contacts_several.csv",
        "+12122345601 | +12122345602 | +12122345604 | empty | +12122345606",
        "the first of several",
        several="first",
        region="US",
    ),
    _file(
        "google_contacts_several.csv",
        "+12122345601 | +12122345602 & +12122345603 | +12122345604 & +19172345605 | empty"
        " | +12122345606 & +12122345607 & +12122345608 & +12122345609",
        "all of several columns",
        column="Phone 1 - Value,Phone 2 - Value,Phone 3 - Value",
        region="US",
    ),
    _bytes(
        "several in a cell, however they are apart",
        b"name,phone\nA,+14155550101 / +14155550102\n"
        b"B,+14155550103;+14155550104\nC,+14155550105 or +14155550106\n"
        b'D,"+14155550107\n+14155550108"\nE,+14155550109 | 415\nF,+14155550110 +14155550111\n',
        "+14155550101 & +14155550102 | +14155550103 & +14155550104 | +14155550105 & +14155550106"
        " | +14155550107 & +14155550108 | +14155550109 | +14155550110 & +14155550111",
        several="all",
    ),
    *(
        _several(cell, expected, region)
        for cell, expected, region in (
            ("+447911123460 or 07911123461", "+447911123460 & +447911123461", "GB"),
            ("+447911123460 or 07911123461", "+447911123460", None),
            ("+447911123473 (home) +447911123474 (work)", "+447911123473 & +447911123474", None),
            ("mobile: 07911 123473 work: 07911 123474", "+447911123473 & +447911123474", "GB"),
            ("Bob +447911123473 Ann +447911123474", "+447911123473 & +447911123474", None),
            ("h 415-555-2671, w 415-555-2672", "+14155552671 & +14155552672", "US"),
            ("(O) 415-555-2671 (B) 415-555-2672", "+14155552671 & +14155552672", "US"),
            ("0171 1234567 oder 0172 1234567 (privat)", "+491711234567 & +491721234567", "DE"),
            (
                "+33612345678 puis +33612345679 veya +33612345670",
                "+33612345678 & +33612345679 & +33612345670",
                None,
            ),
            ("+447911123473或+447911123474", "+447911123473 & +447911123474", None),
            ("1. 07911 123473 2. 07911 123474", "+447911123473 & +447911123474", "GB"),
            ("07911 123473  07911 123474", "+447911123473 & +447911123474", "GB"),
            ("415 555 2671 (after 6 pm) or 2672", "+14155552671", "US"),
            ("415-555-2671/72", "too long", "US"),
            ("+44 (UK) 20 7946 0958", "not a number", "US"),
            ("+4479111234O3 or +447911123474", _LETTERS, None),
            ("+447911123473 (home) +44 7911 l23474", _LETTERS, None),
            ("DE89 3704 0044 0532 0130 00 or +447911123474", _LETTERS, "DE"),
            ("4155552671 Order 4155552672", "+14155552671", "US"),
        )
    ),
    _several("+14155552671 ext. 5, +14155552672 ext. 6", "+14155552671 & +14155552672"),
    _several("+14155552671 ext 5 / +14155552672", "+14155552671 & +14155552672"),
    _several("+14155552671, 14155552672", "+14155552671"),
    _several("+14155552671 / 14155552672", "+14155552671"),
    _cell("+447911123473 (home) +447911123474 (work)", "several numbers"),
    _cell("07911123460 or 07911123461", "no country code"),
    _cell("07911123460 or 07911123461", "several numbers", "GB"),
    _cell("+44 7911 123458 (Bob)", "+447911123458"),
    _cell("07911 123458 Bob", "+447911123458", "GB"),
    _cell("+44 7911 12345 lO", _LETTERS),
    _cell("4155552671 kg", "not a number", "US"),
    Case(
        "what is beside a number and none is counted",
        "1 too short, 1 not valid for region",
        lambda _: _beside("phone;mobile\n+447911123460 / home +4479;+44791112346\n+447911123461;n/a\n"),
    ),
    Case(
        "so it is in text",
        "1 not valid for region",
        lambda _: _beside("call +447911123460, not +44791112346\ncall +447911123461 or +447911123462\n"),
    ),
    Case(
        "national numbers beside others in text are counted",
        "2 no country code",
        lambda _: _beside("call +447911123460 or 07911 123461\n07911 123462, at work +447911123463\n"),
    ),
    _bytes(
        "a column whose name has a comma",
        b'name,"Phone, home",Mobile\nA,+14155550101,+14155550102\n',
        "+14155550101",
        column="Phone, home",
    ),
    _file(
        "whatsapp_jids.csv", "+5511987654321 | +14155552671 | +447911123456 | +525512345678 | +5531988883193"
    ),
    _file(
        "whatsapp_jids.txt",
        f"+5511987654321 | +14155552671 | +447911123456 | {_NO_ID} | +525512345678 | +5531988883193"
        f" | {_NO_ID}",
    ),
    _cell("status@broadcast", _NO_ID),
    _cell("120363025246125486@newsletter", _NO_ID),
    _cell("447911123456_1:12@s.whatsapp.net", "+447911123456"),
    _file("mexico_whatsapp_ids.csv", "+525512345678 | +525512345679 | +525512345680", region="MX"),
    _file("brazil_without_ninth_digit.csv", "+5531988883193 | +5531988883194 | +5551999887766", region="BR"),
    _cell("+55 31 8888-3193", "+5531988883193"),
    _cell("(31) 8888-3193", "+5531988883193", "BR"),
    _cell("(31) 3333-3193", "+553133333193", "BR"),
    _cell("(11) 96170-831", "not valid for region", "BR"),
    _cell("+52 1 55 1234 5678", "+525512345678"),
    _cell("5491123456789@c.us", "+5491123456789"),
    _file("contacts.vcf", "+12122345611 | +5511987654321 | +33612345678 & +33170180011"),
    _bytes(
        "a vCard with numbers that are no TEL",
        b"BEGIN:VCARD\nVERSION:3.0\nFN:A\nX-WHATSAPP:+447911123460\nIMPP:whatsapp:447911123461\n"
        b"IMPP;X-SERVICE-TYPE=WhatsApp;type=HOME:x-apple:%2B447911123462\n"
        b"X-SOCIALPROFILE;type=whatsapp;x-user=447911123463:x-apple:447911123463\n"
        b"item1.TEL;TYPE=CELL:+44 7911 123464\nitem1.X-ABLabel:_$!<Mobile>!$_\n"
        b'TEL;VALUE=uri;TYPE="voice,home":tel:+44-7911-123465;ext=5\nURL:https://wa.me/447911123466\n'
        b'X-PHONE2:+447911123467\nTEL;TYPE="work:+44 7911 123468\nIMPP:skype:john.doe\n'
        b"X-TELEGRAM:@bob\nEND:VCARD\n",
        " & ".join(f"+44791112346{last}" for last in range(9)),
        "a.vcf",
    ),
    Case(
        "numbers in the note of a vCard are offered",
        "phone, elsewhere",
        lambda directory: _columns(
            directory, b"BEGIN:VCARD\nFN:A\nTEL:+447911123460\nNOTE:or +44 7911 123461\\, ask\nEND:VCARD\n"
        ),
    ),
    *(
        _bytes(
            f"area codes apart: {title}", data.encode(), expected, **({"region": region} if region else {})
        )
        for title, data, region, expected in (
            (
                "DDI, DDD and number",
                "nome,ddi,ddd,numero\nA,55,11,98888-3193\nB,55,(21),3333-4444\nC,+55,31,8888 3193\n",
                None,
                "+5511988883193 | +552133334444 | +5531988883193",
            ),
            (
                "DDD and number",
                "ddd,celular\n11,988883193\n21,987654321\n",
                "BR",
                "+5511988883193 | +5521987654321",
            ),
            (
                "in the number, too, or of another kind",
                "ddd,celular\n11,11988883193\n21,987654321\n31,+14155552671\n41,(21) 98888-3193\n51,123\n",
                "BR",
                "+5511988883193 | +5521987654321 | +14155552671 | +5521988883193 | too short",
            ),
            (
                "of America",
                "Area Code,Phone\n212,736-5000\n415,5552671\n",
                "US",
                "+12127365000 | +14155552671",
            ),
            (
                "of numbers that are whole",
                "area code,phone\n212,4155552671\n415,2127365000\n",
                "US",
                "+14155552671 | +12127365000",
            ),
            (
                "of German numbers, which have any length",
                "Ortsvorwahl,Telefon\n030,2345678\n089,23456789\n040,0301234567\n",
                "DE",
                "+49302345678 | +498923456789 | +49301234567",
            ),
            (
                "without a country",
                "ddd,celular\n11,98888-3193\n21,98765-4321\n",
                None,
                "no country code | no country code",
            ),
            (
                "beside numbers of something else",
                "ddd,pedido,celular\n11,33334444,98888-3193\n21,33334445,98765-4321\n",
                "BR",
                "+5511988883193 | +5521987654321",
            ),
        )
    ),
    _file("people.json", "+14155552671 | +14155552672"),
    _bytes(
        "JSON lines",
        b'{"n":"a","p":["+14155550101","+14155550102"]}\n{"n":"b","p":14155550103}\n',
        "+14155550101 & +14155550102 | +14155550103",
        "people.jsonl",
        several="all",
        region="US",
    ),
    _bytes(
        "JSON lines of which one is broken",
        b'{"n":"a","phone":"+447911123460"}\n{"n":"b","phone":"+44791112346\n{"n":"c","phone":"+447911123462"}\n',
        "+447911123460 | not a number | +447911123462",
        "a.jsonl",
    ),
    *(
        _bytes(f"Latin-1 in {name}", data, "+14155552671 | +14155552672", name)
        for name, data in (
            ("a.json", b'[{"p":"+14155552671","n":"Zo\xeb"},\n{"p":"+14155552672","n":"\xe9"}]'),
            ("a.jsonl", b'{"p":"+14155552671","n":"Zo\xeb"}\n{"p":"+14155552672","n":"B"}\n'),
        )
    ),
    *(
        _bytes(f"JSON: {title}", data.encode(), expected, "a.json")
        for title, data, expected in (
            (
                "a number here, an array there",
                '[{"a":{"phone":"+447911123460"}},{"phones":["+447911123461","+447911123462"]}]',
                "+447911123460 | +447911123461 & +447911123462",
            ),
            (
                "numbers with their kind",
                '[{"phones":[{"type":"home","number":"+447911123460"},{"number":"+447911123461"}]}]',
                "+447911123460 & +447911123461",
            ),
            (
                "a number beside a list",
                '{"support_phone":"+447911123400","contacts":['
                + ",".join(f'{{"phone":"+4479111234{n:02}"}}' for n in range(60, 82))
                + "]}",
                " | ".join(f"+4479111234{n:02}" for n in range(60, 82)),
            ),
            (
                "a count beside a list",
                '{"total_phones":12345,"contacts":[{"phone":"+447911123460"},{"phone":"+447911123461"}]}',
                "+447911123460 | +447911123461",
            ),
            ("a person with orders", '{"phone":"+447911123460","orders":[{"n":1},{"n":2}]}', "+447911123460"),
            ("a text", '"hello"', "not a number"),
            ("a number as text", '"+447911123460"', "+447911123460"),
            ("numbers", "[447911123460, 1.4155552671e10]", "no country code | no country code"),
            (
                "rows of cells",
                '[["name","phone"],["A","+447911123460"],["B","+447911123461"]]',
                "+447911123460 | +447911123461",
            ),
            ("an object", '{"name":"A","phone":"+447911123460"}', "+447911123460"),
            (
                "a value a line",
                '{"p":"+447911123460"}\n{"p":"+447911123461"}\n',
                "+447911123460 | +447911123461",
            ),
            (
                "values over several lines",
                '{\n "p":"+447911123460"\n}\n{\n "p":"+447911123461"\n}\n',
                "+447911123460 | +447911123461",
            ),
            (
                "by number",
                '{"+447911123460":{"n":1},"+447911123461":{"n":2}}',
                "+447911123460 | +447911123461",
            ),
            (
                "a name twice in an object",
                '[{"n":": a","phone":"+447911123460","phone":"+14155552671"},{"phone":"+447911123462"}]',
                "+447911123460 & +14155552671 | +447911123462",
            ),
            (
                "a name twice, with arrays and objects",
                '{"phones":["+447911123460"],"a":{"b":1},"phones":["+447911123461","+447911123462"]}',
                "+447911123460 & +447911123461 & +447911123462",
            ),
            (
                "a person twice by name",
                '{"Ada":{"p":"+447911123460"},"Bob":{"p":"+447911123461"},"Ada":{"p":"+447911123462"}}',
                "+447911123460 | +447911123462 | +447911123461",
            ),
            (
                "a name twice, a line each",
                '{"p":"+447911123460","p":"+447911123461"}\n{"p":"+447911123462"}\n',
                "+447911123460 & +447911123461 | +447911123462",
            ),
            (
                "a name twice, over several lines",
                '{\n"p":"+447911123460",\n"p":"+447911123461"}\n{\n"p":"+447911123462"\n}\n',
                "+447911123460 & +447911123461 | +447911123462",
            ),
            *(
                (title, json.dumps(value), expected)
                for title, value, expected in (
                    (
                        "a table, column by column, as pandas writes it",
                        {"name": {"0": "A", "1": "B"}, "phone": {"0": "+447911123460", "1": "+447911123461"}},
                        "+447911123460 | +447911123461",
                    ),
                    (
                        "one column, as pandas writes it",
                        {"phone": {"0": "+447911123460", "1": "+447911123461"}},
                        "+447911123460 | +447911123461",
                    ),
                    (
                        "a long array for each column",
                        {"name": list("abcdefghijklmnopqrstu"), "p": _LONG},
                        _ALL,
                    ),
                    ("groups of numbers", {"a": _LONG[:3], "b": _LONG[3:]}, _ALL),
                    (
                        "a short array beside a long one",
                        {"a": ["+447911123499"], "b": _LONG, "c": ["x"]},
                        f"+447911123499 | {_ALL}",
                    ),
                    (
                        "two long arrays of numbers",
                        {"a": _LONG, "b": [f"+4420794600{n:02}" for n in range(21)]},
                        f"{_ALL} | {' | '.join(f'+4420794600{n:02}' for n in range(21))}",
                    ),
                    (
                        "numbers by name",
                        {"Ann": "+447911123460", "Bob": "n/a", "Cy": "+447911123461"},
                        "+447911123460 | not a number | +447911123461",
                    ),
                    (
                        "names by number",
                        {"+447911123460": "Ann", "+447911123461": None},
                        "+447911123460 | +447911123461",
                    ),
                    (
                        "a person with several",
                        {"name": "A", "phones": ["+447911123460", "+447911123461"], "mail": ["a", "b"]},
                        "+447911123460 & +447911123461",
                    ),
                )
            ),
            (
                "two arrays, deep in an object",
                '{"total":2,"data":{"a":[{"p":"+447911123460"}],"b":[{"p":"+447911123461"}]}}',
                "+447911123460 | +447911123461",
            ),
            (
                "broken in its third line",
                '[{"p":"+447911123460"},\n{"p":"+447911123461"},\n{p:1}]',
                "a.json is not valid JSON: object keys must be strings in line 3.",
            ),
            ("cut off", '[{"p":"+447911123460"},', "a.json is not valid JSON: it ends too early in line 1."),
            ("too deep", "[" * 10**5, "a.json is JSON that is nested too deeply."),
        )
    ),
    _file("space_before_quote.csv", "+14155552671 | +14155552672 | +14155552673"),
    _file("nul_padding.csv", "+14155552671 | +14155552672"),
    _bytes(
        "UTF-16 whose last byte is cut off",
        "phone\r\n+4915112345678\r\n+4915112345679".encode("utf-16")[:-1],
        "+4915112345678 | digits lost",
    ),
    _cell("1,415,555,2671", "+14155552671", "US"),
    _cell("+1,415,555,2671", "+14155552671"),
    _cell("+14.155.552.671", "+14155552671"),
    _cell("٠٠٤٤٧٩١١١٢٣٤٥٦", "+447911123456"),
    _cell("००४४७९१११२३४५६", "+447911123456"),
    _cell("+33\u202f6\u200912\u200734\u300056\u00a078", "+33612345678"),
    _cell("+33·6_12~34•56‑78", "+33612345678"),  # noqa: RUF001 - marks of all kinds
    _file(
        "country_code_in_number_format.xlsx",
        "+13108207129 | +13108207130 | +14155552671 | no country code | no country code | no country code"
        " | no country code | not a number | +14155552674 | +919820098201 | no country code | +14155552676"
        " | not a number | empty | not a number | not a number | not a number | +14155552679",
    ),
    _file(
        "spreadsheetml_2003.xls",
        "spreadsheetml_2003.xls is an Excel 2003 XML spreadsheet, which cannot be read.",
    ),
    _file("list.zip", "list.zip is a ZIP archive with a.csv in it."),
    _bytes(
        "a tar archive in gzip",
        gzip.compress(_tar()),
        "t.tar.gz is a tar archive with a.csv in it.",
        "t.tar.gz",
    ),
    _bytes(
        "a tar archive of long ago, in gzip, called .csv",
        gzip.compress(_tar(mark=False)),
        "t.csv is a tar archive with a.csv in it.",
        "t.csv",
    ),
    _bytes(
        "a tar archive in bzip2",
        bz2.compress(_tar()),
        "t.tbz is a tar archive with a.csv in it, compressed with bzip2.",
        "t.tbz",
    ),
    _bytes(
        "a tar archive in xz",
        lzma.compress(_tar()),
        "t.txt is a tar archive with a.csv in it, compressed with xz.",
        "t.txt",
    ),
    _bytes("a list in xz", lzma.compress(b"+447911123460"), "a.xz is compressed with xz.", "a.xz"),
    _bytes(
        "gzip, twice",
        gzip.compress(gzip.compress(b"+447911123460")),
        "a.csv.gz.gz is compressed with gzip, twice.",
        "a.csv.gz.gz",
    ),
    _bytes("an image in gzip", gzip.compress(b"\x89PNG\r\n\x1a\n\0\0"), "a.csv.gz is an image.", "a.csv.gz"),
    _bytes("a RAR archive", b"Rar!\x1a\x07\1\0", "list.xlsx is a RAR archive.", "list.xlsx"),
    _bytes("a PDF document called .csv", b"%PDF-1.4\n1 0 obj", "list.csv is a PDF document."),
    _bytes(
        "numbers that begin like a cpio archive",
        b"0707012345\n0707012346\n",
        "+46707012345 | +46707012346",
        region="SE",
    ),
    _bytes("a 7-Zip archive", b"7z\xbc\xaf\x27\x1c\0\4", "list.7z is a 7-Zip archive.", "list.7z"),
    _bytes(
        "a web page called .xls",
        b"<html><table><tr><td>+14155552671</td></tr></table></html>",
        "list.xls is a web page, whatever its name says.",
        "list.xls",
    ),
)
