"""Exports a job: the person's own list with the results, from what is stored with the job."""

import csv
import io
import os
from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.changes import Before, rechecked
from pwl_tui.engine.jobs.planning import Origin
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.reasons import EMPTY, REASONS
from pwl_tui.lists.planned import ListPlan, row_label
from pwl_tui.lists.read.encodings import marked
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.rows import header, rows
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS, RECHECK_FIELDS, RowAnswer
from pwl_tui.lists.write.export import Target, Witness, Written, export_files
from pwl_tui.lists.write.files import complete_file, require_outside
from pwl_tui.state.store import Store

_WORTH = (Outcome.COMPLETED, Outcome.PENDING, Outcome.FAILED, Outcome.NOT_SENT, Outcome.REJECTED)
"""Without an answer about WhatsApp, from the best on: what is to come may be better than what failed."""


def export(
    store: Store,
    job_id: int,
    target: Target,
    watch: Callable[[int], None] | None = None,
    witness: Witness | None = None,
) -> list[Written]:
    """Write the list of a job with its results, from what is stored: the person's file may be gone.

    Args:
        store: where the job is.
        job_id: of the job.
        target: what to write.
        watch: called with the number of rows done, now and then; what it raises ends the export.
        witness: told which files are being written.

    Returns:
        The files that were made; all of them or none.

    Raises:
        NoSuchJobError: there is no such job.
        ListError: a file cannot be written, exists already, or would be in the state directory.
        StateError: the state directory cannot hold temporary files.
    """
    require_outside(target.path, store.directory)
    source, reading = original(store, job_id)
    job = store.jobs.get(job_id)
    before = None if job.recheck_of is None else store.results.before(job_id, job.numbers)
    fields = FIELDS if before is None else RECHECK_FIELDS
    with ExitStack() as stack:  # answers that are not read to the end would keep the state file in use

        def answers() -> Generator[RowAnswer, None, None]:
            return stack.enter_context(closing(_answers(store, job_id, reading, before)))

        return export_files(target, source, reading, answers, store.scratch, watch, witness, fields)


def save_rejected(plan: ListPlan, path: Path, state: Path, *, force: bool) -> int:
    """Write the rows of a list that hold no usable number to a CSV file; return how many they are.

    Each has its row number and the reason first, as ``wa_row`` and ``wa_note``, and then the person's cells
    unchanged. Empty rows are left out: there is nothing to fix.

    Args:
        plan: the list's.
        path: the file, which is complete or absent.
        state: the state directory, where no file of the person's belongs.
        force: replace a file of that name.

    Raises:
        ListError: the file cannot be written, exists already, is the list itself, or would be in the state
            directory.
    """
    require_outside(path, state)
    source, reading = plan.source, plan.reading
    if source.path and os.path.realpath(path) == os.path.realpath(source.path):
        raise ListError(f"{source.name} is the list itself.", "Give the name of another file.")
    with source.open() as head:
        encoding = "utf-8-sig" if marked(head.read(4)) else "utf-8"
    heading = header(source, reading) or ([] if reading.delimiter else ["input"])
    with complete_file(path, force=force) as stream:
        text = io.TextIOWrapper(stream, encoding, newline="")
        writer = csv.writer(text, delimiter=reading.delimiter or ",")
        if heading:
            writer.writerow(["wa_row", "wa_note", *heading])
        for index, (row, reason) in enumerate(zip(rows(source, reading), plan.row_reason, strict=True)):
            if reason > EMPTY:
                writer.writerow([row_label(index, reading), REASONS[reason], *row])
        text.detach()  # flushes, and leaves the stream open
    return plan.rejected


def original(store: Store, job_id: int) -> tuple[Source, Reading]:
    """Return the list of a job as it was read, and how to read it.

    Raises:
        NoSuchJobError: there is no such job.
    """
    blob, pieces = store.jobs.origin(job_id)
    origin = Origin.decode(blob)
    source = Source.from_chunks(
        name=origin.name,
        path=origin.path,
        kind=origin.kind,
        size=origin.size,
        sha256=origin.sha256,
        chunks=pieces,
    )
    return source, origin.reading


def _answers(
    store: Store, job_id: int, reading: Reading, before: Sequence[Before | None] | None
) -> Generator[RowAnswer, None, None]:
    """Yield the answer of each row of a list; of a recheck, with what was known `before`, by number."""
    numbers, answers = store.results.known(job_id)
    rejected = cache(_rejected if before is None else lambda reason: rechecked(_rejected(reason), None))
    first_label = array("i", bytes(4 * len(numbers)))
    further = _Further(store.results.further(job_id) if reading.several == "all" else iter(()))
    for label, (place, reason) in enumerate(store.results.rows(job_id), row_label(0, reading)):
        if place is None:
            yield 0, 0, rejected(reason)
            continue
        answer = answers[place]
        if others := further.of(label - row_label(0, reading)):
            places = sorted([place, *others], key=lambda index: _worth(answers[index]))
            place = places[0]
            answer = replace(answers[place], note=_note(places, numbers, answers))
        first = first_label[place]
        if not first:
            first_label[place] = label
        yield numbers[place], first, answer if before is None else rechecked(answer, before[place])


class _Further:
    """The further numbers of rows, read beside the rows.

    Args:
        pairs: see `Results.further`.
    """

    def __init__(self, pairs: Iterator[tuple[int, int]]) -> None:
        self._pairs = pairs
        self._next = next(pairs, None)

    def of(self, row: int) -> list[int]:
        """Return the indices of the further numbers of a row; rows are asked for in order."""
        found = []
        while self._next is not None and self._next[0] == row:
            found.append(self._next[1])
            self._next = next(self._pairs, None)
        return found


def _worth(answer: Answer) -> int:
    """Return how good an answer is for a row with several numbers, 0 the best."""
    if answer.on_whatsapp is not None:
        return 0 if answer.on_whatsapp else 1
    return 2 + _WORTH.index(answer.outcome)


def _note(places: Sequence[int], numbers: Sequence[int], answers: Sequence[Answer]) -> str:
    """Return the note of a row with several numbers: that of the best, and what became of the others."""
    best, *others = places
    told = (f"+{numbers[place]} {_became(answers[place])}" for place in others)
    return "; ".join(filter(None, (answers[best].note, f"also {', '.join(told)}")))


def _became(answer: Answer) -> str:
    if answer.on_whatsapp is not None:
        return "on WhatsApp" if answer.on_whatsapp else "not on WhatsApp"
    return answer.outcome.replace("_", " ")


def _rejected(reason: str) -> Answer:
    return Answer(Outcome.REJECTED, note=reason)
