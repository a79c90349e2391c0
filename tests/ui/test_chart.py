import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pwl_tui.text import in_ascii
from pwl_tui.ui.widgets.chart import Part, Rank, TextLine, divided, ranking, shares

PARTS = [
    Part("on WhatsApp", 627_360, "█"),
    Part("business", 69_361, "▓"),
    Part("not", 298_292, "░"),
    Part("failed", 4_987, "▚"),
]
RANKS = [Rank("US", 166_419, 116_371), Rank("A carrier\x1b[31m of a long name", 16_000, 0), Rank("", 3, 3)]


def text(lines: list[TextLine]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


@given(counts=st.lists(st.integers(0, 10**6), max_size=8), width=st.integers(8, 200))
def test_a_whole_is_divided_without_loss(counts: list[int], width: int) -> None:
    cells = divided(counts, width)
    assert sum(cells) == (width if any(counts) else 0)
    assert [bool(count) for count in counts] == [bool(cell) for cell in cells]
    for (count, cell), (other, least) in zip(
        zip(counts, cells, strict=True), zip(counts[1:], cells[1:], strict=True), strict=False
    ):
        assert count <= other or cell >= least - 1


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_charts_fit_and_do_without_colour(width: int) -> None:
    divided_lines = text(shares(PARTS, width))
    ranked = text(ranking("Carriers", RANKS, "WhatsApp", width, total=182_422))
    assert all(cell_len(line) <= width for line in [*divided_lines, *ranked])
    assert len({cell_len(line) for line in ranked}) == 1
    assert all(in_ascii(line).isascii() for line in [*divided_lines, *ranked])
    assert len(set(in_ascii(divided_lines[0]))) == len(PARTS)
    signs = dict.fromkeys(divided_lines[0])
    assert [line[0] for line in divided_lines[1:]] == list(signs)


def test_every_line_tells_its_figures() -> None:
    divided_lines = text(shares(PARTS, 60))
    assert divided_lines[1] == "██ on WhatsApp  627,360  62.7%"
    assert divided_lines[4] == "▚▚ failed         4,987   0.5%"
    ranked = text(ranking("Carriers", RANKS, "WhatsApp", 60, total=182_422))
    assert ranked[0].endswith(" share WhatsApp")
    assert ranked[1].endswith(" 166,419 91.2%    69.9%")
    assert "\x1b" not in ranked[2]
    assert ranked[3].startswith("unknown")
    assert ranked[3].endswith(" 3 <0.1%     100%")


def test_of_nothing_there_is_nothing_to_draw() -> None:
    assert text(shares([], 60)) == ["nothing yet"]
    assert text(ranking("Carriers", [], "WhatsApp", 60, total=0)) == [f"Carriers{'share WhatsApp':>52}"]
