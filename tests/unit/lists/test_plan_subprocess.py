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


def test_another_process_finds_the_same_and_tells_how_far_it_is() -> None:
    source, told = Source.from_text(messy_list(6_000, random.Random(1))), list[tuple[int, int]]()
    here = plan(source, Options(region="US"))
    assert plan_in_child(source, Options(region="US"), progress=lambda *so_far: told.append(so_far)) == here
    assert told[-1] == (source.size, source.size)
    assert plan_in_child(source, here.reading) == here


def test_what_is_wrong_with_a_list_comes_back_as_it_is_here() -> None:
    source = Source.from_text("phone,name\nn/a,Ada\n(212) 736-5000,Bo\n")
    with pytest.raises(NoNumbersError) as here:
        plan(source, Options())
    with pytest.raises(NoNumbersError) as there:
        plan_in_child(source, Options())
    assert (there.value.problem, there.value.plan) == (here.value.problem, here.value.plan)
    assert there.value.plan.reasons == {"not a number": 1, "no country code": 1}
    with pytest.raises(ListError, match="There is no column 'fax'"):
        plan_in_child(source, Options(column="fax"))


def test_it_can_be_given_up() -> None:
    with pytest.raises(PlanCancelledError):
        plan_in_child(Source.from_text("+14155552671\n"), Options(), cancelled=lambda: True)


def test_a_process_that_dies_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(ListError, match="The system stopped the planning"):
        plan_in_child(Source.from_text("+14155552671\n" * 100_000), Options())
