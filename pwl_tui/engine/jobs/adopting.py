"""Adopts batches: those submitted elsewhere, and those whose record was lost, become jobs."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.models import BatchAnswer
from pwl_tui.batch_ids import folded, pasted_id
from pwl_tui.engine.jobs.planning import Origin
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.engine.money.journal_index import Open, follow_up, is_of, moment_of
from pwl_tui.engine.money.journaling import digest, journal_entry, proven_entry
from pwl_tui.engine.polling.matching import holds_exactly, match, number_in
from pwl_tui.engine.polling.verdicts import verdicts
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.budget import Budget
from pwl_tui.state.files.journal import Candidates, Entry, Intent, Line
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Batch, BatchState, Binding
from pwl_tui.state.store import Store

Poll: TypeAlias = Callable[[str], BatchAnswer]
"""Polls the service for one batch."""
Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of batches polled, and the total."""


class AdoptError(ProblemError):
    """A batch cannot be adopted."""


class Found(Struct, frozen=True):
    """A batch that the service knows, with the numbers it holds."""

    batch_id: str
    answer: BatchAnswer
    numbers: dict[int, Answer]
    """What it holds: E.164 without the plus, in the order sent."""
    submitted: float | None = None
    """When it was submitted, by the journal. None means unknown."""


class Adopted(Struct, frozen=True):
    """What became of IDs or of the journal's entries.

    Attributes:
        jobs: IDs of the jobs made.
        failed: batch IDs that cannot be adopted, with the reason.
        known: how many entries the state file has already.
        foreign: how many entries belong to another service or key.
        nameless: batches that were about to be sent, with no record of what became of them: they may have
            been charged, and their ID is unknown.
    """

    jobs: list[int] = field(default_factory=list)
    failed: list[tuple[str, Problem]] = field(default_factory=list)
    known: int = 0
    foreign: int = 0
    nameless: list[Intent] = field(default_factory=list)


def paced(poll: Poll, budget: Budget, clock: Callable[[], float], pause: Callable[[float], None]) -> Poll:
    """Return a `poll` that waits before each call until the budget allows it."""

    def ask(batch_id: str) -> BatchAnswer:
        if wait := budget.take(clock()):
            pause(wait)
            budget.take(clock())
        return poll(batch_id)

    return ask


def adopt(
    store: Store,
    poll: Poll,
    binding: Binding,
    batch_ids: Sequence[str],
    *,
    name: str | None,
    profile: str,
    now: float,
    tell: Progress = lambda _done, _total: None,
) -> Adopted:
    """Make one job of batches; each is polled first, so a wrong ID costs nothing and changes nothing.

    Args:
        store: where to store the job.
        poll: polls the service.
        binding: the service and key.
        batch_ids: the service's, as they were pasted; one that is given twice counts once.
        name: of the job. None means a name made from the first ID.
        profile: of the job.
        now: UTC epoch seconds.
        tell: called with the progress.

    Raises:
        ApiError: the service cannot be asked.
        StateError: the state file failed.
    """
    adopted = Adopted()
    found = []
    wanted = list({folded(batch_id): batch_id for batch_id in map(pasted_id, batch_ids)}.values())
    for done, batch_id in enumerate(wanted):
        tell(done, len(wanted))
        try:
            _refuse_known(store, batch_id, binding)
            batch = find(poll, batch_id)
            _refuse_in_doubt(store, binding, batch)
        except ProblemError as error:
            _note_failure(adopted, batch_id, error)
        else:
            found.append(batch)
    with store.accepting():
        found = list(_still_unknown(store, binding, found, adopted))
        if found:
            name = name or f"adopted-{found[0].batch_id[:8]}"
            adopted.jobs.append(_store(store, found, binding, name, profile, now))
    return adopted


def rebuild(
    store: Store,
    poll: Poll,
    binding: Binding,
    lines: Sequence[Line],
    *,
    profile: str,
    now: float,
    tell: Progress = lambda _done, _total: None,
) -> Adopted:
    """Rebuild jobs from journal entries: the batches of one job become one job again.

    Jobs made before an error stay, and are known when this is called again. The arguments are those of
    `adopt`, with the journal's lines instead of IDs.

    Raises:
        ApiError: the service cannot be asked.
        StateError: the state file failed.
    """
    entries = [line for line in lines if isinstance(line, Entry)]
    ours = [entry for entry in entries if is_of(entry, binding)]
    known = store.batches.known((entry.batch_id for entry in ours), binding.base_url)
    new = {entry.batch_id: entry for entry in ours if entry.batch_id not in known}
    unanswered: Open = {}
    follow_up(unanswered, (line for line in lines if is_of(line, binding)))
    nameless = [line for name, line in unanswered.items() if store.batches.state_of(*name) is None]
    for intent in list(nameless):
        entry = _proven(store, poll, binding, intent, lines)
        if entry is not None:
            store.journal.append(entry)
            new[entry.batch_id] = entry
            nameless.remove(intent)
    adopted = Adopted(known=len(ours) - len(new), foreign=len(entries) - len(ours), nameless=nameless)
    # The batches of several jobs may be interleaved.
    jobs: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in new.values():
        jobs[entry.job, entry.name].append(entry)
    done = 0
    for (_, name), batches in jobs.items():
        found = []
        for entry in sorted(batches, key=lambda entry: entry.seq):
            tell(done, len(new))
            done += 1
            try:
                batch = find(poll, entry.batch_id)
            except ProblemError as error:
                _note_failure(adopted, entry.batch_id, error)
            else:
                found.append(replace(batch, submitted=moment_of(entry, now)))
        with store.accepting():
            found = list(_still_unknown(store, binding, found, adopted))
            if found:
                adopted.jobs.append(_store(store, found, binding, name or "adopted", profile, now))
    return adopted


