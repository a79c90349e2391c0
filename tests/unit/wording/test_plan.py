"""What is told of a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import NOT_AFFORDED, NOT_CHOSEN, JobPlan
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.wording.plan import (
    Step,
    beside,
    detected,
    most_common,
    offer,
    saving,
    steps,
    time_needed,
    why_left_out,
)

LIST = "phone,name\n+14155552671,Ada\n+14155552671,Again\nn/a,Bob\n12,Cy\n,Di\n+442079460958,Ed\n"


def planned(*, sample: int | None = None, text: str = LIST) -> JobPlan:
    return planning.make(plan(Source.from_text(text), Options()), {}, balance=None, sample=sample)


def test_the_steps_lead_from_the_rows_to_what_is_paid() -> None:
    found = steps(planned(sample=1))
    assert [(step.name, step.count) for step in found] == [
        ("rows", 6),
        ("empty", 1),
        ("rejected", 2),
        ("duplicates", 1),
        ("left out", 1),
        ("to pay", 1),
    ]
    assert [step.left for step in found] == [6, 5, 3, 2, 1, 1]
    assert found[2].why == {"not a number": 1, "too short": 1}
    assert found[4].why == {"not in the sample": 1}


def test_a_step_at_which_nothing_falls_out_is_left_out() -> None:
    assert [step.name for step in steps(planned(text="+14155552671\n"))] == ["row", "to pay"]


def test_what_is_beside_a_number_and_cannot_be_used_is_told() -> None:
    assert beside(planned().list) == ""
    listed = plan(
        Source.from_text("+14155552671 or 12\n+14155552672, +1415\n"), Options(several="all", in_text=False)
    )
    assert beside(listed) == "2 numbers next to a usable one cannot be used: 2 too short."


@given(
    rows=st.integers(1, 10**6),
    before=st.integers(0, 10**6),
    left=st.integers(0, 10**6),
    width=st.integers(1, 80),
)
def test_a_bar_shows_what_is_left_and_what_falls_out(rows: int, before: int, left: int, width: int) -> None:
    left, before, rows = sorted((left, before, rows))
    full, lost = Step("empty", before - left, rows or 1, before, left).bar(width)
    assert bool(full) is bool(left)
    assert bool(lost) is (left < before)
    assert full + lost <= width + 1


@pytest.mark.parametrize(
    ("because", "words"),
    [(NOT_CHOSEN, "not in the sample"), (NOT_AFFORDED, "credits were short"), ("new", "new")],
)
def test_why_numbers_are_left_out_does_not_say_so_twice(because: str, words: str) -> None:
    made = planned(sample=1)
    assert why_left_out(JobPlan(made.list, made.dispositions, {}, left_out_because=because)) == words


def test_the_most_common_reasons_are_named_and_the_others_counted() -> None:
    reasons = {"too short": 1_200, "too long": 30, "not a number": 4, "digits lost": 1}
    assert most_common(reasons) == "1,200 too short, 30 too long, 4 not a number, 1 other"
    assert most_common({"too short": 2}) == "2 too short"


def test_an_unknown_time_is_not_told() -> None:
    assert time_needed(None) == ""
    assert time_needed(7_200) == ", about 2 hours (based on recent jobs)"


def test_nothing_reused_saves_nothing() -> None:
    assert saving(planned()) == ""


def test_a_region_is_offered_where_the_person_can_give_it() -> None:
    national = plan(Source.from_text("phone\n+14155552671\n" + "(212) 736-5000\n" * 3), Options())
    assert offer(national) == "3 rows have no country code; with region US, 100% of them are valid"
    assert offer(national, "--region").startswith("3 rows have no country code; with --region US,")
    assert offer(planned().list) == ""


def test_what_was_detected_is_told_in_one_order() -> None:
    assert [found.aspect for found in detected(planned().list.reading)] == [
        "encoding",
        "delimiter",
        "header",
        "column",
    ]
