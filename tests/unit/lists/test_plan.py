import io
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import NoNumbersError, row_label
from pwl_tui.lists.read.reading import Options, Several
from pwl_tui.lists.read.rows import rows
from pwl_tui.lists.read.source import Source
from tests.bench.plan_throughput import clean_list, different, invalid_list, messy_list, plain, planned

LIST = "name,phone\nAda,+14155552671\nBo,\nCy,call me\nDi,+1 (415) 555-2671\n\nEd,0049 151 12345678\nFay\n"


@pytest.mark.parametrize("several", [None, "first", "all"])
def test_a_cell_with_more_numbers_than_are_searched_for_says_so(several: Several | None) -> None:
    cell = "; ".join(f"+1415555{number}" for number in range(2_000, 7_100))
    assert len(cell) > 65_536
    text = f"phone,name\n+14155552671,Ada\n{cell},Bob\n"
    made = plan(Source.from_text(text), Options(several=several))
    assert made.reasons == {"cell of more than 65,536 characters": 1}
    with pytest.raises(NoNumbersError) as failure:
        plan(Source.from_text(f"phone,name\n{cell},Bob\n"), Options(several=several, delimiter=","))
    assert failure.value.problem.remedy == "Put each number on a line of its own."


def test_every_row_has_a_number_or_a_reason() -> None:
    made = plan(Source.from_text(LIST), Options(delimiter=","))
    assert list(made.numbers) == [14155552671, 4915112345678]
    assert list(made.row_number) == [0, -1, -1, 0, -1, 1, -1]
    assert [REASONS[reason] for reason in made.row_reason] == [
        "",
        "empty",
        "not a number",
        "",
        "empty",
        "",
        "empty",
    ]
    assert (made.rows, made.blank, made.rejected, made.duplicates) == (7, 3, 1, 1)
    assert made.reasons == {"not a number": 1}
    assert [row_label(index, made.reading) for index in (0, 6)] == [2, 8]


def test_without_a_header_the_first_row_is_row_1() -> None:
    made = plan(Source.from_text("+14155552671\n"), Options())
    assert row_label(0, made.reading) == 1


CELLS = st.sampled_from(
    ["+14155552671", "14155552671", "(415) 555-2671", "415", "", "n/a", "+4915112345678"]
) | st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='"'), max_size=8)


@given(
    st.lists(CELLS, min_size=1, max_size=40),
    st.none() | st.just("US"),
    st.sampled_from(["valid", "possible"]),
)
def test_counts_add_up(cells: list[str], region: str | None, strictness: str) -> None:
    source = Source.from_text("\n".join(["+14155552671", *cells]) + "\n")
    made = plan(
        source,
        Options(
            region=region,
            header=False,
            delimiter="\t",
            numbers="valid" if strictness == "valid" else "possible",
        ),
    )
    assert made.rows == len(made.row_number) == len(made.row_reason) == len(list(rows(source, made.reading)))
    assert made.rows == made.blank + made.rejected + made.duplicates + len(made.numbers)
    assert sum(made.reasons.values()) == made.rejected
    assert len(set(made.numbers)) == len(made.numbers)
    assert all(
        (number < 0) == (reason > 0) for number, reason in zip(made.row_number, made.row_reason, strict=True)
    )
    firsts = [made.numbers[number] for number in dict.fromkeys(made.row_number) if number >= 0]
    assert firsts == list(made.numbers)


@pytest.mark.parametrize(
    ("text", "options", "says", "remedy"),
    [
        ("4155552671\n4155552672\n", Options(), "None of the 2 rows of pasted has", "--region US"),
        (
            "a,b\n1,x\n2,y\n",
            Options(),
            "None of the 2 rows of pasted has a phone number in column 'a'",
            "--column",
        ),
        ("ab\ncd\n", Options(region="US"), "The only row", "region is US"),
        ("phone\n", Options(), "header but no rows", "at least one"),
        ("\n\n", Options(), "None of the 2 rows", "--column"),
    ],
)
def test_a_list_without_numbers_says_what_to_do(text: str, options: Options, says: str, remedy: str) -> None:
    with pytest.raises(ListError) as caught:
        plan(Source.from_text(text), options)
    assert says in caught.value.problem.message
    assert remedy in caught.value.problem.remedy


NATIONAL_OF_CHINA = [f"13{draw}" for draw in random.Random(1).sample(range(10**8, 10**9), 60)]


def test_national_numbers_are_not_taken_for_strangers() -> None:
    strangers = sum(parse(cell, None, "valid") > 0 for cell in NATIONAL_OF_CHINA)
    assert 5 < strangers < 30  # valid by chance with a plus: numbers of North America
    with pytest.raises(ListError) as caught:
        plan(Source.from_text("\n".join(NATIONAL_OF_CHINA)), Options())
    assert "--region" in caught.value.problem.remedy


def test_lost_plus_signs_are_put_back_where_the_person_says_so() -> None:
    source = Source.from_text("14155552671\n4915112345678\n4155552671\n")
    made = plan(source, Options(region="international"))
    assert list(made.numbers) == [14155552671, 4915112345678]
    assert made.reasons == {"no country code": 1}
    with pytest.raises(NoNumbersError) as caught:
        plan(source, Options())
    assert "--region international" in caught.value.problem.remedy


def test_examples_are_from_all_over_the_list_and_of_each_country() -> None:
    cells = (
        [f"+49 15112 {n:06}" for n in range(500)]
        + [f"+1 415 555 {n:04}" for n in range(300)]
        + [f"0034 612 345 {n:03}" for n in range(100)]
    )
    examples = plan(Source.from_text("\n".join(cells)), Options()).examples
    assert examples[0].cell.startswith("0034")
    assert {example.region for example in examples} == {"ES", "DE", "US"}
    assert all(
        example.number in plan(Source.from_text(example.cell), Options()).numbers for example in examples
    )


def test_what_is_written_as_it_is_sent_is_no_example() -> None:
    assert plan(Source.from_text("+14155552671\n +14155552672 \n"), Options()).examples == ()


def test_a_plan_reports_progress_to_the_end_and_can_be_canceled() -> None:
    text = clean_list(12_000, random.Random(1))
    source = Source.from_text(text)
    told: list[tuple[int, int]] = []
    with pytest.raises(PlanCancelledError):
        plan(source, Options(), progress=lambda *so_far: told.append(so_far), cancelled=lambda: len(told) > 1)
    assert told == sorted(told)
    assert told[-1][0] < source.size
    told.clear()
    plan(Source.from_text("+14155552671"), Options(), progress=lambda *so_far: told.append(so_far))
    assert told[-1] == (12, 12)


@pytest.mark.parametrize("make", [clean_list, messy_list, invalid_list])
def test_the_bench_compares_like_with_like(make: Callable[[int, random.Random], str]) -> None:
    text = make(500, random.Random(2))
    assert different(text, planned(text), plain(text)) is None


def test_a_stream_needs_no_file() -> None:
    made = plan(Source.from_stream(io.BytesIO(b"+14155552671"), "standard input"), Options())
    assert made.source.name == "standard input"
    assert made.source.path == ""