def _still_unknown(
    store: Store, binding: Binding, found: Sequence[Found], adopted: Adopted
) -> Iterator[Found]:
    """Yield the batches that no other process has adopted while the service was asked; note the others."""
    for batch in found:
        try:
            _refuse_known(store, batch.batch_id, binding)
        except AdoptError as error:
            _note_failure(adopted, batch.batch_id, error)
        else:
            yield batch


def _proven(
    store: Store, poll: Poll, binding: Binding, intent: Intent, lines: Sequence[Line]
) -> Entry | None:
    """Return the entry of a batch whose outcome is unknown, if an ID that came for it holds its numbers.

    Raises:
        ApiError: the service cannot be asked.
        StateError: the state file failed.
    """
    name = (intent.job, intent.seq, intent.digest)
    taken = {folded(line.batch_id) for line in lines if isinstance(line, Entry)}
    for line in lines:
        if (
            not isinstance(line, Candidates)
            or (line.job, line.seq, line.digest) != name
            or line.at < intent.at
        ):
            continue
        for batch_id in line.candidates:
            if folded(batch_id) in taken or store.batches.known([batch_id], binding.base_url):
                continue
            try:
                found = find(poll, batch_id)
            except ProblemError as error:
                if error.problem.kind.service_wide:
                    raise
                continue
            # Without the state file the digest is all that is known of its numbers.
            if digest(found.numbers) == line.digest:
                return proven_entry(line, batch_id)
    return None


def _note_failure(adopted: Adopted, batch_id: str, error: ProblemError) -> None:
    """Note why a batch cannot be adopted; raise again what would keep the others from it, too."""
    if error.problem.kind.service_wide:
        raise error
    adopted.failed.append((batch_id, error.problem))


def identify(store: Store, poll: Poll, batch: Batch, batch_id: str, *, now: float, evidence: str) -> None:
    """Give a batch in doubt its ID, after checking that it polls and holds exactly the batch's numbers.

    Args:
        store: where it is recorded.
        poll: polls the service with the batch's own key.
        batch: the batch.
        batch_id: the ID as it was pasted.
        now: UTC epoch seconds.
        evidence: what the balance says, for the activity.

    Raises:
        AdoptError: the ID is another batch's.
        ApiError: the service does not know it, or cannot be asked.
        StateError: the state file failed.
    """
    batch_id = pasted_id(batch_id)
    _refuse_known(store, batch_id, store.jobs.get(batch.job).binding)
    if (error := misfit(store, batch, poll(batch_id))) is not None:
        raise error
    give(store, batch, batch_id, now=now, evidence=evidence)


def misfit(store: Store, batch: Batch, answer: BatchAnswer) -> AdoptError | None:
    """Return what is wrong if a poll is not about exactly the numbers of a batch in doubt. None: nothing."""
    results, ours = answer.results, store.batches.numbers(batch)
    if not answer.unreadable and holds_exactly(results, ours):
        return None
    matched = match(results, ours)
    shared = len({number for number, _ in matched.found})
    return AdoptError(
        f"{answer.batch_id} holds {shared + len(matched.unfit):,} numbers; {shared:,} of them are among the"
        f" {len(ours):,} of batch {batch.label}.",
        "Enter the ID of the batch that holds exactly these numbers.",
    )


def give(
    store: Store, batch: Batch, batch_id: str, *, now: float, evidence: str, proven: bool = False
) -> None:
    """Give a batch in doubt an ID that was checked: on disk in the journal first. See `Decisions.identify`.

    Raises:
        AdoptError: it has been decided in the meantime, or another batch has got the ID.
        StateError: the state file or the journal failed.
    """
    with store.accepting():
        require_in_doubt(store, batch)
        job = store.jobs.get(batch.job)
        _refuse_known(store, batch_id, job.binding)
        store.journal.append(journal_entry(job, batch, batch_id, now))
        store.decisions.identify(batch, batch_id=batch_id, now=now, evidence=evidence, proven=proven)


