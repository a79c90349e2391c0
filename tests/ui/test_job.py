import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.widgets import Input, Select

from pwl_tui.filters import Which
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.secret import Secret
from pwl_tui.simulator.demo import sample_csv
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BatchState, Job, JobState
from pwl_tui.state.queries.find import parse_find
from pwl_tui.state.queries.selection import Sort
from pwl_tui.ui.presenters.job_tabs import SORTS, VIEWS, sort_words
from pwl_tui.ui.screens.job import JobScreen
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.wording.figures import phone
from tests.ui.conftest import Rig, Start

VIEW_OF = {view.which: index for index, view in enumerate(VIEWS)}


def submit(rig: Rig, rows: int = 300) -> None:
    """Submit the sample list past the screen."""
    path = rig.directory / "crm.csv"
    path.write_text(sample_csv(rows))
    rig.engine.jobs.create(
        rig.engine.plans.for_list(Source.from_path(path), Options(region="US")), name="crm"
    )


def the_job(rig: Rig) -> Job:
    return rig.store.jobs.get(1)


@asynccontextmanager
async def finished_job(start: Start, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Rig]:
    """Open the screen of a job that is complete."""
    async with start(size=size) as rig:
        submit(rig)
        await rig.until(lambda: not the_job(rig).unfinished, "the job is complete")
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "JobScreen", "its screen is open")
        await rig.until(lambda: "Number" in rig.text(), "its results are there")
        yield rig


async def show_view(rig: Rig, which: Which | None) -> None:
    screen = rig.app.screen
    assert isinstance(screen, JobScreen)
    for _ in VIEWS:
        if screen.view.which == which:
            return
        await rig.pilot.press("right")
    raise AssertionError(which)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["all", "on-whatsapp", "not-on-whatsapp", "business", "failed", "pending"])
async def test_each_view_shows_its_kind(start: Start, which: Which) -> None:
    async with finished_job(start) as rig:
        await show_view(rig, which)
        first = rig.store.results.page(1, which, 0, 5)
        expected = phone(first[0].number) if first else "Nothing here."
        await rig.until(lambda: expected in rig.text(), "its first row is shown")
        for result in first:
            assert phone(result.number) in rig.text()


async def test_rejected_rows_and_batches_are_views_too(start: Start) -> None:
    async with finished_job(start) as rig:
        await rig.pilot.press("left")
        batch = rig.store.batches.of(1)[0]
        assert batch.batch_id is not None
        await rig.until(lambda: str(batch.batch_id) in rig.text(), "the batch is shown")
        await rig.pilot.press("left", "left")
        await rig.until(lambda: "not a number" in rig.text(), "the rejected rows are shown")
        row = rig.store.results.rejected(1, 0, 1)[0]
        # The header is row 1, and indexes begin with 0.
        assert f"{row.index + 2} {row.reason}" in rig.text()


async def test_numbers_are_found_by_their_digits(start: Start) -> None:
    async with finished_job(start, (80, 24)) as rig:
        wanted = rig.store.results.page(1, "all", 150, 1)[0]
        other = rig.store.results.page(1, "all", 0, 1)[0]
        await rig.pilot.press("slash", *str(wanted.number)[3:])
        await rig.until(lambda: phone(other.number) not in rig.text(), "the others are left out")
        assert phone(wanted.number) in rig.text()
        await rig.pilot.press("escape")
        await rig.until(lambda: phone(other.number) in rig.text(), "all are back")
        await rig.pilot.press("backspace")
        assert rig.screen_name == "HomeScreen"


async def test_what_is_typed_is_explained_and_the_last_answer_stays(start: Start) -> None:
    async with finished_job(start) as rig:
        await rig.pilot.press("slash")
        assert "wa: business: outcome:" in rig.text()
        await rig.pilot.press(*"wa:n", "space", *"out")
        found = rig.store.results.count(1, "not-on-whatsapp", parse_find("out"))
        await rig.until(lambda: f"{found} found  outcome:" in rig.text(), "it is found")
        await rig.pilot.press(*"come:x")
        await rig.until(lambda: "outcome: cannot be 'x'" in rig.text(), "it says what is wrong")
        await rig.pilot.press("enter")
        assert rig.app.focused is not None
        assert rig.app.focused.id == "rows-table"


