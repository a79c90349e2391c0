"""Batches that were submitted elsewhere, or whose record was lost, become jobs again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pwl_tui.api.models import BatchAnswer
from pwl_tui.engine.planning import Origin
from pwl_tui.engine.poller import answers
from pwl_tui.engine.service import Lookup
from pwl_tui.engine.submitter import digest, journal_entry
from pwl_tui.lists.readers import Options, Source, detect
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.state.batches import Answer
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.journal import Entry
from pwl_tui.state.models import Batch, BatchState, Binding, Outcome
from pwl_tui.state.store import Store

_OF_ONE_BATCH: Final = {"not_found", "bad_answer", "invalid_request"}
"""Kinds of problems that the next batch need not meet."""


class AdoptError(ProblemError):
    """A batch cannot be taken over."""


@dataclass(frozen=True, slots=True)
class Found:
    """A batch that the service knows, with the numbers it holds."""

    batch_id: str
    answer: BatchAnswer
    numbers: list[Answer]


def adopt(
    store: Store,
    service: Lookup,
    binding: Binding,
    batch_ids: Sequence[str],
    *,
    name: str | None,
    profile: str,
    now: float,
) -> int:
    """Make one job of batches; each is polled first, so that a wrong id costs nothing and changes nothing.

    Returns:
        The job's id.

    Raises:
        AdoptError: a batch is there already, or holds no number that can be read.
        ApiError: the service does not know one, or cannot be asked.
    """
    wanted = list(dict.fromkeys(batch_ids))
    for batch_id in wanted:
        _refuse_known(store, batch_id)
    found = [_find(service, batch_id) for batch_id in wanted]
    return _store(store, found, binding, name or f"adopted-{wanted[0][:8]}", profile, now)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of the journal's entries.

    Attributes:
        jobs: ids of the jobs made.
        known: entries that the state file has already.
        foreign: entries of another service or key.
        failed: batch ids that the service does not give back, with why.
    """

    jobs: list[int]
    known: int
    foreign: int
    failed: list[tuple[str, Problem]]


def rebuild(
    store: Store, service: Lookup, binding: Binding, entries: Sequence[Entry], *, profile: str, now: float
) -> Rebuilt:
    """Make jobs of journal entries: the batches of one job become one job again.

    What was made before an error stays, and is known when this is called again.

    Raises:
        ApiError: the service cannot be asked.
        StateError: the state file failed.
    """
    ours = [
        entry for entry in entries if (entry.base_url, entry.key) == (binding.base_url, binding.fingerprint)
    ]
    new = {entry.batch_id: entry for entry in ours if store.batches.by_id(entry.batch_id) is None}
    rebuilt = Rebuilt([], len(ours) - len(new), len(entries) - len(ours), [])
    # The batches of several jobs may lie between each other.
    jobs: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in new.values():
        jobs[entry.job, entry.name].append(entry)
    for (_, name), batches in jobs.items():
        found = []
        for entry in sorted(batches, key=lambda entry: entry.seq):
            try:
                found.append(_find(service, entry.batch_id))
            except ProblemError as error:
                if error.problem.kind not in _OF_ONE_BATCH:
                    raise
                rebuilt.failed.append((entry.batch_id, error.problem))
        if found:
            rebuilt.jobs.append(_store(store, found, binding, name or "adopted", profile, now))
    return rebuilt


def identify(
    store: Store, service: Lookup, batch: Batch, batch_id: str, *, now: float, evidence: str
) -> None:
    """Give a batch in doubt its id, after making sure that the id polls and holds exactly its numbers.

    Raises:
        AdoptError: the id is another batch's.
        ApiError: the service does not know it, or cannot be asked.
        StateError: the state file failed.
    """
    _refuse_known(store, batch_id)
    found = _find(service, batch_id)
    theirs = {answer.number for answer in found.numbers}
    ours = set(store.batches.numbers(batch))
    if theirs != ours:
        raise _error(
            f"{batch_id} holds {len(theirs):,} numbers, of which {len(theirs & ours):,} are among the"
            f" {len(ours):,} of batch {batch.label}.",
            "Give the id of the batch that holds exactly these numbers.",
        )
    job = store.jobs.get(batch.job)
    store.journal.append(journal_entry(job, batch, batch_id, now))
    store.batches.identify(batch, batch_id=batch_id, now=now, evidence=evidence)


def _refuse_known(store: Store, batch_id: str) -> None:
    known = store.batches.by_id(batch_id)
    if known is not None:
        raise _error(
            f"{batch_id} is batch {known.label} of job {known.job} already.",
            f"`pwl-tui show {known.job}` shows it.",
        )


def _find(service: Lookup, batch_id: str) -> Found:
    answer = service.poll(batch_id)
    # A number that was sent in two spellings is one number here.
    numbers = list({one.number: one for one in answers(answer)}.values())
    if not numbers:
        raise _error(
            f"The service knows {batch_id}, but no number in it can be read.", "Poll it again a little later."
        )
    return Found(batch_id, answer, numbers)


def _store(
    store: Store, found: Sequence[Found], binding: Binding, name: str, profile: str, now: float
) -> int:
    source = Source.from_text("".join(f"+{one.number}\n" for batch in found for one in batch.numbers), name)
    reading = detect(source, Options(header=False, numbers="possible"))
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
            NewNumber(one.number, seq, Outcome.PENDING)
            for seq, batch in enumerate(found, 1)
            for one in batch.numbers
        ),
        batches=list(_batches(found)),
    )
    journaled = {entry.batch_id for entry in store.journal.entries()}
    job = store.jobs.get(job_id)
    for batch, one in zip(store.batches.of(job_id), found, strict=True):
        if one.batch_id not in journaled:
            store.journal.append(journal_entry(job, batch, one.batch_id, now))
        if batch.state is not BatchState.PROCESSING:
            raise AssertionError("an adopted batch is polled from the start")
        store.polls.learn(
            batch,
            one.numbers,
            done=one.answer.done,
            now=now,
            next_poll=None if one.answer.done else now,
        )
    return job_id


def _batches(found: Sequence[Found]) -> Iterator[NewBatch]:
    first = 0
    for batch in found:
        size = len(batch.numbers)
        yield NewBatch(first, size, digest(one.number for one in batch.numbers), batch.batch_id)
        first += size


def _error(message: str, remedy: str) -> AdoptError:
    return AdoptError(Problem(kind="invalid_request", message=message, remedy=remedy))
