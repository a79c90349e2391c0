"""Planning in several processes: the same plan, and none of them outlives it."""

import os
import random
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from pwl_tui.lists import plan_subprocess
from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.outcomes import PART_ROWS
from pwl_tui.lists.plan import plan
from pwl_tui.lists.plan_subprocess import plan_in_child
from pwl_tui.lists.processors import usable_processors
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.bench.plan_throughput import messy_list
from tests.e2e.harness import until

LONG = messy_list(2 * PART_ROWS + 100, random.Random(3))
NUMBERS = [f"+4915112{number:06}" for number in random.Random(4).choices(range(6_000), k=PART_ROWS + 50)]
TWO_COLUMNS = "phone,other,country\n" + "".join(
    f"{first},0{other[3:]},DE\n" for first, other in zip(NUMBERS, reversed(NUMBERS), strict=True)
)
IN_TEXT = "".join(f"call {first} or {other}\n" for first, other in pairwise(NUMBERS))

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks at processes as Linux has them"
)


@pytest.fixture(autouse=True)
def _three_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_subprocess, "_WORTH_A_PROCESS_BYTES", 0)
    monkeypatch.setattr(plan_subprocess, "_WORTH_HELPERS_BYTES", 0)
    monkeypatch.setattr(plan_subprocess, "usable_processors", lambda: 3)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (LONG, Options(region="US", delimiter=",")),
        (TWO_COLUMNS, Options(column="phone,other", region_column="country")),
        (IN_TEXT, Options(in_text=True)),
    ],
    ids=["one column", "several columns", "text"],
)
def test_parts_that_are_read_by_helpers_make_the_same_plan(text: str, options: Options) -> None:
    source = Source.from_text(text)
    alone = plan(source, options)
    assert alone.rows > PART_ROWS
    assert alone.duplicates
    assert plan_in_child(source, options) == alone


def test_what_breaks_off_the_reading_is_told_with_helpers_too() -> None:
    source = Source.from_text(LONG + '1,"Ada,+14155552671\n')
    with pytest.raises(ListError, match="is never closed"):
        plan_in_child(source, Options(region="US", delimiter=","))


def descendants(process: int) -> set[int]:
    """Return the processes that come from one, without those that have ended."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if state != "Z":
            parents[int(path.parent.name)] = int(parent)
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def alive(processes: set[int]) -> bool:
    """Return whether any of some processes is still at work."""
    return any(stat.exists() and ") Z" not in stat.read_text() for stat in map(_stat, processes))


def _stat(process: int) -> Path:
    return Path(f"/proc/{process}/stat")


@needs_proc
def test_a_helper_that_is_killed_is_explained_and_no_process_stays() -> None:
    seen = set[int]()

    def kill_one(*_: int) -> None:
        processes = descendants(os.getpid())
        if not seen and len(processes) == 1 + 3:
            seen.update(processes)
            os.kill(max(processes), signal.SIGKILL)

    with pytest.raises(ListError, match="The system stopped the planning"):
        plan_in_child(Source.from_text(LONG * 8), Options(region="US", delimiter=","), progress=kill_one)
    assert len(seen) == 4
    until(lambda: not alive(seen), "the end of all processes")


@needs_proc
def test_helpers_end_when_the_plan_is_canceled() -> None:
    seen = set[int]()

    def cancelled() -> bool:
        seen.update(descendants(os.getpid()))
        return len(seen) > 3

    with pytest.raises(PlanCancelledError):
        plan_in_child(Source.from_text(LONG * 8), Options(region="US", delimiter=","), cancelled=cancelled)
    until(lambda: not alive(seen), "the end of all processes")


PLANS = """
import sys
from pwl_tui.lists import plan_subprocess
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
plan_subprocess._WORTH_HELPERS_BYTES = 0
plan_subprocess.usable_processors = lambda: 2
source = Source.from_stream(sys.stdin.buffer, "list")
plan_subprocess.plan_in_child(source, Options(region="US", delimiter=","))
"""


@needs_proc
@pytest.mark.slow
def test_helpers_end_when_the_program_is_killed() -> None:
    program = subprocess.Popen([sys.executable, "-c", PLANS], stdin=subprocess.PIPE)
    assert program.stdin is not None
    program.stdin.write((LONG * 20).encode())
    program.stdin.close()
    until(lambda: len(descendants(program.pid)) == 1 + 2, "helpers")
    seen = descendants(program.pid)
    program.kill()
    program.wait()
    until(lambda: not alive(seen), "the end of all processes")


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({}, 64),
        ({"a/b": "max 100000", "a": "150000 100000"}, 2),
        ({"a/b": "50000 100000", "a": "max 100000"}, 1),
        ({"a/b": "what is this"}, 64),
    ],
    ids=["no group", "of the group above", "less than one", "unreadable"],
)
def test_a_container_may_use_only_its_share_of_the_processors(
    limits: dict[str, str], most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group, limit in limits.items():
        (tmp_path / group).mkdir(parents=True, exist_ok=True)
        (tmp_path / group / "cpu.max").write_text(limit)
    own = tmp_path / "cgroup"
    own.write_text("0::/a/b\n")
    for name in ("sched_getaffinity", "process_cpu_count"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert usable_processors(tmp_path, own) == most
