"""Several processes that decide about the same things at one moment, some of them killed; then the books.

On one machine there are a finished job, a batch in doubt, a batch that was submitted elsewhere, and numbers
to look up. Processes that settle, adopt, forget and look up are let loose on them all at once, again and
again, and die at steps of their own. Whatever they did to each other, every charge of the service is booked
once, and what nobody decided is not lost.
"""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pwl_tui.simulator.faults import Rule
from tests.crash.books import Books
from tests.crash.counts import Tally
from tests.crash.machine import Kill, Machine
from tests.crash.reconcile import journaled, read_batches
from tests.e2e.harness import KEY, place

Deed = Literal[
    "free", "lost", "adopted", "adopt elsewhere", "adopt done", "adopt doubtful", "forget", "lookup"
]
_DEEDS: tuple[Deed, ...] = (
    "free",
    "lost",
    "adopted",
    "adopt elsewhere",
    "adopt done",
    "adopt doubtful",
    "forget",
    "lookup",
)
_DONE, _DOUBTFUL, _ELSEWHERE, _LOOKED_UP = (
    [f"+1{area}555{line:04}" for line in range(100, 112)] for area in (212, 312, 415, 617)
)
_ROUNDS = 3
_SETTLING = {"settled: free", "settled: lost", "settled: adopted", "settled: proven", "found in the journal"}


@dataclass(frozen=True)
class Move:
    """What one process does, and the step at which it dies; 0: it lives."""

    deed: Deed
    kill_at: int


@dataclass(frozen=True)
class Rivalry:
    """What happens on one machine; drawn from a seed, and nothing else.

    Attributes:
        seed: it.
        charged: whether the batch in doubt was charged.
        rounds: the processes that start at one moment, round after round.
    """

    seed: str
    charged: bool
    rounds: tuple[tuple[Move, ...], ...]

    @classmethod
    def draw(cls, seed: str) -> "Rivalry":
        chance = random.Random(seed)
        rounds = tuple(
            tuple(
                Move(
                    chance.choice(_DEEDS), 1 + int(chance.expovariate(1 / 6)) if chance.random() < 0.7 else 0
                )
                for _ in range(chance.randrange(3, 7))
            )
            for _ in range(_ROUNDS)
        )
        return cls(seed, chance.random() < 0.7, rounds)


def run(plan: Rivalry, directory: Path, tally: Tally) -> list[str]:
    """Play one machine to its end; return a sentence for everything that is not as it should be."""
    tally.add("worlds", "with rivals")
    with place(directory) as here:
        machine = Machine(here, tally, hurried=True)
        _, elsewhere = here.world.submit(KEY, _ELSEWHERE)
        (directory / "done.txt").write_text("\n".join(_DONE))
        (directory / "doubtful.txt").write_text("\n".join(_DOUBTFUL))
        machine.run("submit", "done.txt", "--yes", "--wait")
        done = journaled(machine.books).ids
        cut: Literal["before", "after"] = "after" if plan.charged else "before"
        here.simulator.add_fault(Rule(call="submit", cut=cut, times=1))
        machine.run("submit", "doubtful.txt", "--yes")
        machine.quiet()
        doubtful = here.world.batches.keys() - done - {elsewhere["batch_id"]}
        ids = {
            "elsewhere": str(elsewhere["batch_id"]),
            "done": next(iter(done), "none"),
            "doubtful": next(iter(doubtful), "none"),
        }
        try:
            for moves in plan.rounds:
                _let_loose(machine, moves, ids)
            _bring_to_an_end(machine, plan, ids)
        except TimeoutError as error:
            return [*machine.complaints, str(error)]
        machine.quiet()
        return [*machine.complaints, *_violations(machine, plan, ids)]


def _let_loose(machine: Machine, moves: tuple[Move, ...], ids: dict[str, str]) -> None:
    machine.tally.add("at the same moment", f"{len(moves)} processes")
    started = [machine.start(*_command(move.deed, ids), kill_at=move.kill_at) for move in moves]
    for process, move in zip(started, moves, strict=True):
        if move.kill_at:
            machine.kill(process, Kill("step", move.kill_at))
        else:
            machine.end(process)


