"""One world: lists, a service with faults, and a program that is killed again and again; then the books."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.garble import GARBLES
from pwl_tui.simulator.server import Simulator
from tests.crash import reconcile
from tests.crash.books import Books
from tests.crash.child_process import HALF_A_LINE
from tests.crash.counts import Tally
from tests.crash.machine import Kill, Machine
from tests.crash.user import Person, StuckError, wished
from tests.e2e.harness import Place, messy_csv, place

_FAULTY_SHARE = 0.7
_RESTORED_SHARE = 0.5
_LATE = 1.2
"""Seconds: longer than a hurried client waits."""
_HTML = "<html><title>502 Bad Gateway</title></html>"
_AT_ONCE = {"Retry-After": "0"}

_FAULTS = (
    *(Rule(call="submit", cut=cut) for cut in ("before", "after", "middle")),
    Rule(call="submit", cut="after"),
    Rule(call="submit", status=500),
    Rule(call="submit", status=500, work=True),
    Rule(call="submit", status=502, body=_HTML),
    Rule(call="submit", foreign="html"),
    *(Rule(call="submit", garbled=kind) for kind in GARBLES),
    Rule(call="submit", delay=_LATE),
    Rule(call="submit", status=503, delay=_LATE),
    Rule(call="submit", status=429, headers=_AT_ONCE),
    Rule(call="submit", status=401),
    *(Rule(call="poll", cut=cut) for cut in ("before", "after", "middle")),
    Rule(call="poll", status=500),
    Rule(call="poll", status=502, body=_HTML),
    Rule(call="poll", status=404),
    Rule(call="poll", status=429, headers=_AT_ONCE),
    Rule(call="poll", foreign="empty"),
    Rule(call="poll", status=403, foreign="challenge"),
    Rule(call="poll", spelling="whatsapp"),
    Rule(call="poll", spelling="strangers"),
    Rule(call="poll", garbled="latin-1"),
    Rule(call="poll", garbled="result"),
    Rule(call="poll", garbled="cut"),
    Rule(call="poll", delay=_LATE),
    Rule(call="balance", cut="before"),
    Rule(call="balance", status=500),
    Rule(call="balance", foreign="html"),
    Rule(call="balance", delay=_LATE),
)
"""What may go wrong at the service or on the way to it."""


@dataclass(frozen=True)
class Attempt:
    """One go at the work.

    Attributes:
        kill: of the process that goes on with the work.
        companion: of a second process that works at the same time; none: there is none.
        settling: of the commands that settle what the first left in doubt; none: they live.
    """

    kill: Kill
    companion: Kill | None
    settling: Kill | None


@dataclass(frozen=True)
class Plan:
    """What happens to one world; drawn from a seed, and nothing else.

    Attributes:
        seed: it.
        rows: of each list that is brought.
        copies: how many more times the first list is brought, at the same moment if two processes work.
        rate: numbers a second that the service answers.
        delay: seconds that a submission takes, so that kills fall into the paid call, too.
        faults: what goes wrong; none: nothing, and the program's own time-outs and pauses are in force.
        attempts: in order; those that the work does not need are left out.
        worker: whether the lists are accepted first, and then the background worker is killed.
        restored: after how many more attempts a backup of the state directory is put back that was made once
            all lists were jobs; none: there is no backup.
    """

    seed: str
    rows: tuple[int, ...]
    copies: int
    rate: float
    delay: float
    faults: tuple[Rule, ...]
    attempts: tuple[Attempt, ...]
    worker: bool = False
    restored: int | None = None

    @classmethod
    def draw(cls, seed: str, attempts: int, *, worker: bool = False) -> "Plan":
        chance = random.Random(seed)
        faulty = chance.random() < _FAULTY_SHARE
        rules = draw_faults(chance, chance.randrange(3, 9) if faulty else 0)
        copies = chance.choice((0, 0, 1, 3))
        return cls(
            seed,
            tuple(chance.choice((40, 1_300, 2_600, 3_900)) for _ in range(chance.randrange(1, 4))),
            copies,
            chance.choice((1_000.0, 3_000.0, 30_000.0)),
            chance.uniform(0.02, 0.15),
            tuple(rules),
            tuple(_attempt(chance, paired=copies > 0 and not worker) for _ in range(attempts)),
            worker,
            # An export by itself would be done once more, and rightly so.
            chance.randrange(1, 5) if chance.random() < _RESTORED_SHARE and not worker else None,
        )


def _attempt(chance: random.Random, *, paired: bool) -> Attempt:
    return Attempt(
        draw_kill(chance),
        draw_kill(chance) if paired or chance.random() < 0.25 else None,
        Kill("step", chance.randrange(1, 9)) if chance.random() < 0.3 else None,
    )


def draw_faults(chance: random.Random, count: int) -> list[Rule]:
    """Return so many faults of the service, each for a call or two."""
    return [
        replace(rule, after=chance.randrange(12), times=chance.randrange(1, 3))
        for rule in chance.sample(_FAULTS, count)
    ]


def draw_kill(chance: random.Random) -> Kill:
    """Return when to kill a process."""
    match chance.choice(("moment", "request", "request", "step", "step")):
        case "moment":
            return Kill("moment", chance.uniform(0.1, 1.0))
        case "request":
            return Kill("request", chance.randrange(1, 9))
        case _:
            return Kill("step", 1 + int(chance.expovariate(1 / 12)))


class Backups:
    """A backup of the state directory of one machine, and when it is put back.

    Args:
        machine: where.
        after: how many attempts after it was made; none: it is not made.
    """

    def __init__(self, machine: Machine, after: int | None) -> None:
        self._machine = machine
        self._left = after
        self._backup: Path | None = None

    def after_attempt(self, *, all_are_jobs: bool) -> None:
        """Make the backup as soon as all lists are jobs, or put it back when it is time."""
        if self._backup is not None:
            self._left = (self._left or 0) - 1
            if self._left == 0:
                self.put_back()
        elif self._left and all_are_jobs:
            self._backup = self._machine.back_up()

    def put_back(self) -> None:
        """Put the backup back, unless that was done."""
        if self._backup is not None:
            self._machine.put_back(self._backup)
        self._backup, self._left = None, None


def run(plan: Plan, directory: Path, tally: Tally) -> list[str]:
    """Play one world to its end.

    Args:
        plan: what happens.
        directory: of the machine; made.
        tally: where it is counted.

    Returns:
        A sentence for everything that is not as it should be.
    """
    with place(directory, rate=plan.rate) as here:
        lists = bring(directory, plan.rows, plan.seed, plan.copies)
        tally.add("lists", "brought several times" if plan.copies else "brought once")
        machine = Machine(here, tally, hurried=bool(plan.faults))
        tally.add("worlds", "with faults" if plan.faults else "with kills only")
        try:
            _survive(plan, machine, list(lists))
        except (StuckError, TimeoutError) as error:
            return [*machine.complaints, str(error)]
        return check(machine, lists, wishes=plan.worker)


def _survive(plan: Plan, machine: Machine, lists: list[Path]) -> None:
    """Bring the lists of a plan to their end, through all that it has in store."""
    simulator = machine.place.simulator
    for rule in (*plan.faults, Rule(call="submit", delay=plan.delay)):
        simulator.add_fault(rule)
    # A backup has forgotten whatever was decided since, right or wrong. So only what is right is decided.
    chance = None if plan.restored else random.Random(f"{plan.seed}/person")
    person = Person(machine, lists, chance, worker=plan.worker)
    backups = Backups(machine, plan.restored)
    if plan.worker:
        for submit in person.commands[: len(lists)]:
            person.note(machine.kill(machine.start(*submit), Kill("request", 2)))
    for attempt in plan.attempts:
        work = zip((attempt.kill, attempt.companion), person.commands, strict=False)
        started = [(machine.start_to_die(kill, *command), kill) for kill, command in work if kill]
        if len(started) > 1:
            machine.tally.add(
                "pairs at the same time", " and ".join(command[0] for command in person.commands[:2])
            )
        ended = [machine.kill(process, kill) for process, kill in started]
        left = [person.react(ran, attempt.settling) for ran in ended]
        backups.after_attempt(all_are_jobs=person.has_brought_all)
        if not any(left):
            break
    backups.put_back()
    simulator.clear_faults()
    person.finish()


def check(
    machine: Machine,
    lists: Mapping[Path, Sequence[str | None]],
    *,
    exports: bool = True,
    wishes: bool = False,
) -> list[str]:
    """Compare the books of a machine on which everything is done, and count what happened there.

    Args:
        machine: the machine, with all its processes ended.
        lists: those that became jobs, with the E.164 of each of their rows.
        exports: whether to export each job and to compare what comes out, too.
        wishes: whether each job was also to be exported by itself.

    Returns:
        A sentence for everything that is not as it should be.
    """
    here, tally, books = machine.place, machine.tally, machine.books
    machine.quiet()
    machine.run("jobs")  # whoever looks for batches in no job completes the second copy
    torn = tally.count("steps", HALF_A_LINE)
    found = reconcile.violations(here.world, books, list(lists.values()), torn)
    if exports:
        found += check_exports(machine, lists, shared_among(lists))
    if wishes:
        found += check_wishes(machine, lists)
    tell_of(books, here.simulator, tally)
    return [*machine.complaints, *found, *check_second_copy(here)]


def shared_among(lists: Mapping[Path, Sequence[str | None]]) -> set[str]:
    """Return the numbers that several lists have."""
    several = Counter(number for wanted in lists.values() for number in set(wanted) if number)
    return {number for number, times in several.items() if times > 1}


def check_exports(
    machine: Machine, lists: Mapping[Path, Sequence[str | None]], shared: set[str]
) -> list[str]:
    """Export jobs, and compare each with its list and the truth.

    Args:
        machine: where.
        lists: those of the jobs, with the E.164 of each of their rows.
        shared: numbers of several lists, or that were looked up.

    Returns:
        A sentence for everything that is not as it should be.
    """
    here, jobs = machine.place, reconcile.job_names(machine.books)
    accounts, found = reconcile.accounts(here.world, reconcile.read_batches(machine.books)), []
    for path, wanted in lists.items():
        job = jobs[path.stem]
        lost = {number for its, charge in accounts.lost if its == job for number in charge.numbers}
        answers = path.with_suffix(".answers.csv")
        exported = machine.run("export", str(job), "-o", str(answers))
        if answers.exists():
            found += reconcile.export_violations(here.world, path, answers, wanted, lost, shared)
        else:
            found.append(f"{path.stem} cannot be exported: {exported.err}")
    return found


def check_wishes(machine: Machine, lists: Iterable[Path]) -> list[str]:
    """Compare what was exported by itself with what `check_exports` has exported."""
    found, jobs = [], reconcile.job_names(machine.books)
    for path in lists:
        answers = path.with_suffix(".answers.csv")
        found += reconcile.wish_violations(machine.books, jobs[path.stem], wished(path), answers)
        machine.tally.add(
            "exports by themselves", "in their own list" if wished(path).exists() else "missing"
        )
    return [*found, *(f"{left.name} was left behind" for left in machine.place.directory.glob(".*.part"))]


def check_second_copy(here: Place) -> list[str]:
    """Return a sentence for each line of the journal that its second copy lacks."""
    journal = here.state / "journal.log"
    lines = reconcile.lacking(journal, here.second_copy) if journal.exists() else []
    return [f"the journal's second copy lacks {line!r}" for line in lines]


def tell_of(books: Books, simulator: Simulator, tally: Tally) -> None:
    """Count what has happened, by the books and by what the service was asked."""
    for batch in reconcile.read_batches(books):
        tally.add("batches", batch.state)
    for event, times in reconcile.events(books).items():
        tally.add("events", event, times)
    for request in simulator.requests:
        if request.call != "other":
            tally.add("requests", f"{request.call} {'cut' if request.cut else request.status}")


def bring(directory: Path, rows: Sequence[int], seed: str, copies: int = 0) -> dict[Path, list[str | None]]:
    """Write a list for each number of rows, and copies of the first one.

    Returns:
        The lists with the E.164 of each of their rows.
    """
    lists = {}
    for index, size in enumerate(rows):
        text, numbers = messy_csv(size, seed=random.Random(f"{seed}/{index}").randrange(2**32))
        names = [f"list-{index}", *(f"copy-{copy}" for copy in range(copies if index == 0 else 0))]
        for path in (directory / f"{name}.csv" for name in names):
            path.write_text(text)
            lists[path] = numbers
    return lists