async def test_results_are_sorted_by_one_column_after_the_other(start: Start) -> None:
    async with finished_job(start) as rig:
        for column in SORTS[1:]:
            await rig.pilot.press("o")
            for key, descending in (("", False), ("O", True), ("O", False)):
                await rig.pilot.press(*key)
                first, last = (
                    phone(rig.store.results.page(1, "all", at, 1, sort=Sort(column, descending))[0].number)
                    for at in (0, the_job(rig).numbers - 1)
                )
                await rig.until(lambda: first_number(rig) == first, f"{column} {descending}")  # noqa: B023 - awaited here
                assert sort_words(Sort(column, descending)) in rig.text()
            await rig.pilot.press("G")
            await rig.until(lambda: last in rig.text(), "the last")  # noqa: B023 - awaited here
        await rig.pilot.press("o")
        await rig.until(lambda: "1 of" in rig.text() and "list order" in rig.text(), "the list's own order")


def first_number(rig: Rig) -> str:
    """Return the first number that is shown."""
    return next(word for word in rig.text().split() if word.startswith("+"))


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "row"), [("200", 200), ("50%", 138), ("1,000,000", 275), ("x", 1)])
async def test_a_row_is_gone_to(start: Start, typed: str, row: int) -> None:
    async with finished_job(start, (80, 24)) as rig:
        row = min(row, the_job(rig).numbers) if typed != "50%" else the_job(rig).numbers // 2 + 1
        wanted = phone(rig.store.results.page(1, "all", row - 1, 1)[0].number)
        await rig.pilot.press("colon", *typed, "enter")
        await rig.until(lambda: wanted in rig.text(), "the row is there")
        await rig.until(lambda: f"{row} of" in rig.text(), "it says which")
        await rig.pilot.press("colon", "escape")
        assert rig.screen_name == "JobScreen"


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_the_charts_show_shares_countries_and_carriers(start: Start, size: tuple[int, int]) -> None:
    async with finished_job(start, size) as rig:
        await rig.pilot.press("v")
        await rig.until(lambda: "Countries" in rig.text(), "it is counted")
        breakdown = rig.store.results.breakdown(1)
        while breakdown.grow():
            pass
        text = " ".join(rig.text().split())
        for share in (breakdown.countries()[0], breakdown.carriers()[0]):
            assert f" {share.checked} " in text
        private = the_job(rig).counts.on_whatsapp - the_job(rig).counts.business
        assert f"on WhatsApp, personal {private}" in text
        await rig.pilot.press("o", "colon")
        assert any("cannot be filtered or sorted" in notice for notice in rig.notices)
        assert any("no rows to go to" in notice for notice in rig.notices)
        await rig.pilot.press("v")
        await rig.until(lambda: "Number" in rig.text(), "the results are back")


async def test_the_id_of_a_batch_is_copied(start: Start) -> None:
    async with finished_job(start) as rig:
        await rig.pilot.press("c")
        assert any("Only the ID of a batch" in notice for notice in rig.notices)
        await rig.pilot.press("left")
        await rig.until(lambda: "1 of 1  id" in rig.text(), "the batches are shown")
        await rig.pilot.press("c")
        assert rig.app.clipboard == rig.store.batches.of(1)[0].batch_id
        assert "Sent to the terminal" in rig.notices[-1]


async def test_the_row_to_go_to_is_not_asked_for_once_the_focus_is_elsewhere(start: Start) -> None:
    async with finished_job(start) as rig:
        await rig.pilot.press("colon", "tab")
        await rig.until(lambda: "list order" in rig.text(), "it is said where the person is")


async def test_there_is_nothing_to_find_among_rejected_rows(start: Start) -> None:
    async with finished_job(start) as rig:
        await rig.pilot.press("left", "slash")
        assert any("cannot be filtered or sorted" in notice for notice in rig.notices)


async def test_a_click_on_a_view_shows_it(start: Start) -> None:
    async with finished_job(start) as rig:
        bar = rig.app.screen.query_one("#views")
        await rig.pilot.click("#views", offset=(bar.render_line(0).text.index("Failed"), 0))
        screen = rig.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.view.which == "failed"


