"""Compares what the service knows it was paid for with what the client kept.

The journal is read here with nothing of the program's own, as `Books` reads the rest.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pwl_tui.engine.jobs.planning import FAILED_SINCE, LOOKED_UP
from pwl_tui.simulator.world import Charge, World
from tests.crash import payments
from tests.crash.books import Books
from tests.crash.payments import digest

DECISIONS = {"released": "settled: free", "lost": "settled: lost"}
"""The states, beside ``completed``, in which a batch may end, and the decision that has to be on record."""
_ORDER = {"lost": 1, "released": 2}
TAKEN_OVER = "taken over"
"""On record for a released batch that was refused, and whose numbers other jobs have."""
REASONS = {
    "not_sent": ("no answer from job ", "its batch was rejected", LOOKED_UP, FAILED_SINCE),
    "failed": ("failed in job ",),
}
"""What the note says of a number that was left to another job, or a lookup, in vain, by its outcome."""


@dataclass(frozen=True)
class BatchRow:
    """A batch as the database has it."""

    decisions: frozenset[str]
    """What was decided on it, as the activity log says."""
    charges: tuple[int, ...]
    """The amounts that the ledger has for it."""
    job: int
    seq: int
    state: str
    digest: str
    batch_id: str | None
    charged: int
    adopted: bool
    """Whether it was sent elsewhere, or its ID was found in a journal."""

    @property
    def label(self) -> str:
        return f"{self.job}.{self.seq}"


def read_batches(books: Books) -> list[BatchRow]:
    """Return the batches that no process works on."""
    decisions: dict[tuple[int, int], set[str]] = defaultdict(set)
    charges: dict[tuple[int, int], list[int]] = defaultdict(list)
    for job, seq, event in books.query(
        "SELECT job, seq, event FROM activity WHERE event LIKE 'settled:%' OR event='taken over'"
    ):
        decisions[job, seq].add(event)
    for job, seq, amount in books.query("SELECT job, seq, amount FROM charges"):
        charges[job, seq].append(amount)
    return [
        BatchRow(frozenset(decisions[row[:2]]), tuple(charges[row[:2]]), *row)
        for row in books.query(
            "SELECT b.job, b.seq, b.state, b.digest, b.batch_id, b.charged, j.source='adopted'"
            " FROM batches b JOIN jobs j ON j.id=b.job ORDER BY b.job, b.seq"
        )
    ]


def job_names(books: Books) -> dict[str, int]:
    """Return the jobs' ids by their names; of several the first that was not adopted."""
    return dict(
        books.query(
            "SELECT name, id FROM jobs WHERE ready=1"
            " ORDER BY CASE WHEN source='adopted' THEN 0 ELSE 1 END, id DESC"
        )
    )


def events(books: Books) -> Counter[str]:
    """Return how often the activity log has each event."""
    return Counter(event for (event,) in books.query("SELECT event FROM activity"))


@dataclass
class Journaled:
    """What the journal holds: ids, what may be one, what was about to be sent, and how many lines are torn.

    What was about to be sent is named by its digest.
    """

    ids: set[str] = field(default_factory=set)
    candidates: set[str] = field(default_factory=set)
    intents: set[str] = field(default_factory=set)
    torn: int = 0


def journaled(books: Books) -> Journaled:
    """Read the journals of all state directories."""
    paths, found = [state / "journal.log" for state in books.directories], Journaled()
    for text in [line for path in paths if path.exists() for line in path.read_bytes().splitlines()]:
        try:
            line = json.loads(text or b"{}")
        except ValueError:
            found.torn += 1
            continue
        if "batch_id" in line:
            found.ids.add(line["batch_id"])
        elif "candidates" in line:
            found.candidates.update(line["candidates"])
        elif line.get("intent") == "send":
            found.intents.add(line["digest"])
    return found


def lacking(journal: Path, second: Path) -> list[bytes]:
    """Return the whole lines of a journal that its second copy lacks, each as often as it does."""
    left = Counter(journal.read_bytes().splitlines())
    left.subtract(second.read_bytes().splitlines())
    return [line for line, times in left.items() if times > 0 and _is_whole(line)]


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


@dataclass(frozen=True)
class Accounts:
    """How the service's charges are accounted for.

    Attributes:
        found: a sentence for everything that does not add up.
        lost: charges that the person wrote off, with the job that each was for.
    """

    found: list[str]
    lost: list[tuple[int, Charge]]


