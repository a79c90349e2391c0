"""``adopt`` and ``settle``: batches that were sent elsewhere, and batches whose outcome is unknown."""

import os
import queue
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import get_args

from pwl_tui import paths
from pwl_tui.api.errors import ApiError
from pwl_tui.batch_ids import pasted_id
from pwl_tui.cli.arguments import Command, add_json
from pwl_tui.cli.errors import UsageError, exit_of_problem
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.output import Output
from pwl_tui.cli.render.jobs import print_job, print_jobs
from pwl_tui.cli.render.json_output import doubt_shape
from pwl_tui.cli.render.text_output import doubt_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.events import EngineFailed, Event
from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.engine.money.evidence import READING_OFFSETS, next_reading
from pwl_tui.engine.money.settling import Decision
from pwl_tui.engine.polling.monitor import Scope
from pwl_tui.problem import Kind
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.text import clean
from pwl_tui.wording.figures import counted

_READING_SECONDS = 10.0
"""How long to wait for one reading of the balance before showing what is known without it."""


def _adopt_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "batch_ids", nargs="*", metavar="BATCH_ID", help="The service's batch IDs; they make one job"
    )
    parser.add_argument("--name", metavar="TEXT", help="Name of the job")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--from",
        dest="from_file",
        metavar="FILE",
        help="Read batch IDs from a file, one per line, with # for comments; - reads standard input",
    )
    source.add_argument(
        "--journal",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="Rebuild jobs from a journal (default: the one in the state directory)",
    )
    add_json(parser)


def adopt(session: Session) -> int:
    """Make a job from batches that were sent elsewhere, or rebuild jobs from a journal."""
    arguments = session.arguments
    ways = (bool(arguments.batch_ids), arguments.from_file is not None, arguments.journal is not None)
    if ways.count(True) != 1:
        raise UsageError(
            "Give batch IDs, a file of batch IDs, or the journal: exactly one of them.",
            "Run `pwl-tui adopt BATCH_ID…`, `pwl-tui adopt --from FILE`, or `pwl-tui adopt --journal`.",
        )
    if arguments.journal is not None and arguments.name is not None:
        raise UsageError("--name cannot be used with --journal, which has the names.", "Leave out --name.")
    if arguments.journal is not None:
        return _adopt_journal(session, None if arguments.journal == Path() else arguments.journal)
    return _adopt_ids(session, arguments.batch_ids or _ids_from(arguments.from_file))


def _settle_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("batch", metavar="BATCH", help="JOB.NUMBER, as `pwl-tui show` lists it")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--as",
        dest="decision",
        choices=get_args(Decision),
        help="free: it was not charged, send it again; lost: it was charged, write it off; adopted: it was"
        " charged, and this is its ID",
    )
    what.add_argument(
        "--report",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="Print or save a report for the provider's support, without your key and numbers",
    )
    what.add_argument(
        "--wait", action="store_true", help="Wait for all readings of the balance, 5 minutes at most"
    )
    parser.add_argument(
        "--batch-id",
        metavar="ID",
        help="The service's batch ID, with --as adopted (default: the ID that came with the answer)",
    )
    add_json(parser)


def settle(session: Session) -> int:
    """Record the decision on a batch in doubt; without one, show what happened and what can be done."""
    arguments, output, engine = session.arguments, session.output, session.engine
    name, _, number = arguments.batch.rpartition(".")
    if not name or not number.isdecimal():
        raise UsageError(
            f"{arguments.batch!r} is not a batch.", "Write JOB.NUMBER, as `pwl-tui show JOB` lists it."
        )
    if arguments.batch_id is not None and arguments.decision is None:
        raise UsageError("--batch-id needs --as adopted.", "Add --as adopted to give the batch this ID.")
    job = session.store.jobs.find(name)
    if arguments.decision is not None:
        evidence = engine.recovery.evidence(job.id, int(number))
        engine.recovery.settle(job.id, int(number), arguments.decision, arguments.batch_id)
        output.note(evidence.explanation)
        print_job(session, job.id)
        return Exit.DONE
    # Its sender may have died a moment ago: this finds out whether the batch is in doubt.
    engine.recovery.recover()
    batch = session.store.batches.get(job.id, int(number))
    if batch.state is not BatchState.UNKNOWN:
        raise UsageError(
            f"Batch {batch.label} is {batch.state}; there is nothing to settle.",
            f"Run `pwl-tui show {job.id}` to see which batches are unknown.",
        )
    if engine.binding == job.binding:
        if _proven(session, batch):
            return _say_proven(session, batch)
        _read_balance(session, batch, to_the_end=arguments.wait)
        if session.store.batches.get(batch.job, batch.seq).state is not BatchState.UNKNOWN:
            return _say_proven(session, batch)
    if arguments.report is not None:
        return _report(session, batch, None if arguments.report == Path() else arguments.report)
    evidence = engine.recovery.evidence(batch.job, batch.seq)
    candidates = engine.recovery.candidates(batch.job, batch.seq)
    reply = session.store.replies.of(batch.job, batch.seq)
    output.value(
        doubt_shape(batch, evidence, candidates, reply), doubt_text(batch, evidence, candidates, reply)
    )
    return Exit.UNKNOWN


# -- adopting


