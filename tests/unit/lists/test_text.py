import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.text_numbers import national_in, numbers_in, unusable_in
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.rows import lines as lines_of
from pwl_tui.lists.read.rows import mentioned, rows
from pwl_tui.lists.read.source import Source


@pytest.mark.parametrize(
    ("line", "region", "numbers"),
    [
        ("Call +1 415 555 2671 or (0)20 7946 0018", "GB", [14155552671, 442079460018]),
        ("Call +1 415 555 2671 or (0)20 7946 0018", None, [14155552671]),
        ("12/03/24, 14:22 - +44 7400 123456: Hi", None, [447400123456]),
        ("[2024-03-12, 14:22:05] Ada: on 2024-03-15 at 18:30", "US", []),
        ("ring 0044 20 7946 0019 now", None, [442079460019]),
        (
            "see https://wa.me/14155552671?text=hi and https://wa.me/14155552672",
            None,
            [14155552671, 14155552672],
        ),
        ("415-555-2671 415-555-2672", "US", [4155552671 + 10**10, 4155552672 + 10**10]),
        ("+14155552671+14155552672", None, [14155552671, 14155552672]),
        ("+1 (415) 555-2671 ext. 3, then lunch", None, [14155552671]),
        ("＋1 415 555 2671", None, [14155552671]),  # noqa: RUF001 - the wide plus is the point
        ("three little pigs", "US", []),
        ("order 12345 of 2024", "US", []),
        ("", None, []),
    ],
)
def test_numbers_in_a_line(line: str, region: str | None, numbers: list[int]) -> None:
    assert [parse(text, region, "valid") for text in numbers_in(line, region)] == numbers


NUMBERS = st.integers(0, 99).map(lambda last: f"+1 202 555 01{last:02}")
WORDS = st.text("abc xyz,.:;!?\n", max_size=20).map(lambda words: f" {words} ")


@given(st.lists(st.tuples(WORDS, NUMBERS), max_size=4), WORDS)
def test_every_number_between_words_is_found(pairs: list[tuple[str, str]], end: str) -> None:
    line = "".join(words + number for words, number in pairs) + end
    assert numbers_in(line, None) == [number for _, number in pairs]


CHAT = "12/03/24, 14:22 - +44 7400 123456: or +44 7400 123457\n\n12/03/24, 14:23 - Ada: bye\n"


def test_a_line_is_a_row_once_for_each_number_in_it() -> None:
    source = Source.from_text(CHAT)
    made = plan(source, Options())
    lines = CHAT.splitlines()
    assert [row for (row,) in rows(source, made.reading)] == [lines[0], *lines]
    assert list(made.row_number) == [0, 1, -1, -1]
    assert (made.rows, made.blank, made.reasons) == (4, 1, {"not a number": 1})
    read = [text for line in lines_of(source, made.reading) for text in mentioned(line, made.reading)]
    assert read == [
        "+44 7400 123456",
        "+44 7400 123457",
        *lines[1:],
    ]


@pytest.mark.parametrize(
    ("text", "options", "in_text"),
    [
        (CHAT, Options(), True),
        (CHAT, Options(in_text=False), False),
        (CHAT, Options(column="1"), False),
        ("+14155552671\n+14155552672\n", Options(), False),
        ("+14155552671\n+14155552672\n", Options(in_text=True), True),
        ("+14155552671, +14155552672\n+14155552673, +14155552674\n", Options(), True),
        ("Ada, +14155552671\nBo, +14155552672\n", Options(), False),
        ("phone,mobile\n+14155552671,+14155552672\n+14155552673,+14155552674\n", Options(), False),
        (
            "name,a,b,c\nx,+14155552671,+14155552672,+14155552673\ny,+14155552674,+14155552675,\n",
            Options(),
            False,
        ),
        ("020 7946 0018\n020 7946 0019\n", Options(), False),
    ],
)
def test_text_is_distinguished_from_a_table(text: str, options: Options, in_text: bool) -> None:
    assert detect(Source.from_text(text), options).in_text is in_text


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("call me on +14155552671 or 4155552672", 1),
        ("[12/05/24, 14:22:01] Jane: 020 7946 0958 or +44 20 7946 0018", 1),
        ("+44 (0)20 7946 0958, 020 7946 0959; (020) 7946 0960", 2),
        ("2024-01-15 14:15:55 +14155552671, order 12345678", 0),
        ("card 4111 1111 1111 1111, IMEI 356938035643809, +14155552671", 0),
        ("https://x.test/14155552671/a +14155552671 192.168.100.200 37.7749295", 0),
        ("uuid 14155552-6710-4a2b-9c3d-141555526711 +14155552671", 0),
        ("+14155552671 x123", 0),
    ],
)
def test_what_seems_to_need_a_region_is_counted(line: str, count: int) -> None:
    assert national_in(line, numbers_in(line, None)) == count


def test_what_begins_with_a_plus_and_is_no_number_is_told_once_each() -> None:
    line = "+1 415 555 2671, +1 999 111 2222, +44 20 7946 0958 or +999 123 4567"
    assert unusable_in(line, numbers_in(line, None)) == ["+1 999 111 2222", "+999 123 4567"]
