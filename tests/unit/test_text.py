import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.text import clean, has_signs, in_ascii, in_encoding, name_without_numbers, without_numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Vodafone Qatar", "Vodafone Qatar"),
        ("O₂ Česká", "O₂ Česká"),
        ("شركة الاتصالات", "شركة الاتصالات"),
        ("  two \t\r\n words  ", "two words"),
        ("\x1b]52;c;c2VjcmV0\x07", "]52;c;c2VjcmV0"),
        ("\x1b[2J\x9b31mred", "[2J 31mred"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028and\u2029paragraph", "line and paragraph"),
        ("half\ud83d", "half"),
        ("private\ue000", "private"),
        ("\u00a0non\u00a0breaking\u3000", "non breaking"),
        ("[red]markup[/red]", "[red]markup[/red]"),  # shown as it is: markup is the widgets' business
        ("", ""),
    ],
)
def test_what_is_left(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"), [("12345", 5, "12345"), ("123456", 5, "1234…"), ("123 56", 5, "123…")]
)
def test_what_is_longer_ends_in_an_ellipsis(text: str, limit: int, shown: str) -> None:
    assert clean(text, limit) == shown


def test_megabytes_are_cut() -> None:
    assert clean("x" * 10_000_000) == "x" * 499 + "…"


@given(st.text(st.characters()), st.integers(1, 600))
def test_any_text_becomes_one_safe_line(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert line == " ".join(line.split())
    assert clean(line, limit) == line


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("12 → 11 …", "latin-1", "12 > 11 ."),
        ("Müller", "latin-1", "Müller"),
        ("Müller", "ascii", "M?ller"),
        ("王芳 ✓", "latin-1", "???? *"),
        ("王芳 ✓", "utf-8", "王芳 ✓"),
        ("e\u0301", "ascii", "e"),
        ("Иван", "koi8-r", "Иван"),
        ("█░", "no such encoding", "#-"),
    ],
)
def test_what_an_encoding_does_not_have(text: str, encoding: str, shown: str) -> None:
    assert in_encoding(text, encoding) == shown


@given(st.text(), st.sampled_from(["ascii", "latin-1", "koi8-r", "shift_jis", "gb18030", "utf-8"]))
def test_a_text_in_an_encoding_can_be_written(text: str, encoding: str) -> None:
    in_encoding(clean(text), encoding).encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "there"), [("utf-8", True), ("ANSI_X3.4-1968", False), ("cp437", False)]
)
def test_which_encodings_have_the_signs(encoding: str, there: bool) -> None:
    assert has_signs(encoding) is there
    assert in_ascii("█─✓").isascii()


@pytest.mark.parametrize("between", ["", " ", "  ", "-", ".", "_", " - ", "\u2011", "\u2013", ") ", "\u00a0"])
def test_a_name_keeps_no_phone_number_however_it_is_grouped(between: str) -> None:
    assert without_numbers(f"list of {between.join(['415', '555', '2671'])}.csv") == "list of •••.csv"


def test_a_name_keeps_its_date_and_the_id_of_a_batch() -> None:
    for name in ("2026-11-29 leads", "550e8400-e29b-41d4-a716-446655440000", "1,000,000 numbers"):
        assert without_numbers(name) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Kunde 0151'123'450'04", "Kunde •••'•••'•••'•••"),
        ("Kunde 49:1512:3456789", "Kunde •••:•••:•••"),
        ("2026-11-29 4915123456789", "2026-11-29 •••"),
        ("2026-11-29 49 and 15123", "2026-11-29 ••• and •••"),
        ("④⑨①⑤①②③④⑤⑥⑦", "•••"),
        ("list ⑩⑩⑩ 1234", "list ••• •••"),
        ("❹❾❶❺❶❷❸", "•••"),
        ("٤٩١٥١٢٣", "•••"),
        ("49151234-5678-9000-0000-000000000000", "•••-•••-•••-•••-•••"),
        ("49151234-5678-9000-0000-000000000000-a", "•••-•••-•••-•••-•••-a"),
        ("49 & 1512 & 345", "••• & ••• & •••"),
    ],
)
def test_the_name_of_a_job_keeps_no_number_however_it_is_written(name: str, kept: str) -> None:
    assert name_without_numbers(name) == kept


@pytest.mark.parametrize(
    "name", ["leads 2026-11-29 #3", "550e8400-e29b-41d4-a716-446655440000", "Q3 ② 2025", "x", ""]
)
def test_the_name_of_a_job_keeps_few_digits_dates_and_ids(name: str) -> None:
    assert name_without_numbers(name) == name


@given(st.text("0123456789①٤ -'/.:a"))
def test_a_name_has_few_digits_that_are_not_dates(name: str) -> None:
    left = re.sub(r"\d{4}([-./])\d\d\1\d\d", "", name_without_numbers(name))
    assert sum(unicodedata.digit(letter, None) is not None for letter in left) < 7
