"""A job's story in one line."""

import pytest
from msgspec.structs import replace

from pwl_tui.state.models import Counts
from pwl_tui.ui.presenters.columns import JOBS, JobRow
from pwl_tui.ui.widgets.cells import fit, line_of
from pwl_tui.wording.figures import rounded
from tests.ui.sample_state import NOW, Scene

STORY = ["", "Name", "State", "Progress", "WhatsApp", "Business", "Failed", "Pending", "Time", "Poll"]


@pytest.mark.parametrize(
    ("number", "cells", "shown"),
    [
        (0, 1, "0"),
        (99_999, 6, "99,999"),
        (100_000, 6, "100.0k"),
        (612_499, 6, "612.4k"),
        (612_499, 7, "612,499"),
        (999_999, 6, "999.9k"),
        (1_000_000, 6, "1.00M"),
        (12_349_999, 6, "12.34M"),
    ],
)
def test_a_number_that_is_too_wide_is_rounded_down(number: int, cells: int, shown: str) -> None:
    assert rounded(number, cells) == shown


@pytest.mark.parametrize("millions", [1, 12])
@pytest.mark.parametrize("width", [59, 79, 114, 200])
def test_a_job_of_millions_is_told_whole(scene: Scene, width: int, millions: int) -> None:
    job = scene.job("a-dozen-long", 1_200)
    scene.send(job, 1, answered=0.5)
    number = millions * 1_000_000
    counts = Counts(on_whatsapp=number, business=number, failed=number, pending=number)
    huge = replace(scene.store.jobs.get(job.id), numbers=3 * number, counts=counts)
    layout = fit(JOBS, width)
    line = "".join(span.text for span in line_of(JobRow(huge, NOW, foreign=False), layout, width))
    assert "a-dozen-long" in line
    assert "…" not in line


def test_eighty_cells_tell_the_whole_story() -> None:
    assert [column.title for column, _ in fit(JOBS, 79)] == STORY


def test_where_there_is_room_numbers_are_not_rounded() -> None:
    wide = {column.title: width for column, width in fit(JOBS, 150)}
    assert min(wide["WhatsApp"], wide["Pending"]) >= len("1,000,000")