def unclaimed(world: World, batches: Iterable[BatchRow]) -> dict[str, list[Charge]]:
    """Return, by the digest of its numbers, what was charged under an id that no batch here has."""
    known = {batch.batch_id for batch in batches}
    found: dict[str, list[Charge]] = defaultdict(list)
    for charge in world.ledger:
        if charge.batch_id is not None and charge.batch_id not in known:
            found[digest(charge.numbers)].append(charge)
    return found


def accounts(world: World, batches: Sequence[BatchRow]) -> Accounts:
    """Account for every charge of the service by one batch: by its id, or by a recorded decision.

    Args:
        world: the service, at rest.
        batches: all of them, finished and settled.
    """
    result = Accounts([], [])
    by_id = {charge.batch_id: charge for charge in world.ledger}
    loose = unclaimed(world, batches)
    twins: dict[str, list[tuple[BatchRow, Charge]]] = defaultdict(list)
    booked: dict[str, Charge] = {}
    # A batch that was released may have been paid for, too, but first come those that surely were.
    for batch in sorted(batches, key=lambda one: _ORDER.get(one.state, 0)):
        if batch.state == "completed":
            charge = by_id.get(batch.batch_id)
            if charge is None or digest(charge.numbers) != batch.digest:
                result.found.append(f"batch {batch.label} has the id {batch.batch_id}, which is not its own")
            else:
                booked[batch.label] = charge
                if batch.adopted:
                    twins[batch.digest].append((batch, charge))
        elif TAKEN_OVER in batch.decisions:
            pass  # it was never accepted
        elif (decision := DECISIONS.get(batch.state)) is None or decision not in batch.decisions:
            result.found.append(f"batch {batch.label} is {batch.state}, and nobody decided that")
        elif loose.get(batch.digest):
            charge = loose[batch.digest].pop()
            if batch.state == "lost":
                booked[batch.label] = charge
                result.lost.append((batch.job, charge))
        elif batch.state == "lost" and twins[batch.digest]:
            # Its ID was found in a journal after all, and the charge has stayed where it was.
            twin, booked[batch.label] = twins[batch.digest].pop()
            del booked[twin.label]
            result.lost.append((batch.job, booked[batch.label]))
    for batch in batches:
        paid = [booked[batch.label].amount] if batch.label in booked else []
        if list(batch.charges) != paid or (batch.charged != sum(paid) and not batch.adopted):
            result.found.append(f"batch {batch.label} has {batch.charged} and {batch.charges}, not {paid}")
    result.found.extend(
        f"the charge for {charge.batch_id} is unknown" for left in loose.values() for charge in left
    )
    return result


def violations(
    world: World,
    books: Books,
    wanted: Sequence[Sequence[str | None]],
    torn: int,
    planned: Mapping[str, Sequence[float]] | None = None,
) -> list[str]:
    """Return a sentence for everything that the client lost, paid for twice or has wrong.

    Args:
        world: the service, at rest.
        books: with everything in them finished and settled.
        wanted: for each list that was brought, the E.164 of each of its rows; none: not a number.
        torn: how many lines of the journal a kill may have torn.
        planned: see `payments.unexplained`.
    """
    checks = ("integrity_check", "foreign_key_check") if books.url is None else ()
    found = [
        f"{check}: {row}" for check in checks for row in books.query(f"PRAGMA {check}") if row != ("ok",)
    ]
    batches = read_batches(books)
    accounted = accounts(world, batches)
    return [
        *found,
        *accounted.found,
        *_ids(world, books, batches, torn),
        *_paid_as_wanted(world, books, wanted),
        *payments.unexplained(world, books, planned or {}),
        *_lookups(world, books),
    ]


def export_violations(
    world: World,
    original: Path,
    exported: Path,
    wanted: Sequence[str | None],
    lost: set[str],
    shared: set[str],
) -> list[str]:
    """Return a sentence for every row of an exported CSV that is not the person's own with the true answer.

    Args:
        world: knows the truth of every number.
        original: the list as it was brought.
        exported: the same with its answers.
        wanted: the E.164 of each row; none: not a number.
        lost: the numbers of this list whose batch was written off; a retry may have their answers.
        shared: numbers of several lists, or that were looked up: where nobody has the answer, a reason takes
            its place.
    """
    with original.open(newline="") as theirs, exported.open(newline="") as ours:
        before, after = list(csv.DictReader(theirs)), list(csv.DictReader(ours))
    if len(before) != len(after):
        return [f"{exported.name} has {len(after)} rows, not {len(before)}"]
    found = []
    for row, (was, told, number) in enumerate(zip(before, after, wanted, strict=True)):
        true = was | _true_answer(world, number)
        reasons = REASONS.get(told["wa_outcome"], ()) if number in shared else ()
        if not (
            true.items() <= told.items()
            or (number is not None and number in lost and (was | _no_answer(number)).items() <= told.items())
            or any(reason in told["wa_note"] for reason in reasons)
        ):
            found.append(f"row {row} of {exported.name} is {told}, not {true}")
    return found


