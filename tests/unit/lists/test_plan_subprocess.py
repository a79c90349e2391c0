import random
import sys

import pytest

from pwl_tui.lists import plan_subprocess
from pwl_tui.lists.errors import ListError, PlanCancelledError
from pwl_tui.lists.plan import plan
from pwl_tui.lists.plan_subprocess import plan_in_child
from pwl_tui.lists.planned import NoNumbersError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.bench.plan_throughput import messy_list


@pytest.fixture(autouse=True)
def _all_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_subprocess, "_WORTH_A_PROCESS_BYTES", 0)


def test_a_child_process_makes_the_same_plan_and_reports_progress() -> None:
    source, told = Source.from_text(messy_list(6_000, random.Random(1))), list[tuple[int, int]]()
    here = plan(source, Options(region="US"))
    assert plan_in_child(source, Options(region="US"), progress=lambda *so_far: told.append(so_far)) == here
    assert told[-1] == (source.size, source.size)
    assert plan_in_child(source, here.reading) == here


def test_a_child_process_raises_the_same_errors() -> None:
    source = Source.from_text("phone,name\nn/a,Ada\n(212) 736-5000,Bo\n")
    with pytest.raises(NoNumbersError) as here:
        plan(source, Options())
    with pytest.raises(NoNumbersError) as there:
        plan_in_child(source, Options())
    assert (there.value.problem, there.value.plan) == (here.value.problem, here.value.plan)
    assert there.value.plan.reasons == {"not a number": 1, "no country code": 1}
    with pytest.raises(ListError, match="There is no column 'fax'"):
        plan_in_child(source, Options(column="fax"))


def test_a_plan_in_a_child_process_can_be_canceled() -> None:
    with pytest.raises(PlanCancelledError):
        plan_in_child(Source.from_text("+14155552671\n"), Options(), cancelled=lambda: True)


def test_a_child_process_that_dies_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(ListError, match="The system stopped the planning"):
        plan_in_child(Source.from_text("+14155552671\n" * 100_000), Options())
