"""Retry, adopt and forget: what they ask, what they do, and what they say."""

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.simulator.demo import DEMO_KEY
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from pwl_tui.state.models import BatchState, JobState
from pwl_tui.ui.dialogs.adopt import IdsInput
from pwl_tui.ui.screens.account_commands import adopted_words
from tests.ui.conftest import NUMBERS, Rig, Start

READABLE = [f"+1415555{number:04}" for number in range(100, 300)]


def create(rig: Rig, numbers: str, name: str = "crm") -> None:
    source = Source.from_text(numbers, name)
    rig.engine.jobs.create(
        rig.engine.plans.for_list(source, Options(numbers="possible"), reuse_days=0), name=name
    )


async def question(rig: Rig) -> None:
    await rig.until(lambda: rig.screen_name == "Ask", "it asks")


# -- retry


async def test_failed_numbers_become_a_job_that_is_linked_to_the_old(start: Start, world: World) -> None:
    async with start() as rig:
        create(rig, "\n".join(READABLE))
        await rig.finished()
        failed = rig.store.jobs.get(1).counts.failed
        assert failed
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("R")
        await question(rig)
        text = " ".join(rig.text().split())
        assert f"{failed} failed number" in text
        assert f"This costs {failed} credit" in text
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "no is the default")
        assert len(world.ledger) == 1
        await rig.pilot.press("R")
        await question(rig)
        await rig.pilot.press("y")
        await rig.until(lambda: len(rig.store.jobs.all()) == 2, "the new job is there")
        await rig.until(lambda: not rig.store.jobs.get(2).unfinished, "and asks")
        await rig.until(lambda: "crm retry" in rig.text(), "it is shown")
        await rig.pilot.press("home", "enter")
        await rig.until(lambda: "retry of job 1" in rig.text(), "it says whose")
        await rig.pilot.press("escape", "end", "enter")
        await rig.until(lambda: "retried in job 2" in rig.text(), "and the old says where")
    assert [charge.amount for charge in world.ledger] == [len(READABLE), failed]


async def test_rejected_batches_are_sent_again_within_their_job(
    start: Start, simulator: Simulator, world: World
) -> None:
    simulator.add_fault(Rule(call="submit", status=400, times=1, body={"error": "No."}))
    async with start() as rig:
        create(rig, NUMBERS)
        await rig.until(lambda: BatchState.REJECTED in rig.store.jobs.get(1).batches, "it is rejected")
        await rig.until(lambda: "attention" in rig.text(), "it is shown")
        await rig.pilot.press("enter", "R")
        await question(rig)
        assert "1 rejected batch with 3 numbers will be sent again" in " ".join(rig.text().split())
        await rig.pilot.press("y")
        await rig.finished()
    assert [charge.amount for charge in world.ledger] == [3]


async def test_a_retry_above_the_threshold_is_typed(start: Start) -> None:
    async with start(confirm_above=1) as rig:
        create(rig, "\n".join(READABLE))
        await rig.finished()
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("R")
        await rig.until(lambda: rig.screen_name == "Typed", "the credits are to be typed")


@pytest.mark.parametrize(("may_spend", "words"), [(True, "Nothing in crm failed"), (False, "--no-spend")])
async def test_a_retry_that_cannot_be_says_why(start: Start, may_spend: bool, words: str) -> None:
    async with start() as rig:
        create(rig, "+14155552671\n")
        await rig.finished()
    async with start(may_spend=may_spend) as rig:
        await rig.until(lambda: "crm" in rig.text(), "it is shown")
        await rig.pilot.press("R")
        assert any(words in notice for notice in rig.notices)


# -- forget


async def test_a_finished_job_is_forgotten_after_a_question(start: Start) -> None:
    async with start() as rig:
        create(rig, NUMBERS)
        await rig.finished()
        await rig.until(lambda: "completed" in rig.text(), "it is shown")
        await rig.pilot.press("enter", "F")
        await question(rig)
        await rig.pilot.press("enter")
        await rig.until(lambda: rig.screen_name == "JobScreen", "no is the default")
        await rig.pilot.press("F")
        await question(rig)
        await rig.pilot.press("y")
        await rig.until(lambda: rig.screen_name == "HomeScreen", "its screen is left")
        await rig.until(lambda: "No jobs yet" in rig.text(), "it is gone")
        assert "crm was deleted." in rig.notices
        await rig.pilot.press("L")
        await rig.until(lambda: "3 credits spent in 1 charge" in rig.text(), "the ledger keeps it")