def _command(deed: Deed, ids: dict[str, str]) -> tuple[str, ...]:
    match deed:
        case "free" | "lost":
            return ("settle", "2.1", "--as", deed)
        case "adopted":
            return ("settle", "2.1", "--as", "adopted", "--batch-id", ids["doubtful"])
        case "forget":
            return ("forget", "1", "--yes")
        case "lookup":
            return ("lookup", *_LOOKED_UP[:3], "--json")
        case _:
            return ("adopt", ids[deed.removeprefix("adopt ")])


def _bring_to_an_end(machine: Machine, plan: Rivalry, ids: dict[str, str]) -> None:
    """Do what is left, with nobody killing anything: settle, adopt, look up, watch."""
    if any(batch.state == "unknown" for batch in read_batches(machine.books)):
        machine.run(*_command("lost" if plan.charged else "free", ids))
    for deed in ("adopt elsewhere", "lookup"):
        machine.run(*_command(deed, ids))
    machine.run("watch")


def _violations(machine: Machine, plan: Rivalry, ids: dict[str, str]) -> list[str]:
    """Return a sentence for everything that was lost, booked twice, or never decided."""
    books, ledger = machine.books, machine.place.world.ledger
    found = [
        f"batch {batch.label} is {batch.state}"
        for batch in read_batches(books)
        if batch.state not in {"completed", "released", "lost"}
    ]
    decisions = Counter(event for (event,) in books.query("SELECT event FROM activity WHERE seq=1 AND job=2"))
    # Killed once the journal had the ID, a decision is carried out by whoever reads it there.
    settled = sum(times for event, times in decisions.items() if event in _SETTLING)
    if settled != 1:
        found.append(f"the batch in doubt was settled {settled} times: {dict(decisions)}")
    # What the person decided counts: free though it was charged, or written off though it was not.
    released = plan.charged and decisions["settled: free"] > 0
    mistaken = len(_DOUBTFUL) if released and (ids["doubtful"],) not in _known(books) else 0
    if not plan.charged and decisions["settled: lost"]:
        mistaken = -len(_DOUBTFUL)
    unanswered = books.query("SELECT count(*) FROM lookups WHERE answered IS NULL")[0][0]
    ((booked,),) = books.query("SELECT coalesce(sum(amount), 0) FROM charges")
    paid = sum(charge.amount for charge in ledger)
    if not booked + mistaken <= paid <= booked + mistaken + unanswered:
        found.append(f"{paid} credits were paid, and {booked} are booked, {mistaken} by mistake")
    found += [f"{name} ({batch_id}) is lost" for name, batch_id in ids.items() if _is_lost(machine, batch_id)]
    checks = Counter(charge.numbers[0] for charge in ledger if charge.batch_id is None)
    found += [f"{number} was looked up {times} times" for number, times in checks.items() if times > 1]
    ways = Counter(number for charge in ledger if charge.batch_id is not None for number in charge.numbers)
    most = dict.fromkeys(_DOUBTFUL, 1 + released)
    found += [f"{number} was paid for {n} times" for number, n in ways.items() if n > most.get(number, 1)]
    return found


def _is_lost(machine: Machine, batch_id: str) -> bool:
    """Whether a batch that was paid for is neither here, nor forgotten, nor given up by a decision."""
    if batch_id not in machine.place.world.batches:
        return False
    books = machine.books
    given_up = books.query("SELECT 1 FROM activity WHERE event IN ('settled: free', 'settled: lost')")
    return (batch_id,) not in _known(books) and not given_up


def _known(books: Books) -> list[tuple[Any, ...]]:
    """Return the IDs that a batch has, or had before its job was forgotten."""
    return books.query(
        "SELECT batch_id FROM batches WHERE batch_id IS NOT NULL UNION ALL SELECT batch_id FROM forgotten",
    )
