"""Who did it, where several people share a database; it takes no room from what matters more."""

from msgspec.structs import replace

from pwl_tui.engine.money.ledger import Ledger, Line
from pwl_tui.state.models import Job
from pwl_tui.state.money import Activity
from pwl_tui.ui.presenters import activity, ledger
from pwl_tui.ui.presenters.columns import JobRow
from pwl_tui.ui.presenters.job_detail import detail_lines
from pwl_tui.ui.presenters.job_header import job_lines
from pwl_tui.ui.widgets.cells import fit, line_of
from tests.ui.sample_state import NOW, Scene

INSIDE = 76
"""Cells of a table's line on a screen of 80."""
BY = "ana@server-1"


def made(scene: Scene, by: str) -> Job:
    return replace(scene.job("some", 3), by=by, source="/home/ana/lists/some.csv")


def test_the_head_of_a_job_says_who_made_it_if_there_is_room(scene: Scene) -> None:
    job = made(scene, BY)
    first = job_lines(job, NOW, 78).plain.splitlines()[0]
    assert first == "some  planned  ana@server-1  /home/ana/lists/some.csv"
    assert "ana@" not in job_lines(job, NOW, 26).plain
    hostile = job_lines(replace(job, by="a\x1b[2J@b"), NOW, 78).plain
    assert "\x1b" not in hostile
    assert "@" not in job_lines(replace(job, by=""), NOW, 78).plain


def test_the_details_of_a_job_say_who_made_it(scene: Scene) -> None:
    def shown(by: str) -> list[str]:
        lines = detail_lines(JobRow(made(scene, by), NOW, foreign=False), 40)
        return [" ".join("".join(span.text for span in line).split()) for line in lines]

    assert f"By {BY}" in shown(BY)
    assert not any(line.startswith("By") for line in shown(""))


def test_the_ledger_has_one_more_column() -> None:
    line = Line(NOW, 10, 1, 2, "crm", "an-id", 100, 90, BY)
    (row,) = ledger.ledger_rows(Ledger((line,), ()), NOW)
    without, shared = ledger.columns(shared=False), ledger.columns(shared=True)
    assert without is ledger.LEDGER
    layout = fit(shared, INSIDE)
    assert [column.title for column, _ in layout] == [
        *("", "Time", "Batch", "Credits", "Before", "After", "Job", "By"),
    ]
    text = "".join(span.text for span in line_of(row, layout, INSIDE))
    assert text.split()[-2:] == ["crm", BY]
    # The ID of a batch is dropped first, and it comes back last.
    assert [column.title for column, _ in fit(shared, 60)] == [column.title for column, _ in fit(without, 60)]
    assert "By" not in [column.title for column, _ in fit(without, 200)]
    assert {"By", "Batch ID"} < {column.title for column, _ in fit(shared, 116)}


def test_the_activity_has_one_more_column_where_there_is_room() -> None:
    row = activity.ActivityRow(Activity(NOW, 1, 2, "accepted", "an-id", BY), "crm", NOW)
    without, shared = activity.columns(shared=False), activity.columns(shared=True)
    assert without is activity.ACTIVITY
    narrow = [column.title for column, _ in fit(shared, INSIDE)]
    assert narrow == [column.title for column, _ in fit(without, INSIDE)]
    layout = fit(shared, 116)
    assert BY in "".join(span.text for span in line_of(row, layout, 116))
    # Below the table, all of the selected entry is shown in any case.
    assert activity.in_full(row).endswith(f"an-id · by {BY}")
    assert "by" not in activity.in_full(activity.ActivityRow(Activity(NOW, 1, 2, "x", "y"), "crm", NOW))