@pytest.mark.parametrize("world", [0.001], indirect=True)
async def test_a_job_under_way_is_not_forgotten(start: Start) -> None:
    async with start() as rig:
        create(rig, NUMBERS)
        await rig.until(lambda: "processing" in rig.text(), "it is under way")
        await rig.pilot.press("F")
        assert "crm is not finished: forgetting it now could lose results you paid for." in rig.notices


# -- adopt


async def test_pasted_ids_become_a_job_and_wrong_ones_are_named(
    start: Start, simulator: Simulator, world: World
) -> None:
    ids = [world.submit(DEMO_KEY, [number])[1]["batch_id"] for number in READABLE[:2]]
    async with start() as rig:
        await rig.pilot.press("A")
        await rig.until(lambda: rig.screen_name == "AdoptDialog", "they are asked for")
        button = rig.app.screen.query_one("#submit", Button)
        assert button.disabled
        rig.app.screen.query_one(IdsInput).post_message(
            Paste(f'{ids[0]}\n"{ids[1]}",\r\nnonsense\n{ids[0]}\n')
        )
        await rig.until(lambda: not button.disabled, "there are some")
        simulator.add_fault(Rule(call="poll", delay=1.0, times=1))
        await rig.pilot.press("enter", *"found", "enter")
        await rig.until(lambda: "adopting batch" in rig.text(), "it says how far it is")
        await rig.finished()
        await rig.until(lambda: any("Adopted as job 1." in notice for notice in rig.notices), "it is said")
        assert any("1 failed: nonsense: Batch not found" in notice for notice in rig.notices)
        job = rig.store.jobs.get(1)
        assert (job.name, job.numbers, job.state) == ("found", 2, JobState.COMPLETED)


async def test_what_only_the_journal_knows_is_told_and_taken_over(start: Start) -> None:
    async with start() as rig:
        create(rig, NUMBERS)
        await rig.finished()
        rig.engine.jobs.forget(1)
        entry = rig.store.journal.entries()[0]
        assert rig.engine.recovery.unadopted() == []
        with rig.store._database.transaction() as c:  # noqa: SLF001 - as in an older copy of the state file
            c.execute("DELETE FROM forgotten")
            c.execute("DELETE FROM charges")
    async with start(size=(80, 24)) as rig:
        await rig.until(lambda: "1 batch in the journal is paid for" in rig.text(), "it is noticed")
        await rig.pilot.press("A")
        await rig.until(lambda: "Adopt 1 batch from the journal" in rig.text(), "it is offered")
        await rig.pilot.press("enter")
        await rig.until(lambda: len(rig.store.jobs.all()) == 1, "it is a job again")
        assert rig.store.batches.of(rig.store.jobs.all()[0].id)[0].batch_id == entry.batch_id
        await rig.until(lambda: "in the journal" not in rig.text(), "the notice is gone")


async def test_with_nothing_in_the_journal_only_ids_can_be_given(start: Start) -> None:
    async with start(size=(60, 20)) as rig:
        await rig.pilot.press("A")
        await rig.until(lambda: "no other batches to adopt" in rig.text(), "it says so")
        assert isinstance(rig.app.focused, Input)
        await rig.pilot.press("escape")
        assert rig.screen_name == "HomeScreen"


PROBLEM = Problem(kind=Kind.NOT_FOUND, message="Gone.", remedy="Look again.")


@pytest.mark.parametrize(
    ("adopted", "words"),
    [
        (Adopted(jobs=[3, 4]), "Adopted as job 3, job 4."),
        (Adopted(known=2), "No batch was adopted. 2 batches already known."),
        (Adopted(jobs=[1], foreign=1), "Adopted as job 1. 1 batch of another key skipped."),
        (
            Adopted(failed=[(f"id-{n}", PROBLEM) for n in range(5)]),
            "No batch was adopted. 5 failed: id-0: Gone. id-1: Gone. id-2: Gone. And 2 more.",
        ),
    ],
)
def test_what_came_of_it_is_one_line(adopted: Adopted, words: str) -> None:
    assert adopted_words(adopted) == words
