"""``settle``: a batch in doubt is shown, reported, or decided."""

import os
import queue
import time
from pathlib import Path

from pwl_tui import paths
from pwl_tui.cli.exit_codes import Exit, UsageError
from pwl_tui.cli.render.jobs import print_job
from pwl_tui.cli.render.json_output import doubt_shape
from pwl_tui.cli.render.text_output import doubt_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.events import EngineFailed, Event
from pwl_tui.engine.money.evidence import READING_OFFSETS, next_reading
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.state.models import Batch, BatchState

_READING_SECONDS = 10.0
"""How long to wait for one reading of the balance before what is known is shown without it."""


def settle(session: Session) -> int:
    """Record the person's decision on a batch in doubt; without one, show what it needs."""
    arguments, output, engine = session.arguments, session.output, session.engine
    name, _, number = arguments.batch.rpartition(".")
    if not name or not number.isdecimal():
        raise UsageError(
            f"{arguments.batch!r} names no batch.", "A batch is named JOB.NUMBER, as `show` does."
        )
    if arguments.batch_id is not None and arguments.decision is None:
        raise UsageError("--batch-id goes with --as adopted.", "Add --as adopted to give the batch this id.")
    job = session.store.jobs.find(name)
    if arguments.decision is not None:
        evidence = engine.recovery.evidence(job.id, int(number))
        engine.recovery.settle(job.id, int(number), arguments.decision, arguments.batch_id)
        output.note(evidence.explanation)
        print_job(session, job.id)
        return Exit.DONE
    # A sender may have died a moment ago: from here on its batch is known, or known to be in doubt.
    engine.recovery.recover()
    batch = session.store.batches.get(job.id, int(number))
    if batch.state is not BatchState.UNKNOWN:
        raise UsageError(
            f"Batch {batch.label} is {batch.state}: there is nothing to settle.",
            f"`pwl-tui show {job.id}` shows which batches are unknown.",
        )
    if engine.binding == job.binding:
        _read_balance(session, batch, to_the_end=arguments.wait)
    if arguments.report is not None:
        return _report(session, batch, None if arguments.report == Path() else arguments.report)
    evidence = engine.recovery.evidence(batch.job, batch.seq)
    output.value(doubt_shape(batch, evidence), doubt_text(batch, evidence))
    return Exit.UNKNOWN


def _report(session: Session, batch: Batch, file: Path | None) -> int:
    report = session.engine.recovery.report(batch.job, batch.seq)
    if file is None:
        session.output.value({"report": report}, report.rstrip())
        return Exit.DONE
    if os.path.exists(file):
        raise UsageError(f"{file} is there already.", "Name another file, or move it away first.")
    paths.write_private(file, report.encode())
    session.output.value({"report": report}, f"The report is in {file}.")
    return Exit.DONE


def _read_balance(session: Session, batch: Batch, *, to_the_end: bool) -> None:
    """Read the balance if a reading is due; with `to_the_end`, stay until the last of them is in."""
    engine, output = session.engine, session.output
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    started = False
    try:
        while True:
            readings, now = session.store.balances.evidence(batch.job, batch.seq), time.time()
            due = next_reading(readings, now)
            if due is None or (due > now and not to_the_end):
                return
            output.progress(
                len(readings) / len(READING_OFFSETS),
                f"the balance was read {len(readings)} of {len(READING_OFFSETS)} times",
            )
            if not started:
                # Nothing is sent and nothing polled: what is left to the engine is to read the balance.
                engine.start(events.put, Scope(jobs=(), poll=False, balance=False))
                started = True
            event = events.get(timeout=max(due - now, 0.0) + _READING_SECONDS)
            if isinstance(event, EngineFailed):
                output.note(f"{event.problem.message} {event.problem.remedy}")
                return
    except queue.Empty:
        output.note("The balance cannot be read now: this is what is known so far.")
    finally:
        engine.close()
