"""One world of several machines that share a database: all are killed and cut off at once; then the books.

Each machine has a state directory, a host name, lists and a person of its own, and a line of its own to the
database, which is killed and started again now and then. Their lists overlap, some numbers fail, and people
retry those, look some of the others up, and adopt what their journals know.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pwl_tui.config.tables import STATE_URL_VARIABLE
from pwl_tui.simulator.faults import Rule
from tests.crash import reconcile
from tests.crash.books import Books
from tests.crash.child_process import HALF_A_LINE, HOST_NAME
from tests.crash.counts import Tally
from tests.crash.line import SIDES, WAYS, Line
from tests.crash.machine import PATIENCE_SECONDS, Kill, Machine
from tests.crash.scenario import (
    check_exports,
    check_second_copy,
    check_wishes,
    draw_faults,
    draw_kill,
    shared_among,
    tell_of,
)
from tests.crash.server import Server, server
from tests.crash.user import Person, StuckError
from tests.e2e.harness import Place, messy_csv, place

ADOPT = ("adopt", "--journal", "--json")
_SCHEMA = "team"
_FAILING = 0.05
"""The share of the numbers that get no answer."""
_PHASES = 5
_TURNS = 2
"""What each machine does in a phase; between phases, people settle what is in doubt."""
_PLANNING = frozenset({"submit", "retry"})
_BELATED_SHARE = 0.2
_LATE = Kill("moment", 3.0)
_LOOK_SECONDS = 0.02
_LOOKS = 100
_FAILURES = ("cut", "cut", *["message"] * 6, "strand", "strand", "strand", "swallow", "slow", "database")
"""What happens to a line, or to the database."""


@dataclass(frozen=True)
class Host:
    """One machine of the team, with its person.

    Attributes:
        name: its host name.
        machine: it.
        person: whoever works on it.
        line: to the database.
        lists: what the person brings, with the E.164 of each row.
        chance: decides what happens on it.
    """

    name: str
    machine: Machine
    person: Person
    line: Line
    lists: dict[Path, list[str | None]]
    chance: random.Random


def run(seed: str, hosts: int, directory: Path, tally: Tally, *, phases: int = _PHASES) -> list[str]:
    """Play one world to its end.

    Args:
        seed: what happens is drawn from it.
        hosts: how many machines.
        directory: of all of them; made.
        tally: where it is counted.
        phases: how often all work, and people settle what is in doubt then.

    Returns:
        A sentence for everything that is not as it should be.
    """
    tally.add("worlds", f"with {hosts} machines")
    with gathered(seed, hosts, directory, tally) as team:
        try:
            team.spoil_service()
            for _ in range(phases):
                team.work()
                team.settle()
            team.come_to_rest()
            found = team.check()
        except (StuckError, TimeoutError) as error:
            found = [*team.complaints, str(error)]
        if found:
            team.keep_database()
        return found


@contextmanager
def gathered(seed: str, hosts: int, directory: Path, tally: Tally) -> "Iterator[Team]":
    """Yield several machines that share a new database and have done nothing yet; see `run`."""
    chance = random.Random(seed)
    rate = chance.choice((1_000.0, 3_000.0, 30_000.0))
    with server() as database, place(directory, rate=rate, failing=_FAILING) as here, ExitStack() as lines:
        team = Team(here, database, hosts, chance, tally, lines)
        yield team
        for host in team.hosts:
            tally.merge(host.machine.tally)


class Team:
    """Several machines on one database.

    Args:
        here: where their directories are, and the service.
        database: the server.
        hosts: how many machines.
        chance: decides what happens.
        tally: where it is counted.
        cleanup: ends the lines.
    """

    def __init__(
        self,
        here: Place,
        database: Server,
        hosts: int,
        chance: random.Random,
        tally: Tally,
        cleanup: ExitStack,
    ) -> None:
        self._here = here
        self._database = database
        self._chance = chance
        self._tally = tally
        names = [f"host-{index}" for index in range(1, hosts + 1)]
        states = tuple(here.directory / name / "state" for name in names)
        self._books = Books(states, database.url(_SCHEMA))
        text, wanted = messy_csv(chance.choice((60, 400, 1_500)), chance.randrange(2**32))
        head, *rows = text.splitlines()
        self._pool = list(zip(rows, wanted, strict=True))
        self._head = head
        self.hosts = [self._host(index, name, cleanup) for index, name in enumerate(names)]

    @property
    def complaints(self) -> list[str]:
        """What the program must not say, and said."""
        return [complaint for host in self.hosts for complaint in host.machine.complaints]

    def spoil_service(self) -> None:
        """Let the service be slow with paid calls, and some calls fail."""
        rules = draw_faults(self._chance, self._chance.randrange(0, 6))
        for rule in (*rules, Rule(call="submit", delay=self._chance.uniform(0.02, 0.3))):
            self._here.simulator.add_fault(rule)

    def work(self) -> None:
        """Let all machines work at the same time, be killed, and lose their lines."""
        with self._trouble():
            self._all_at_once(self._take_turns)

    def settle(self) -> None:
        """Let people decide what is in doubt, with no machine at work; sometimes several do, or nobody."""
        people = self._chance.choice((0, 1, 1, 2, 3))
        if not people or all(batch.state != "unknown" for batch in reconcile.read_batches(self._books)):
            return
        hosts = self._chance.sample(self.hosts, min(people, len(self.hosts)))
        self._tally.add("settled at the same moment", f"by {len(hosts)}")

        def decide(host: Host) -> None:
            host.person.settle(draw_kill(host.chance) if host.chance.random() < 0.3 else None)

        if self._chance.random() < 0.5:
            with self._trouble():
                self._all_at_once(decide, hosts)
        else:
            self._all_at_once(decide, hosts)

    def come_to_rest(self) -> None:
        """Bring everything to its end, with nobody killing anything."""
        self._here.simulator.clear_faults()
        hosts = self._chance.sample(self.hosts, len(self.hosts))
        if self._chance.random() < 0.5:  # else people may settle what a machine knows
            for host in hosts:
                host.machine.run(*ADOPT)
        for host in hosts:
            host.person.finish()
        for host in hosts:
            host.machine.run(*ADOPT)
        for host in hosts:
            host.person.finish()

    def check(self) -> list[str]:
        """Compare the books of all; return a sentence for everything that is not as it should be."""
        world, books = self._here.world, self._books
        self.hosts[0].machine.quiet()
        lists = {path: wanted for host in self.hosts for path, wanted in host.lists.items()}
        torn = sum(host.machine.tally.count("steps", HALF_A_LINE) for host in self.hosts)
        plans: defaultdict[str, list[float]] = defaultdict(list)
        for host in self.hosts:
            for name, moments in host.person.planned.items():
                plans[name] += moments
        found = reconcile.violations(world, books, list(lists.values()), torn, plans)
        looked_up = {number for (number,) in books.query("SELECT '+' || number FROM lookups")}
        shared = shared_among(lists) | looked_up
        for index, host in enumerate(self.hosts):
            found += check_exports(host.machine, host.lists, shared)
            if index == 0:
                found += check_wishes(host.machine, host.lists)
            found += check_second_copy(host.machine.place)
        for command in ("jobs", "ledger"):
            said = {host.machine.run(command, "--json").out for host in self.hosts}
            if len(said) != 1:
                found.append(f"{command} says {len(said)} things on {len(self.hosts)} machines")
        tell_of(books, self._here.simulator, self._tally)
        return [*self.complaints, *found]

    def keep_database(self) -> None:
        """Write what is in the database to a file, for a post-mortem."""
        (self._here.directory / "database.sql").write_text(self._database.dump())

    # -- internals

    def _host(self, index: int, name: str, cleanup: ExitStack) -> Host:
        tally = Tally()
        line = cleanup.enter_context(Line(self._database.socket, lambda: tally.add("cuts", "lines")))
        url = (
            f"postgresql://postgres@127.0.0.1:{line.port}/postgres?sslmode=disable&gssencmode=disable"
            f"&application_name={name}&options=-csearch_path%3D{_SCHEMA}"
        )
        there = self._here.neighbor(name, **{STATE_URL_VARIABLE: url, HOST_NAME: name, "container": "tests"})
        machine = Machine(there, tally, hurried=True, books=self._books)
        chance = random.Random(self._chance.randrange(2**32))
        lists = {}
        for number in range(self._chance.randrange(3, 6)):
            rows = self._some_rows()
            path = there.directory / f"{name}-list-{number}.csv"
            path.write_text("\n".join([self._head, *(row for row, _ in rows)]) + "\n")
            lists[path] = [wanted for _, wanted in rows]
        person = Person(machine, list(lists), chance, worker=index == 0)
        return Host(name, machine, person, line, lists, chance)

    def _some_rows(self) -> Sequence[tuple[str, str | None]]:
        """Return the rows of a list: all, a part, or some that are drawn."""
        size = len(self._pool)
        match self._chance.choice(("all", *["part"] * 3, *["drawn"] * 2)):
            case "all":
                return self._pool
            case "part":
                first = self._chance.randrange(size * 2 // 3)
                return self._pool[first : first + size // 3]
            case _:
                return self._chance.sample(self._pool, size // 4)

    def _all_at_once(self, do: Callable[[Host], None], hosts: Sequence[Host] | None = None) -> None:
        some = self.hosts if hosts is None else hosts
        with ThreadPoolExecutor(len(some)) as pool:
            for done in [pool.submit(do, host) for host in some]:
                done.result()

    def _take_turns(self, host: Host) -> None:
        for _ in range(_TURNS):
            chance, machine = host.chance, host.machine
            commands = [self._command(host)]
            if chance.random() < 0.3:
                commands.append(host.person.commands[-1])
            kills = [draw_kill(chance) if chance.random() < 0.7 else _LATE for _ in commands]
            started = [
                (machine.start_to_die(kill, *command), kill)
                for kill, command in zip(kills, commands, strict=True)
            ]
            if (
                commands[0][0] in _PLANNING
                and chance.random() < _BELATED_SHARE
                and started[0][0].has_planned()
            ):
                host.line.swallow()  # while others pay for what it has planned to pay for
                threading.Event().wait(chance.uniform(0.3, 1.5))
                host.line.mend()
                machine.tally.add("belated plans", commands[0][0])
            ended = [machine.kill(process, kill) for process, kill in started]
            self._wait_for(host)
            for ran in ended:
                host.person.note(ran)
            if any(ran.code not in {0, 5} and not ran.killed for ran in ended) and chance.random() < 0.25:
                host.person.resume()

    def _command(self, host: Host) -> tuple[str, ...]:
        """Return what the person does next."""
        draw = host.chance.random()
        if draw < 0.1:
            return ADOPT
        if draw < 0.2:
            numbers = [number for _, number in host.chance.sample(self._pool, 12) if number is not None]
            return ("lookup", *dict.fromkeys(numbers[:4]), "--yes", "--json")
        if draw < 0.35:
            failed = self._books.query("SELECT DISTINCT job FROM numbers WHERE outcome='failed' ORDER BY job")
            if failed:
                return ("retry", str(host.chance.choice(failed)[0]), "--yes", "--wait", "--json")
        return host.person.commands[0]

    def _wait_for(self, host: Host) -> None:
        """Wait until the database has nothing left to do for processes of a machine that have ended."""
        pause = threading.Event()
        for _ in range(round(PATIENCE_SECONDS / _LOOK_SECONDS)):
            if (host.name,) not in self._books.query("SELECT application_name FROM pg_stat_activity"):
                return
            pause.wait(_LOOK_SECONDS)
        raise TimeoutError(f"the database still works for {host.name}")

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Let lines and the database fail until this block ends."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            failing = pool.submit(self._fail_until, over, random.Random(self._chance.randrange(2**32)))
            try:
                yield
            finally:
                over.set()
                failing.result()
                for host in self.hosts:
                    host.line.disarm()
                    host.line.mend()

    def _fail_until(self, over: threading.Event, chance: random.Random) -> None:
        while not over.wait(chance.uniform(0.02, 0.3)):
            lines = [chance.choice(self.hosts).line]
            if chance.random() < 0.3 and self._is_paying(over):
                # Nobody knows from outside which of them waits for the answer.
                lines = [host.line for host in self.hosts]
            name = chance.choice(_FAILURES)
            if name == "database":
                self._database.kill()
                over.wait(chance.uniform(0.0, 0.5))
                self._database.start()
                self._tally.add("restarts", "databases")
                continue
            fail = _failure(name, chance, at_once=len(lines) > 1)
            for line in lines:
                fail(line)
            if name == "message":
                continue
            over.wait(chance.uniform(0.1, 1.0))
            ends = chance.random() < 0.2
            for line in lines:
                if ends:
                    line.cut()
                line.mend()

    def _is_paying(self, over: threading.Event) -> bool:
        """Wait for the next paid call, for a while; return whether one is under way."""
        simulator = self._here.simulator
        seen = len(simulator.requests)
        for _ in range(_LOOKS):
            if any(request.call in {"submit", "check"} for request in simulator.requests[seen:]):
                return True
            if over.wait(0.01):
                return False
        return False


def _failure(name: str, chance: random.Random, *, at_once: bool) -> Callable[[Line], None]:
    """Draw what happens to some lines.

    Args:
        name: one of `_FAILURES`.
        chance: decides.
        at_once: whether it is to happen at the next message, where it waits for one.
    """
    match name:
        case "message":
            way = chance.choice(WAYS)
            messages = 1 if at_once else 1 + int(chance.expovariate(1 / 25))
            return lambda line: line.cut_at(way, messages)
        case "strand":
            side = chance.choice(SIDES)
            return lambda line: line.strand(side)
        case "swallow":
            return Line.swallow
        case "slow":
            seconds = chance.uniform(0.005, 0.03)
            return lambda line: line.slow(seconds)
        case _:
            return Line.cut