def wish_violations(books: Books, job: int, by_itself: Path, asked_for: Path) -> list[str]:
    """Return a sentence for everything that is wrong with what was exported by itself.

    Args:
        books: with everything in them finished and settled.
        job: the job.
        by_itself: the file that it was to be exported to once it was finished.
        asked_for: the same, exported by command now, and compared with the truth.
    """
    found = []
    times = books.query("SELECT job FROM activity WHERE event='exported'").count((job,))
    if times != 1:
        found.append(f"job {job} was exported by itself {times} times")
    if not by_itself.exists():
        return [*found, f"{by_itself.name} is missing"]
    if by_itself.read_bytes() != asked_for.read_bytes():
        found.append(f"{by_itself.name} is not what {asked_for.name} is")
    if by_itself.stat().st_nlink != 1:
        found.append(f"{by_itself.name} has another name, too")
    return found


def _no_answer(number: str) -> dict[str, str]:
    return {"wa_number": number, "wa_outcome": "failed", "wa_on_whatsapp": "", "wa_business": ""}


def _true_answer(world: World, number: str | None) -> dict[str, str]:
    if number is None:
        return {"wa_number": "", "wa_outcome": "rejected", "wa_on_whatsapp": "", "wa_business": ""}
    truth = world.truth(number)
    if truth.fails:
        return _no_answer(number)
    words = {True: "true", False: "false"}
    return {
        "wa_number": number,
        "wa_outcome": "completed",
        "wa_on_whatsapp": words[truth.on_whatsapp],
        "wa_business": words[truth.business],
        "wa_carrier": truth.carrier,
        "wa_country": truth.country,
    }


def _ids(world: World, books: Books, batches: Sequence[BatchRow], torn: int) -> list[str]:
    """Compare the ids in the database, in the journals and at the service."""
    counts = Counter(batch.batch_id for batch in batches if batch.batch_id is not None)
    written = journaled(books)
    found = [f"{count} batches have the id {batch_id}" for batch_id, count in counts.items() if count > 1]
    found += [f"the service does not know {batch_id}" for batch_id in counts.keys() - world.batches.keys()]
    found += [f"{batch_id} is not in the journal" for batch_id in counts.keys() - written.ids]
    found += [f"only the journal has {batch_id}" for batch_id in written.ids - counts.keys()]
    found += [
        f"{charge.batch_id} was sent without a word in the journal"
        for charge in world.ledger
        if charge.batch_id is not None and digest(charge.numbers) not in written.intents
    ]
    if written.torn > torn:
        found.append(f"{written.torn} lines of the journal are torn, and only {torn} were killed")
    return found


def _paid_as_wanted(world: World, books: Books, wanted: Sequence[Sequence[str | None]]) -> list[str]:
    """Compare the numbers that were paid for in batches with those that were brought; see `payments`, too."""
    paid = {number for charge in world.ledger if charge.batch_id is not None for number in charge.numbers}
    brought = {number for one in wanted for number in one if number is not None}
    looked_up = {number for (number,) in books.query("SELECT '+' || number FROM lookups")}
    return [
        *(f"{number} was paid for, and nobody has brought it" for number in paid - brought),
        *(f"{number} was brought, and never paid for" for number in brought - paid - looked_up),
    ]


def _lookups(world: World, books: Books) -> list[str]:
    """Compare the single checks that were paid for with those that are answered or in doubt."""
    paid = Counter(charge.numbers[0] for charge in world.ledger if charge.batch_id is None)
    rows = books.query("SELECT '+' || number, answered IS NOT NULL FROM lookups")
    answered = Counter(number for number, has_answer in rows if has_answer)
    doubtful = Counter(number for number, has_answer in rows if not has_answer)
    ((booked,),) = books.query("SELECT coalesce(sum(amount), 0) FROM charges WHERE job IS NULL")
    found = [
        f"{number} was looked up and paid for {times} times" for number, times in paid.items() if times > 1
    ]
    found += [
        f"{number} was looked up and paid for {paid[number]} times, and is answered {answered[number]} times"
        for number in paid.keys() | answered.keys()
        if not answered[number] <= paid[number] <= answered[number] + doubtful[number]
    ]
    if booked != answered.total():
        found.append(f"{booked} credits are booked for {answered.total()} lookups with an answer")
    return found