def _adopt_ids(session: Session, batch_ids: Sequence[str]) -> int:
    """Make one job from all IDs that can be adopted; fail only if there are none."""
    batch_ids = [pasted_id(batch_id) for batch_id in batch_ids]
    # A file of IDs can be adopted again: IDs that already belong to a job are not a failure.
    binding, known = session.engine.binding, set[str]()
    if binding is not None:
        known = {one for one in batch_ids if session.store.batches.by_id(one, binding.base_url) is not None}
    adopted = session.engine.recovery.adopt(batch_ids, session.arguments.name, _progress(session.output))
    if not adopted.jobs:
        if len(adopted.failed) > 1:
            _name_failures(session.output, adopted)
        session.output.problem(adopted.failed[0][1])
        return _exit_of(adopted)
    print_job(session, adopted.jobs[0])
    _name_failures(session.output, adopted)
    return _exit_of(adopted, known)


def _adopt_journal(session: Session, path: Path | None) -> int:
    output, store = session.output, session.store
    if path is not None and not os.path.isfile(path):
        raise UsageError(
            f"{path} is not a file.", "Name a journal, or leave it out to use the one in the state directory."
        )
    rebuilt = session.engine.recovery.adopt_journal(path, _progress(output))
    print_jobs(session, [store.jobs.get(job) for job in rebuilt.jobs], batches=True)
    output.note(
        f"Rebuilt {counted(len(rebuilt.jobs), 'job')};"
        f" {counted(rebuilt.known, 'batch was', 'batches were')} already known, and"
        f" {counted(rebuilt.foreign, 'belongs', 'belong')} to another key or service."
    )
    _name_failures(output, rebuilt)
    for line in rebuilt.nameless:
        output.note(
            f"A batch of {line.size:,} numbers was about to be sent at {line.at}; the journal does not say"
            " whether it was. It may have been charged. Ask the provider's support for the ID of the batch"
            f" whose numbers have the SHA-256 {line.digest}, and adopt it; or submit its list again, and"
            " settle the batch."
        )
    return Exit.UNKNOWN if rebuilt.nameless else _exit_of(rebuilt)


def _ids_from(source: str) -> list[str]:
    """Return the batch IDs in a file, one per line, without comments.

    Raises:
        UsageError: The file cannot be read, or holds none.
    """
    name = "standard input" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"Could not read {name}: {error.strerror}.", "Name another file.") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"Could not read {name}: not text.", "Name a file with one batch ID per line."
        ) from None
    ids = [batch_id for line in text.splitlines() if (batch_id := line.partition("#")[0].strip())]
    if not ids:
        raise UsageError(f"There are no batch IDs in {name}.", "Write one batch ID per line.")
    return ids


def _progress(output: Output) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        output.progress(done / total, f"checked {done:,} of {total:,} batches")

    return tell


def _name_failures(output: Output, adopted: Adopted) -> None:
    for batch_id, problem in adopted.failed:
        output.note(f"{clean(batch_id, 80) or 'No ID'}: {problem.message} {problem.remedy}")


def _exit_of(adopted: Adopted, known: Collection[str] = ()) -> Exit:
    """Return the code of the first failure; a batch that already belongs to a job is not one."""
    for batch_id, problem in adopted.failed:
        if batch_id not in known:
            return Exit.USAGE if problem.kind is Kind.INVALID_REQUEST else exit_of_problem(problem)
    return Exit.DONE


# -- settling


def _proven(session: Session, batch: Batch) -> bool:
    """Look up an ID that came with the answer; return whether the batch has it now."""
    try:
        return session.engine.recovery.prove(batch.job, batch.seq)
    except ApiError as error:
        session.output.explain(error.problem)
        return False


def _say_proven(session: Session, batch: Batch) -> int:
    batch_id = session.store.batches.get(batch.job, batch.seq).batch_id or ""
    session.output.note(
        f"Batch {batch.label} is {clean(batch_id, 80)}: this ID came with the answer, and it holds exactly"
        " these numbers. It is polled again; there is nothing to settle."
    )
    print_job(session, batch.job)
    return Exit.DONE


def _report(session: Session, batch: Batch, file: Path | None) -> int:
    report = session.engine.recovery.report(batch.job, batch.seq)
    if file is None:
        session.output.value({"report": report}, report.rstrip())
        return Exit.DONE
    if os.path.exists(file):
        raise UsageError(f"{file} already exists.", "Name another file, or move this one away.")
    paths.write_private(file, report.encode())
    session.output.value({"report": report}, f"Saved the report to {file} (only you can read it).")
    return Exit.DONE


def _read_balance(session: Session, batch: Batch, *, to_the_end: bool) -> None:
    """Read the balance if a reading is due; with `to_the_end`, wait for all readings."""
    engine, output = session.engine, session.output
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    started = False
    try:
        while True:
            readings, now = session.store.balances.evidence(batch.job, batch.seq), engine.clock()
            due = next_reading(readings, now)
            if due is None or (due > now and not to_the_end):
                return
            output.progress(
                len(readings) / len(READING_OFFSETS),
                f"read the balance {len(readings)} of {len(READING_OFFSETS)} times",
            )
            if not started:
                # Nothing is sent or polled: the engine only reads the balance.
                engine.start(events.put, Scope(jobs=(), poll=False, balance=False))
                started = True
            event = events.get(timeout=max(due - now, 0.0) + _READING_SECONDS)
            if isinstance(event, EngineFailed):
                output.explain(event.problem)
                return
            if session.store.batches.get(batch.job, batch.seq).state is not BatchState.UNKNOWN:
                return
    except queue.Empty:
        output.note("Could not read the balance now. This is what is known so far:")
    finally:
        engine.close()


COMMANDS = {
    "adopt": Command(
        adopt,
        _adopt_arguments,
        "It asks the service about each ID first. Wrong IDs are reported and cost nothing; the others are"
        " adopted.",
    ),
    "settle": Command(
        settle,
        _settle_arguments,
        "Without --as, it shows what happened, what the balance says, and what you can do; it decides nothing"
        " and exits with 5.",
    ),
}
