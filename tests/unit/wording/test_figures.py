"""Figures as people read them."""

import pytest

from pwl_tui.wording.figures import (
    about,
    age,
    brief,
    change,
    counted,
    duration,
    pace,
    percent,
    short,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 days")],
)
def test_ages_are_coarse(seconds: float, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "5 s"),
        (5, "5 s"),
        (6, "10 s"),
        (59.9, "60 s"),
        (61, "2 m"),
        (3600, "1 h"),
        (3661, "1 h 2 m"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_rounded_up(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(50, "50 s"), (3600, "1 h"), (3661, "1h 2m"), (45_000, "12 h"), (90_000, "1d 1h"), (1_500_000, "17 d")],
)
def test_a_brief_duration_fits_its_column(seconds: float, words: str) -> None:
    assert brief(seconds) == words
    assert len(brief(seconds)) <= 5


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "less than a minute"),
        (60, "about a minute"),
        (119, "about a minute"),
        (745, "about 12 minutes"),
        (7_100, "about 118 minutes"),
        (7_200, "about 2 hours"),
        (200_000, "about 2 days"),
    ],
)
def test_an_estimate_is_no_more_precise_than_it_deserves(seconds: float, words: str) -> None:
    assert about(seconds) == words


@pytest.mark.parametrize(("share", "words"), [(0, "0%"), (0.999, "99%"), (1, "100%")])
def test_only_what_is_complete_is_a_hundred_per_cent(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 batch"), (0, "0 batches"), (1200, "1,200 batches")])
def test_nouns_follow_their_number(number: int, words: str) -> None:
    assert counted(number, "batch", "batches") == words


@pytest.mark.parametrize(("credits_", "words"), [(-900, "-900"), (1_050, "+1,050"), (0, "same")])
def test_a_change_has_its_sign(credits_: int, words: str) -> None:
    assert change(credits_) == words


@pytest.mark.parametrize(("rate", "words"), [(41.2, "41 numbers/s"), (0.5, "30 numbers/min")])
def test_a_slow_pace_is_by_the_minute(rate: float, words: str) -> None:
    assert pace(rate) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (1_250, "1.2k"),
        (69_361, "69k"),
        (696_721, "696k"),
        (1_000_000, "1M"),
    ],
)
def test_figures_of_tabs_are_short(number: int, words: str) -> None:
    assert short(number) == words
