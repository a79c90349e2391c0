"""A person's own list back with its answers, from what is stored with the job."""

import csv
import io
import os
from array import array
from collections.abc import Iterator
from pathlib import Path

from pwl_tui.engine.planning import Origin
from pwl_tui.lists.encodings import marked
from pwl_tui.lists.errors import unusable
from pwl_tui.lists.export import Answer, export_file
from pwl_tui.lists.files import complete_file
from pwl_tui.lists.plan import ListPlan, row_label
from pwl_tui.lists.readers import Reading, Source, header, rows
from pwl_tui.lists.reasons import EMPTY, REASONS
from pwl_tui.state.models import Outcome
from pwl_tui.state.results import RowResult
from pwl_tui.state.store import Store


def export(
    store: Store,
    job_id: int,
    path: Path,
    *,
    format: str,  # noqa: A002 - the word of the command line
    only: str | None,
    digits: bool,
    force: bool,
) -> int:
    """Write the list of a job with its answers; return how many rows were written.

    Raises:
        NoSuchJobError: there is no such job.
        ListError: the file cannot be written, or is there already.
    """
    job = store.jobs.get(job_id)
    source, reading = original(store, job_id)
    answers = _answers(store, job_id, job.numbers, reading)
    return export_file(path, source, reading, answers, format=format, only=only, digits=digits, force=force)


def save_rejected(plan: ListPlan, path: Path, *, force: bool) -> int:
    """Write the rows of a list that hold no usable number to a CSV file; return how many they are.

    Each has its row number and the reason first, as ``wa_row`` and ``wa_note``, and then the person's cells
    unchanged. Empty rows are left out: there is nothing to mend.

    Args:
        plan: the list's.
        path: the file, which is complete or absent.
        force: replace a file of that name.

    Raises:
        ListError: the file cannot be written, exists already, or is the list itself.
    """
    source, reading = plan.source, plan.reading
    if source.path and os.path.realpath(path) == os.path.realpath(source.path):
        raise unusable(f"{source.name} is the list itself.", "Give the name of another file.")
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
    """Return the list of a job as it was read, and how it is read.

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


def _answers(store: Store, job_id: int, numbers: int, reading: Reading) -> Iterator[Answer]:
    first_row = array("i", [-1]) * numbers
    for row in store.results.rows(job_id):
        yield _rejected(row) if row.result is None else _answer(row, first_row, reading)


def _rejected(row: RowResult) -> Answer:
    return Answer(0, Outcome.REJECTED, None, None, "", "", row.reason)


def _answer(row: RowResult, first_row: "array[int]", reading: Reading) -> Answer:
    result = row.result
    if result is None:
        raise AssertionError("a row has a number or a reason")
    first = first_row[result.index]
    notes = [result.note] if result.note else []
    if first < 0:
        first_row[result.index] = row.row
    else:
        notes.insert(0, f"duplicate of row {row_label(first, reading)}")
    return Answer(
        result.number,
        result.outcome,
        result.on_whatsapp,
        result.business,
        result.carrier,
        result.country,
        "; ".join(notes),
    )
