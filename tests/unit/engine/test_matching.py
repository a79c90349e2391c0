"""A result finds its number however it is written, and never another's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.models import NumberAnswer
from pwl_tui.engine.polling.matching import holds_exactly, match, number_in, same_line

US = 14155552671
MEXICO, MEXICO_1 = 525512345678, 5215512345678
BRAZIL, BRAZIL_9 = 551187654321, 5511987654321
ARGENTINA, ARGENTINA_9 = 541123456789, 5491123456789
BENIN, BENIN_01 = 22997123456, 2290197123456
PAIRS = [(MEXICO, MEXICO_1), (BRAZIL, BRAZIL_9), (ARGENTINA, ARGENTINA_9), (BENIN, BENIN_01)]


def result(number: str, other: str = "", carrier: str = "") -> NumberAnswer:
    return NumberAnswer(number, Answer(Outcome.COMPLETED, on_whatsapp=True, carrier=carrier), other)


def found(results: list[NumberAnswer], numbers: list[int]) -> list[int | None]:
    """Return which number each result is about; None: about none."""
    matched = match(results, numbers)
    by_result = {id(one): number for number, one in matched.found}
    assert len(matched.found) + len(matched.unfit) == len(results)
    return [by_result.get(id(one)) for one in results]


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ("+14155552671", ""),
        ("14155552671", ""),
        ("0014155552671", ""),
        ("+1 415 555 2671", ""),
        ("+1 (415) 555-2671", ""),
        ("1.415.555.2671", ""),
        ("1-415-555\u20112671", ""),
        ("14155552671.0", ""),
        ("1.4155552671E+10", ""),
        ("١٤١٥٥٥٥٢٦٧١", ""),
        ("\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11", ""),
        ("14155552671@c.us", ""),
        ("14155552671@s.whatsapp.net", ""),
        ("14155552671:12@s.whatsapp.net", ""),
        ("14155552671.0:12@s.whatsapp.net", ""),
        ("whatsapp:+14155552671", ""),
        ("tel:+1-415-555-2671", ""),
        ("https://wa.me/14155552671", ""),
        ("", "+14155552671"),
        ("n/a", "14155552671"),
        ("4155552671", "+14155552671"),
        ("(415) 555-2671", "+1 415 555 2671"),
        ("(415) 555-2671", ""),
        ("415-555-2671", "n/a"),
    ],
)
def test_every_way_to_write_a_number(number: str, other: str) -> None:
    assert found([result(number, other)], [US, 14155550000]) == [US]


def test_a_trunk_zero_counts_for_nothing() -> None:
    for written in ("+44 (0)7911 123456", "07911 123456", "+44 7911 123456"):
        assert found([result(written)], [447911123456]) == [447911123456]


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "abc",
        "+999",
        "14155552671@g.us",
        "14155552671@lid",
        "+1415555267",
        "5552671",
        "1e400",
        "+-( )",
    ],
)
def test_what_is_about_none_of_the_numbers(number: str) -> None:
    assert found([result(number)], [US]) == [None]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_a_line_with_two_full_numbers_is_found_by_either(short: int, long: int) -> None:
    assert found([result(f"+{long}")], [short, US]) == [short]
    assert found([result(f"{short}@c.us")], [long, US]) == [long]
    assert found([result("?", f"+{short}")], [long]) == [long]
    assert list(same_line(short)) == [long]
    assert list(same_line(long)) == [short]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_in_a_batch_with_both_each_has_its_own_answer(short: int, long: int) -> None:
    both = [short, long]
    # WhatsApp formats both alike.
    assert found([result(f"+{short}", f"+{short}"), result(f"+{long}", f"+{short}")], both) == both
    assert found([result(str(short), f"+{long}"), result(str(long), f"+{long}")], both) == both
    assert found([result("", f"+{short}"), result("", f"+{long}")], both) == both
    assert found([result("", f"+{short}"), result("", f"+{short}")], both) == [None, None]
    assert found([result(f"+{long}"), result("", f"+{short}")], both) == [long, short]


def test_what_fits_two_of_the_numbers_is_given_to_neither() -> None:
    assert found([result("(415) 555-2671")], [US, 494155552671]) == [None]
    assert found([result(f"+{BRAZIL}"), result(f"{BRAZIL}")], [BRAZIL_9]) == [BRAZIL_9, None]


def test_a_number_that_another_result_names_is_not_taken_from_it() -> None:
    assert found([result(f"+{MEXICO_1}"), result(f"+{MEXICO}")], [MEXICO]) == [None, MEXICO]
    assert found([result("?", f"+{US}"), result(f"+{US}")], [US]) == [None, US]


def test_digits_without_a_country_can_be_another_number_in_full() -> None:
    swiss = 4155552671
    assert found([result("4155552671", f"+{US}"), result("4155552671", f"+{swiss}")], [US, swiss]) == [
        US,
        swiss,
    ]
    assert found([result(f"+{swiss}", f"+{US}")], [US, swiss]) == [swiss]


@pytest.mark.parametrize(
    ("one", "number"),
    [
        (result("+14155552671"), US),
        (result("14155552671"), US),
        (result("(415) 555-2671", "+14155552671"), US),
        (result(f"+{MEXICO}", f"+{MEXICO_1}"), MEXICO),
        (result("5215512345678@c.us"), MEXICO_1),
        (result("?", "?"), None),
        (result(""), None),
    ],
)
def test_the_number_of_a_result_of_an_unknown_batch(one: NumberAnswer, number: int | None) -> None:
    assert number_in(one) == number


def test_a_batch_holds_exactly_its_numbers_however_they_are_written() -> None:
    ours = [US, MEXICO, BRAZIL_9]
    theirs = [result("1 415 555 2671"), result(f"{MEXICO_1}@c.us"), result(f"+{BRAZIL}")]
    assert holds_exactly(theirs, ours)
    assert not holds_exactly(theirs[:2], ours)
    assert not holds_exactly(theirs, ours[:2])
    assert not holds_exactly([*theirs, result("+999")], ours)


_digits = st.sampled_from(
    [pair[0] // 10**6 for pair in PAIRS] + [pair[1] // 10**6 for pair in PAIRS] + [14155]
)
_numbers = st.builds(lambda start, rest: int(f"{start}{rest:06}"), _digits, st.integers(0, 999_999))


def _written(number: int, way: int) -> str:
    digits = str(number)
    return [
        f"+{digits}",
        digits,
        f"00{digits}",
        f"+{digits[:2]} ({digits[2:5]}) {digits[5:8]}-{digits[8:]}",
        f"{digits}:3@s.whatsapp.net",
        digits.translate({ord("0") + digit: 0x0660 + digit for digit in range(10)}),
        f"{digits}.0",
    ][way]


@given(st.lists(st.tuples(_numbers, st.integers(0, 6), st.booleans()), unique_by=lambda one: one[0]))
def test_numbers_written_in_any_ways_each_find_their_own(some: list[tuple[int, int, bool]]) -> None:
    numbers = [number for number, _, _ in some]
    results = [result(_written(number, way), f"+{number}" if too else "") for number, way, too in some]
    assert found(results, numbers) == numbers
    assert holds_exactly(results, numbers)


@given(st.lists(st.tuples(_numbers, st.booleans()), unique_by=lambda one: one[0]))
def test_as_whatsapp_writes_them_no_number_gets_the_answer_of_another_line(
    some: list[tuple[int, bool]],
) -> None:
    numbers = [number for number, _ in some]
    written = [next(same_line(number), number) if other else number for number, other in some]
    for number, got in zip(numbers, found([result(f"+{way}") for way in written], numbers), strict=True):
        assert got in {number, None} or got in set(same_line(number))
