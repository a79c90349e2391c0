"""With ``[ui] mask = true``, nothing on the screen shows more of a phone number than its last digits."""

from itertools import chain, zip_longest

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from pwl_tui.config import Ui
from pwl_tui.lists.numbers.parse import parse
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.text import clean
from pwl_tui.ui.terminal.mask import masked
from tests.ui.conftest import Rig, Start

WRITTEN = (
    "+14155552671",
    "14155552671",
    "(415) 555-2671",
    "+1 415 555 2671",
    "415.555.2671",
    "+44/20/7946.0958",
)
"""As people and the service write numbers."""
LIST = f"name,phone\nAda,(415) 555-2671\nBob,+442079460958\n+1 212 555 0199,n/a\nEve,{WRITTEN[0]}\n"


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("+14155552671", "+•••••••2671"),
        ("│(415) 555-2671│", "│(•••) •••-2671│"),
        ("tel:0171 2345678 x", "tel:•••• •••5678 x"),
        ("06.12.34.56.78", "••.••.••.56.78"),
        ("14155552671@c.us", "•••••••2671@c.us"),
        ("٠١٢٣٤٥٦٧٨٩", "••••••٦٧٨٩"),
        ("+6834000", "+•••••00"),
        ("415_555_2671.csv", "•••_•••_2671.csv"),
        ("１４１５５５５２６７１", "＊＊＊＊＊＊＊２６７１"),  # noqa: RUF001 - as wide as what they stand for
        ("+141555…", "+••••••…"),
        ("+1 415 555-2671 +442079460958", "+• ••• •••-2671 +••••••••0958"),
        ("2026-11-29 13:16 and 29.11.2026", "2026-11-29 13:16 and 29.11.2026"),
        ("Sent 2026-11-29T15:03:05Z", None),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("http://127.0.0.1:8080 and 192.168.100.20", "http://127.0.0.1:8080 and 192.168.100.20"),
        ("+41'79'234'56'01", "+••'••'•••'56'01"),
        ("+49~1512~3456789", "+••~••••~•••6789"),
        ("+49·1512·3456789", "+••·••••·•••6789"),
        ("+49 • 1512 • 3456789", "+•• • •••• • •••6789"),
        ("+49,1512,3456789", "+••,••••,•••6789"),
        ("0151 [234] 56789", "•••• [•••] •6789"),
        ("1,000,000 numbers, 25,310 credits, +1 +44 +1242, 100 %", None),
        ("   40     7    33       2", None),
        ("", None),
    ],
)
def test_all_but_the_last_digits_are_hidden_and_other_figures_are_not(line: str, hidden: str | None) -> None:
    assert masked(line) == (line if hidden is None else hidden)


@given(st.text("+0123456789 ().-/ab…│", max_size=60))
def test_a_line_stays_as_long_and_masking_it_twice_changes_nothing(line: str) -> None:
    once = masked(line)
    assert len(once) == len(line)
    assert [old for old, new in zip(line, once, strict=True) if old != new and not old.isdecimal()] == []


@given(st.from_regex(r"\+[1-9]\d{6,14}", fullmatch=True), st.text("abc ,;:│", max_size=9))
def test_of_a_number_at_most_four_digits_are_shown(number: str, around: str) -> None:
    assert sum(sign.isdecimal() for sign in masked(f"{around}{number}{around}")) <= 4


@given(
    st.sampled_from(["4915123456789", "14155552671", "41792345601", "5511987654321"]),
    st.lists(
        st.text(" ()-./[]_~*'\u2019\u2010\u2212\u2022\u00b7\uff65\u00a0\u2009\u00ad\u200b\u3164", max_size=2)
        | st.characters(categories=["Zs", "Pd"], max_codepoint=0xFFFF)
        | st.sampled_from(["", "", " ", ","]),
        min_size=12,
        max_size=12,
    ),
)
def test_whatever_is_read_as_a_number_is_hidden(digits: str, between: list[str]) -> None:
    said = clean("+" + "".join(chain(*zip_longest(digits, between[: len(digits) - 1], fillvalue=""))))
    event(f"read as a number: {parse(said, None, 'valid') > 0}")
    if parse(said, None, "valid") > 0:
        assert sum(sign.isdecimal() for sign in masked(said)) <= 4


def unmasked(text: str) -> list[str]:
    """Return what on a screen has more than the last digits of a number."""
    return [line for line in text.splitlines() if masked(line) != line]


async def everywhere(rig: Rig) -> list[str]:
    """Walk through the screens that show numbers, and return what each shows."""
    seen = []

    async def look(*keys: str, until: str = "") -> None:
        await rig.pilot.press(*keys)
        await rig.until(lambda: until in rig.text(), f"{until!r} after {keys}")
        await rig.pilot.pause()
        seen.append(rig.text())

    path = rig.directory / "+1 415 555 2671.csv"
    path.write_text(LIST)
    rig.engine.jobs.create(
        rig.engine.plans.for_list(Source.from_path(path), Options()), name="list of +442079460958"
    )
    await rig.finished()
    await look(until="completed")
    await look("enter", until="2671")
    await look("right", "right")
    await look("v")
    await look("e")
    await look("escape")
    rig.app.notify("Lookup of +14155552671 failed.")
    await look(until="Lookup of")
    await look("escape", "l")
    await rig.pilot.press(*"+14155552671")
    await look()
    await look("escape", "comma")
    return seen


@pytest.mark.slow
async def test_no_screen_shows_a_number_if_it_is_set(start: Start) -> None:
    async with start(ui=Ui(theme="dark", mask=True)) as rig:
        seen = await everywhere(rig)
    assert [unmasked(text) for text in seen if unmasked(text)] == []
    assert any("+•••••••2671" in text for text in seen)
    assert "•••2671 failed" in "".join(seen)


async def test_a_key_hides_and_shows_them(start: Start) -> None:
    async with start() as rig:
        path = rig.directory / "some.txt"
        path.write_text("+14155552671\n")
        rig.engine.jobs.create(rig.engine.plans.for_list(Source.from_path(path), Options()), name="some")
        await rig.finished()
        await rig.pilot.press("enter")
        await rig.until(lambda: "+14155552671" in rig.text(), "the number")
        await rig.pilot.press("H")
        await rig.until(lambda: "+•••••••2671" in rig.text() and not unmasked(rig.text()), "it is hidden")
        assert "Phone numbers are hidden" in rig.text()
        await rig.pilot.press("H")
        await rig.until(lambda: "+14155552671" in rig.text(), "it is shown again")
