import pytest
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import NoNumbersError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.queries.results import Reusable
from pwl_tui.ui.presenters.plan import numberless_lines, plan_lines, spending

LIST = (
    "phone,name\n"
    + "".join(f"+1415200{n:04},Ada {n}\n" for n in range(1_500))
    + "n/a,Bob\n+14152000001,Eve\n,Nobody\n"
    + "".join(f"(212) 736-{n:04},Di\n" for n in range(497))
)


def planned(*, sample: int | None = None, reused: int = 0, balance: int | None = 5_000) -> JobPlan:
    listed = plan(Source.from_text(LIST), Options())
    answer = Reusable(Answer(Outcome.COMPLETED, on_whatsapp=True, business=False, country="US"), answered=1.0)
    answers = dict.fromkeys(listed.numbers[:reused], answer)
    return planning.make(listed, answers, balance=balance, sample=sample)


def lines(made: JobPlan, width: int = 60, **given: object) -> list[str]:
    return plan_lines(made, width, **given).plain.splitlines()  # type: ignore[arg-type]


def test_every_step_is_a_line_and_its_bar_what_is_left() -> None:
    shown = lines(planned(sample=100, reused=400), seconds=400.0)
    assert shown[:11] == [
        "2,000 rows → 100 to pay",
        "    2,000 rows         ████████████████████████████████████",
        "        1 empty        ███████████████████████████████████░",
        "      498 rejected     ███████████████████████████░░░░░░░░",
        "          497 no country code, 1 not a number",
        "        1 duplicates   ███████████████████████████░",
        "      400 reused       ███████████████████░░░░░░░░",
        "    1,000 left out     █░░░░░░░░░░░░░░░░░░",
        "          not in the sample",
        "      100 to pay       █",
        "Credits 5,000 → 4,900",
    ]
    assert "1 batch, about 7 minutes (based on recent jobs)" in shown
    assert "400 reused from earlier jobs, which saves 400 credits." in shown
    assert "! 497 rows have no country code; with region US, 100% of them are valid" in shown
    assert shown[-1].startswith("Read as: encoding utf-8 (sure), delimiter comma (sure), header yes (sure)")


@pytest.mark.parametrize("width", [20, 34, 76])
def test_nothing_is_wider_than_there_is_room(width: int) -> None:
    steps = [line for line in lines(planned(sample=100), width) if "█" in line or "░" in line]
    assert len(steps) == (0 if width == 20 else 6)
    assert all(len(line) <= width for line in steps)


@pytest.mark.parametrize(
    ("balance", "words"),
    [(None, "Credits unknown"), (1_000, "! Needs 1,500 credits; 1,000 available.")],
)
def test_credits_that_are_short_or_not_known_are_said(balance: int | None, words: str) -> None:
    assert words in lines(planned(balance=balance))


def test_what_a_job_left_out_is_not_to_be_read_otherwise() -> None:
    shown = "\n".join(lines(planned(), rest=True))
    assert "Read as" not in shown
    assert "region" not in shown


def test_a_list_of_numbers_only_has_no_funnel() -> None:
    made = planning.make(plan(Source.from_text("+14155552671\n"), Options()), {}, balance=3)
    assert lines(made)[:2] == ["1 row → 1 to pay", "Credits 3 → 2"]


def test_a_list_without_numbers_says_what_may_be_mended() -> None:
    for text, words in (
        ("phone\n(212) 736-5000\n(212) 736-5001\n", "with region US, 100% of them are valid"),
        ("phone\nn/a\n", "choose the column in the options"),
    ):
        with pytest.raises(NoNumbersError) as caught:
            plan(Source.from_text(text), Options())
        said = numberless_lines(caught.value).plain
        assert words in said
        assert "--" not in said


def test_the_question_names_a_sample_and_what_is_saved() -> None:
    question = spending(planned(sample=100, reused=400))
    assert "Spend 100 credits on 100 numbers (1 batch)?" in question
    assert "A random sample: 1,000 other numbers will not be sent for now." in question
    assert "400 reused from earlier jobs, which saves 400 credits." in question
    assert "sample" not in spending(replace(planned(), left_out_because=""))
