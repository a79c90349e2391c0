import pytest

from pwl_tui.state.files.host import Host
from pwl_tui.state.models import JobState
from pwl_tui.state.store import Store
from tests.ui.conftest import NUMBERS, Start


@pytest.fixture
def moved(start: Start) -> Start:
    """A state directory that was used on another machine, and the program on this one."""
    start.store.close()
    start.store = Store.open(start.directory / "state", host=Host("another", "another"))
    (start.directory / "list.txt").write_text(NUMBERS)
    return start


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_a_moved_directory_is_asked_about_at_once_and_may_wait(
    moved: Start, size: tuple[int, int]
) -> None:
    async with moved(size=size) as rig:
        await rig.until(lambda: rig.screen_name == "Ask", "the question appears")
        assert "belongs to" in rig.text()
        await rig.pilot.press("n")
        await rig.until(lambda: "to decide what it is" in rig.text(), "the notice stays")
        rig.form.start(str(moved.directory / "list.txt"))
        await rig.planned()
        await rig.pilot.press("ctrl+s")
        assert rig.store.jobs.all() == []


async def test_once_decided_it_sends(moved: Start) -> None:
    async with moved() as rig:
        await rig.until(lambda: rig.screen_name == "Ask", "the question appears")
        await rig.pilot.press("n", "s")
        await rig.until(lambda: rig.screen_name == "Ask", "the question appears again")
        await rig.pilot.press("m")
        await rig.until(lambda: "to decide" not in rig.text(), "it is decided")
        rig.form.start(str(moved.directory / "list.txt"))
        await rig.submitted()
        await rig.pilot.press("y")
        await rig.until(
            lambda: [job.state for job in rig.store.jobs.all()] == [JobState.COMPLETED], "it is sent"
        )