def require_in_doubt(store: Store, batch: Batch) -> None:
    """Check under the lock of `Store.accepting` that nobody has decided about a batch in doubt.

    Raises:
        AdoptError: somebody has.
    """
    now = store.batches.get(batch.job, batch.seq)
    if now.state is not BatchState.UNKNOWN:
        raise AdoptError(
            f"Batch {batch.label} has been settled in the meantime: it is {now.state}.",
            f"Run `pwl-tui show {batch.job}` to see it.",
        )


def _refuse_known(store: Store, batch_id: str, binding: Binding) -> None:
    known = store.batches.by_id(batch_id, binding.base_url)
    if known is not None:
        raise AdoptError(
            f"{batch_id} is already batch {known.label} of job {known.job}.",
            f"Run `pwl-tui show {known.job}` to see it.",
        )


def _refuse_in_doubt(store: Store, binding: Binding, found: Found) -> None:
    for batch in store.batches.in_doubt(binding):
        if holds_exactly(found.answer.results, store.batches.numbers(batch)):
            raise AdoptError(
                f"{found.batch_id} holds the numbers of batch {batch.label}, which is in doubt.",
                f"Run `pwl-tui settle {batch.label} --as adopted --batch-id {found.batch_id}`.",
            )


def find(poll: Poll, batch_id: str) -> Found:
    """Ask the service for a batch.

    Raises:
        AdoptError: the answer has no valid number.
        ApiError: the service does not know it, or cannot be asked.
    """
    answer = poll(batch_id)
    # A number that was sent in two spellings is one number here.
    named = [(number, one) for one in answer.results if (number := number_in(one)) is not None]
    said = verdicts(named)
    numbers = {number: said.answers.get(number, Answer(Outcome.PENDING)) for number, _ in named}
    if odd := len(answer.results) - len(named) + answer.unreadable:
        raise AdoptError(
            f"{odd:,} results of {batch_id} cannot be read; adopting it now would lose them.",
            "Try again later.",
        )
    if not numbers:
        raise AdoptError(
            f"The service knows {batch_id}, but its answer has no valid number.",
            "Try again later.",
        )
    return Found(batch_id, answer, numbers)


def _store(
    store: Store, found: Sequence[Found], binding: Binding, name: str, profile: str, now: float
) -> int:
    source = Source.from_text("".join(f"+{number}\n" for batch in found for number in batch.numbers), name)
    from pwl_tui.lists.read.detect import detect  # takes all of libphonenumber along

    reading = detect(source, AS_THEY_ARE)
    total = sum(len(batch.numbers) for batch in found)
    job_id = store.jobs.add(
        NewJob(
            binding=binding,
            profile=profile,
            name=name,
            source="adopted",
            origin=Origin.of(source, reading).encode(),
            created=now,
            rows=total,
            blank=0,
            rejected=0,
            duplicates=0,
            numbers=total,
        ),
        pieces=source.chunks,
        rows=((index, None) for index in range(total)),
        numbers=(
            NewNumber(number, seq, Answer(Outcome.PENDING))
            for seq, batch in enumerate(found, 1)
            for number in batch.numbers
        ),
        batches=list(_batches(found, _written_off(store, binding, found))),
    )
    journaled = {folded(entry.batch_id) for entry in store.journal.entries()}
    job = store.jobs.get(job_id)
    for batch, one in zip(store.batches.of(job_id), found, strict=True):
        if folded(one.batch_id) not in journaled:
            store.journal.append(journal_entry(job, batch, one.batch_id, now))
        if batch.state is not BatchState.PROCESSING:
            raise AssertionError("an adopted batch is polled from the start")
        store.polls.learn(
            batch,
            one.numbers.items(),
            done=False,  # unless all have their answer, the next poll decides
            now=now,
            next_poll=now,
        )
    return job_id


def _written_off(store: Store, binding: Binding, found: Sequence[Found]) -> dict[str, tuple[int, int]]:
    """Return job and place of the batches that were written off and are found now, by the ID they have.

    Of a job that was forgotten the journal still has the digest of each batch.
    """
    charged = store.charges.without_id(binding)
    if not charged:
        return {}
    sent = {
        (line.job, line.seq, line.digest) for line in store.journal.read(0)[0] if isinstance(line, Intent)
    }
    here = {(batch.job, batch.seq): batch for batch in store.batches.written_off(binding)}
    names: dict[str, tuple[int, int]] = {}
    for one in found:
        for name in charged:
            batch = here.get(name)
            if (*name, digest(one.numbers)) in sent or (
                batch and holds_exactly(one.answer.results, store.batches.numbers(batch))
            ):
                names[one.batch_id] = name
                charged.remove(name)
                break
    return names


def _batches(found: Sequence[Found], written_off: Mapping[str, tuple[int, int]]) -> Iterator[NewBatch]:
    first = 0
    for batch in found:
        size = len(batch.numbers)
        numbers = digest(batch.numbers)
        charged_as = written_off.get(batch.batch_id)
        yield NewBatch(first, size, numbers, batch.batch_id, batch.submitted, charged_as)
        first += size
