"""What is said to be left to do, to whoever leaves and of whoever keeps working."""

import pytest

from pwl_tui.engine.jobs.left import Left
from pwl_tui.wording.worker import left_words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (Left(), "Every job of this key is finished."),
        (Left(jobs=1), "1 job is unfinished."),
        (Left(jobs=2, unsent=1), "1 number is not sent yet."),
        (
            Left(jobs=1, unsent=5_500, checking=1_000),
            "5,500 numbers are not sent yet. 1,000 numbers are still being checked.",
        ),
        (Left(exports=1), "1 export is not written yet."),
        (Left(jobs=2, exports=2), "2 jobs are unfinished. 2 exports are not written yet."),
        (
            Left(jobs=1, checking=1, exports=1),
            "1 number is still being checked. 1 export is not written yet.",
        ),
    ],
)
def test_what_is_left_is_said_in_a_sentence_or_two(left: Left, words: str) -> None:
    assert left_words(left) == words
