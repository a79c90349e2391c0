"""Kills at every step of small commands: the first, the second, and so on until one lives to its end."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.garble import Garble
from tests.crash.counts import Tally
from tests.crash.machine import Kill, Machine
from tests.crash.reconcile import journaled, read_batches
from tests.crash.scenario import bring, check
from tests.crash.user import Person, StuckError
from tests.e2e.harness import place

_HELD = Rule(call="submit", delay=0.5, times=1)
"""Time enough to kill a client that has been charged and not been told."""
_LOOKED_UP = ("+14155552671", "+12125550123", "+442079460958")


Prepare = Callable[[Machine, Person], tuple[str, ...]]


@dataclass(frozen=True)
class Scene:
    """A command that is killed, and how things stand when it starts.

    Attributes:
        name: for people.
        prepare: brings things there, and returns the command.
        rows: of the list that it is about; 0: it is about none.
        again: whether the command itself is what goes on after the kill.
        proven: whether nobody has to settle anything once what may be an id is in the journal.
        copies: how many more times the list is brought.
        companions: how many processes run the same command at the same time, and live.
        steps: how many steps to kill it at, though it does not always get that far; 0: until it lives.
    """

    name: str
    prepare: Prepare
    rows: int = 12
    again: bool = False
    proven: bool = False
    copies: int = 0
    companions: int = 0
    steps: int = 0


def submit(_: Machine, person: Person) -> tuple[str, ...]:
    return person.commands[0]


def spoiled(kind: Garble) -> Prepare:
    """Return what lets an answer come that holds the id, but not as it should."""

    def prepare(machine: Machine, person: Person) -> tuple[str, ...]:
        machine.place.simulator.add_fault(Rule(call="submit", garbled=kind, times=1))
        return person.commands[0]

    return prepare


def orphan(machine: Machine, person: Person) -> tuple[str, ...]:
    """Leave a batch whose sender was killed after it had been charged."""
    machine.place.simulator.add_fault(_HELD)
    # Two balances are read before the paid call.
    person.note(machine.kill(machine.start(*person.commands[0]), Kill("request", 3)))
    machine.quiet()
    return person.commands[0]


def under_way(machine: Machine, person: Person) -> tuple[str, ...]:
    """Bring the list again while its first job, whose sender was killed, has sent nothing."""
    person.note(machine.kill(machine.start(*person.commands[0]), Kill("request", 2)))
    return person.commands[0]


def old_copy(machine: Machine, person: Person) -> tuple[str, ...]:
    """Put back a copy of the state file in which a batch is being sent, after all were accepted."""
    orphan(machine, person)
    copy = _files(machine.place.state)
    person.finish()
    return _put_back(machine, person, copy)


def older_copy(machine: Machine, person: Person) -> tuple[str, ...]:
    """Put back a copy of the state file in which nothing was sent, while a batch is in doubt."""
    simulator = machine.place.simulator
    simulator.add_fault(Rule(call="balance", after=1, status=503))
    person.note(machine.kill(machine.start(*person.commands[0]), Kill("request", 2)))
    copy = _files(machine.place.state)
    simulator.clear_faults()
    simulator.add_fault(Rule(call="submit", cut="after", times=1))
    machine.run(*person.commands[0])
    return _put_back(machine, person, copy)


def _files(state: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in state.glob("state.db*")}


def _put_back(machine: Machine, person: Person, copy: dict[Path, bytes]) -> tuple[str, ...]:
    for file in _files(machine.place.state):
        file.unlink()
    for file, content in copy.items():
        file.write_bytes(content)
    return person.commands[0]


def restored(machine: Machine, person: Person) -> tuple[str, ...]:
    """Put back the whole state directory, in which nothing was sent, after all batches were accepted."""
    under_way(machine, person)
    backup = machine.back_up()
    person.finish()
    machine.put_back(backup)
    return person.commands[0]


def rebuild(machine: Machine, person: Person) -> tuple[str, ...]:
    """Lose the state file, and make its jobs again from the journal."""
    person.finish()
    for file in _files(machine.place.state):
        file.unlink()
    return ("adopt", "--journal", "--json")


def settle(cut: Literal["before", "after"], decision: str) -> Prepare:
    """Return what leaves a batch in doubt, because the connection was cut, to be settled."""

    def prepare(machine: Machine, person: Person) -> tuple[str, ...]:
        machine.place.simulator.add_fault(Rule(call="submit", cut=cut, times=1))
        person.note(machine.run(*person.commands[0]))
        in_doubt = [batch.label for batch in read_batches(machine.books) if batch.state == "unknown"]
        if not in_doubt:
            raise StuckError("a connection was cut within the paid call, and no batch is in doubt")
        words = ("settle", in_doubt[0], "--as", decision)
        return (*words, "--batch-id", *machine.place.world.batches) if decision == "adopted" else words

    return prepare


def look_up(*faults: Rule) -> Prepare:
    """Return what prepares to look up some numbers at a service with faults."""

    def prepare(machine: Machine, _: Person) -> tuple[str, ...]:
        for fault in faults:
            machine.place.simulator.add_fault(fault)
        return ("lookup", *_LOOKED_UP, "--json")

    return prepare


SCENES = (
    Scene("submit", submit, rows=1_120),
    Scene("submit, cut short", spoiled("length long"), proven=True),
    Scene("submit, two ids", spoiled("twice"), proven=True),
    Scene("watch after a kill", orphan),
    Scene("submit again", under_way, copies=1),
    Scene("watch an old copy", old_copy, rows=1_120),
    Scene("watch an older copy", older_copy, rows=1_120),
    Scene("watch a restored directory", restored, rows=1_120),
    Scene("rebuild", rebuild, again=True),
    Scene("settle free", settle("before", "free")),
    Scene("settle adopted", settle("after", "adopted")),
    Scene("settle lost", settle("after", "lost")),
    Scene("lookup", look_up(), rows=0, again=True),
    Scene("lookup in vain", look_up(Rule(call="check", cut="after", times=1)), rows=0, again=True),
    Scene("lookups at once", look_up(), rows=0, again=True, companions=2, steps=40),
)
"""What is walked through: every command that keeps something which money hangs on."""


def kill_once(scene: Scene, step: int, directory: Path, tally: Tally) -> tuple[bool, list[str]]:
    """Play a scene on a machine of its own, kill its command at a step, and go on to the end.

    Returns:
        Whether it is worth while to go on to the next step: the command was killed, and did not live because
        it has fewer steps; and a sentence for everything that is not as it should be.
    """
    with place(directory) as here:
        lists = bring(directory, (scene.rows,) if scene.rows else (), scene.name, scene.copies)
        machine = Machine(here, tally, hurried=True)
        person = Person(machine, list(lists))
        try:
            command = scene.prepare(machine, person)
            killed = machine.start(*command, kill_at=step)
            companions = [machine.start(*command) for _ in range(scene.companions)]
            ran = machine.kill(killed, Kill("step", step))
            person.note(ran)
            came = journaled(machine.books).candidates
            for companion in companions:
                machine.end(companion)
            if scene.again:
                machine.run(*command)
            person.finish()
        except (StuckError, TimeoutError) as error:
            return False, [*machine.complaints, str(error)]
        found = check(machine, lists, exports=False)
        if scene.proven and came and tally.groups["settled"]:
            found.append("a batch was settled by the person though its id is in the journal")
        return ran.killed, found


def walk(scene: Scene, directory: Path, *, first: int = 1, stride: int = 1) -> tuple[Tally, list[str]]:
    """Kill a scene's command at every `stride`-th step from `first` on, until it lives to its end.

    Args:
        scene: what to play, each time on a machine of its own.
        directory: where the machines are; those on which everything was right are removed.
        first: the step to begin with.
        stride: the distance between two steps.

    Returns:
        The counts, and a sentence for everything that is not as it should be.
    """
    total, violations = Tally(), list[str]()
    for step in count(first, stride):
        machine = directory / f"{scene.name.replace(' ', '-')}-{step}"
        tally = Tally()
        killed, found = kill_once(scene, step, machine, tally)
        total.merge(tally)
        if killed:
            total.add("killed at every step", scene.name)
        if found:
            violations += [f"{machine}: {sentence}" for sentence in found]
        else:
            shutil.rmtree(machine)
        if step >= scene.steps and not killed:
            return total, violations
    raise AssertionError("count() has no end")
