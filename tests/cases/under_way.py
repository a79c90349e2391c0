"""The same numbers brought again before their first job is finished: what is paid, and who gets answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.models import Job
from tests.cases.case import Case
from tests.unit.fake_service import (
    FIRST,
    SILENT,
    Clock,
    failing,
    finish,
    make_engine,
    make_service,
    make_submitter,
    open_store,
)

_SIZE = 612
_REFUSED = Problem(kind=Kind.FORBIDDEN, status=403, message="no", charged="no", remedy="ask")


class _Machine:
    """A state file, a service and one key."""

    def __init__(self, directory: Path) -> None:
        self.clock = Clock()
        self.service = make_service(self.clock)
        self.store = open_store(directory)
        self.engine = make_engine(self.store, self.service, self.clock)

    def plan(self, *, days: int | None = None, sample: int | None = None, size: int = _SIZE) -> JobPlan:
        text = "".join(f"+{FIRST + index}\n" for index in range(size))
        return self.engine.plans.for_list(Source.from_text(text), AS_THEY_ARE, reuse_days=days, sample=sample)

    def create(self, plan: JobPlan | None = None) -> Job:
        return self.engine.jobs.create(plan or self.plan(), name="list")

    def send(self, problem: Problem | None = None) -> None:
        self.service.before = failing(problem) if problem else lambda: None
        make_submitter(self.store, self.service, self.clock).send_next()
        self.service.before = lambda: None

    def finish(self) -> None:
        finish(self.store, self.service, self.clock)

    def paid(self) -> str:
        return f"{sum(charge.amount for charge in self.service.world.ledger)} paid"

    def answered(self) -> str:
        """Return how many answers each job has, the oldest first, and what it left out."""
        jobs = reversed(self.store.jobs.all())
        return ", ".join(
            f"{job.counts.answered}" + (f" (left out {job.left_out})" if job.left_out else "") for job in jobs
        )


def _on(play: Callable[[_Machine], str]) -> Callable[[Path], str]:
    def get(directory: Path) -> str:
        machine = _Machine(directory)
        try:
            return play(machine)
        finally:
            machine.engine.close()
            machine.store.close()

    return get


def _planned_again(machine: _Machine, *, pause: bool = False, problem: Problem | None = None) -> str:
    job = machine.create()
    if pause:
        machine.engine.jobs.pause(job.id)
    if problem is not None:
        machine.send(problem)
    plan = machine.plan(size=700)
    return f"{plan.to_pay} to pay, {plan.under_way} under way in {list(plan.under_way_in)}"


def _four_at_once(machine: _Machine) -> str:
    for plan in [machine.plan() for _ in range(4)]:
        machine.create(plan)
    machine.finish()
    return f"{machine.paid()}; {machine.answered()}"


def _chain(machine: _Machine) -> str:
    for size in (300, 612, 612):
        machine.create(machine.plan(size=size))
    followed = machine.store.jobs.all()[0].follows
    machine.finish()
    return f"{machine.paid()}; the third follows {list(followed)}; {machine.answered()}"


def _not_reused(machine: _Machine) -> str:
    machine.create()
    plan = machine.plan(days=0)
    machine.create(planning.pay_again(plan))
    machine.finish()
    asked = "asked" if plan.asks else "not asked"
    return f"{asked} about {plan.under_way}; {machine.paid()}"


def _sample(machine: _Machine) -> str:
    machine.create(machine.plan(size=600))
    plan = machine.plan(days=0, sample=5)
    return f"{plan.to_pay} to pay, {plan.under_way} under way, {plan.left_out} left out, asks: {plan.asks}"


def _rejected(machine: _Machine) -> str:
    first = machine.create()
    machine.create()
    machine.send(_REFUSED)
    machine.create()
    machine.engine.jobs.resume(first.id)
    machine.finish()
    return f"{machine.paid()}; {machine.answered()}"


CASES: Sequence[Case] = (
    Case("a list again, overlapping", "88 to pay, 612 under way in [1]", _on(_planned_again)),
    Case(
        "again while the first job is paused",
        "88 to pay, 612 under way in [1]",
        _on(lambda machine: _planned_again(machine, pause=True)),
    ),
    Case(
        "again while the first batch is in doubt",
        "88 to pay, 612 under way in [1]",
        _on(lambda machine: _planned_again(machine, problem=SILENT)),
    ),
    Case(
        "again after the first batch was refused",
        "700 to pay, 0 under way in []",
        _on(lambda machine: _planned_again(machine, problem=_REFUSED)),
    ),
    Case("four times at one moment", "612 paid; 612, 612, 612, 612", _on(_four_at_once)),
    Case("a job that follows a follower", "612 paid; the third follows [1, 2]; 300, 612, 612", _on(_chain)),
    Case("again without reuse, by decision", "asked about 612; 1224 paid", _on(_not_reused)),
    Case(
        "a sample of what is mostly under way",
        "5 to pay, 600 under way, 7 left out, asks: False",
        _on(_sample),
    ),
    Case(
        "a refused batch is resumed after the list was brought again",
        "612 paid; 612, 0 (left out 612), 612",
        _on(_rejected),
    ),
)
