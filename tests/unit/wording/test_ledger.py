"""What is told of the ledger."""

import pytest

from pwl_tui.engine.money.ledger import Ledger, Line, Movement
from pwl_tui.wording.ledger import alarm, movement, total


def line(amount: int) -> Line:
    return Line(0.0, amount, 1, 2, "crm", "an-id", 100, 90)


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (Movement(0, 60, 500, 0), "500 credits unexplained since 04:39"),
        (
            Movement(0, 60, 501, 500),
            "1 credit unexplained since 04:39: the balance fell by 501, 500 of them spent here",
        ),
        (Movement(0, 60, -5_000, 0), "5,000 credits added since 04:39"),
        (Movement(0, 60, -4_000, 1_000), "5,000 credits added since 04:39"),
    ],
)
def test_a_movement_is_one_phrase(moved: Movement, words: str) -> None:
    assert movement(moved, "04:39") == words
    assert movement(moved) == words.replace(" since 04:39", "")


def test_an_alarm_adds_up_what_something_else_took() -> None:
    assert alarm([Movement(0, 1, 500, 100), Movement(2, 3, 1, 0)], "04:39") == (
        "401 credits spent outside pwl-tui since 04:39."
    )


def test_the_total_counts_credits_and_charges() -> None:
    assert total(Ledger((), ())) == "0 credits spent in 0 charges"
    assert total(Ledger((line(900), line(100)), ())) == "1,000 credits spent in 2 charges"