async def test_the_head_tells_how_far_it_is(start: Start, world: World) -> None:
    async with finished_job(start, (80, 24)) as rig:
        counts = the_job(rig).counts
        text = " ".join(rig.text().split())
        assert f"{counts.on_whatsapp} on WhatsApp ({counts.business} business)" in text
        assert f"{sum(charge.amount for charge in world.ledger)} credits spent" in text
        assert "100%" in text


async def test_an_export_begins_with_what_is_shown_and_does_not_overwrite(start: Start) -> None:
    async with finished_job(start) as rig:
        target = rig.directory / "crm-answers.jsonl"
        target.write_text("precious")
        await show_view(rig, "business")
        await rig.pilot.press("e")
        rig.app.screen.query_one("#export-format", Select).value = "jsonl"
        await rig.until(
            lambda: rig.app.screen.query_one("#export-path", Input).value == str(target), "the name follows"
        )
        await rig.pilot.press("enter")
        await rig.until(lambda: "!" in rig.text(), "it refuses")
        assert target.read_text() == "precious"
        rig.app.screen.query_one("#export-force", Checkbox).value = True
        rig.app.screen.query_one("#export-digits", Checkbox).value = True
        await rig.pilot.pause()
        assert "[x] overwrite" in rig.text()
        await rig.pilot.press("enter")
        await rig.until(lambda: any("Exported" in notice for notice in rig.notices), "it is written")
        rows = [json.loads(line) for line in target.read_text().splitlines()]
        assert rows
        assert all(row["wa_business"] and not row["wa_number"].startswith("+") for row in rows)


@pytest.mark.parametrize("world", [0.001], indirect=True)
async def test_a_job_of_another_key_is_shown_and_left_alone(start: Start, world: World) -> None:
    world.add_key("another", wavalidation=10)
    async with start() as rig:
        submit(rig, 40)
        await rig.until(lambda: the_job(rig).state is JobState.PROCESSING, "it is sent")
    async with start(key_source=Secret("another"), size=(140, 40)) as rig:
        await rig.until(lambda: "other key" in rig.text(), "it says whose it is")
        assert "1 unfinished job belongs to another key" in rig.text()
        assert not rig.app.snapshot.live
        await rig.pilot.press("enter")
        await rig.until(lambda: "Start pwl-tui with the key of profile" in rig.text(), "it says what to do")
        await rig.pilot.press("R")
        assert any("another key" in notice for notice in rig.notices)


async def test_a_batch_that_the_service_does_not_know_says_what_that_can_mean(
    start: Start, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.02)
    simulator.add_fault(Rule(call="poll", status=404))
    async with start() as rig:
        submit(rig, 40)
        await rig.until(lambda: BatchState.UNREACHABLE in the_job(rig).batches, "it is not found")
        await rig.pilot.press("enter", "left")
        batch = rig.store.batches.of(1)[0]
        assert batch.error is not None
        remedy = batch.error.remedy
        await rig.until(lambda: remedy[:40] in " ".join(rig.text().split()), "the hint is shown")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Rule(call="poll", foreign="html"), "in a format that is not the service's"),
        (Rule(call="poll", status=403, foreign="challenge"), "A firewall in front of the service"),
        (Rule(call="poll", spelling="strangers"), "fits none of its"),
    ],
    ids=["page", "firewall", "strangers"],
)
async def test_answers_that_cannot_be_read_are_said_until_one_is(
    start: Start, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, fault: Rule, words: str
) -> None:
    monkeypatch.setattr("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.5)
    simulator.add_fault(fault)
    async with start(size=(120, 40)) as rig:
        submit(rig, 40)
        await rig.until(lambda: words in " ".join(rig.text().split()), "home says it")
        await rig.pilot.press("enter")
        await rig.until(lambda: words in " ".join(rig.text().split()), "the job says it")
        assert the_job(rig).state is JobState.PROCESSING
        simulator.clear_faults()
        await rig.until(lambda: the_job(rig).state is JobState.COMPLETED, "it is read")
        await rig.until(lambda: words not in " ".join(rig.text().split()), "nothing is wrong any more")
