"""``adopt``: batches submitted elsewhere, and those that only the journal knows, become jobs."""

import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from pwl_tui.cli.exit_codes import Exit, UsageError, exit_of_problem
from pwl_tui.cli.output import Output, counted
from pwl_tui.cli.render.jobs import print_job, print_jobs
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.adopting import Adopted
from pwl_tui.problem import Kind
from pwl_tui.text import clean


def adopt(session: Session) -> int:
    """Make jobs of batches submitted elsewhere, or of the journal."""
    arguments = session.arguments
    ways = (bool(arguments.batch_ids), arguments.source is not None, arguments.journal is not None)
    if ways.count(True) != 1:
        raise UsageError(
            "Batch ids are wanted, or a file of them, or the journal: one of the three.",
            "`pwl-tui adopt BATCH_ID…`, `adopt --from FILE` or `adopt --journal`.",
        )
    if arguments.journal is not None and arguments.name is not None:
        raise UsageError("--name is for batch ids: the journal has its own names.", "Leave --name out.")
    if arguments.journal is not None:
        return _adopt_journal(session, None if arguments.journal == Path() else arguments.journal)
    return _adopt_ids(session, arguments.batch_ids or _ids_from(arguments.source))


def _adopt_ids(session: Session, batch_ids: Sequence[str]) -> int:
    """Make one job of all ids that can be taken over; only where there is none, that is an error."""
    batches = session.store.batches
    # Asked for twice, a file of ids gets what it wants: those that are here already are no failure.
    known = {batch_id for batch_id in batch_ids if batches.by_id(batch_id) is not None}
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
        raise UsageError(f"There is no journal {path}.", "Name the file; without one, it is the state's own.")
    rebuilt = session.engine.recovery.adopt_journal(path, _progress(output))
    print_jobs(session, [store.jobs.get(job) for job in rebuilt.jobs], batches=True)
    jobs = counted(len(rebuilt.jobs), "job was", "jobs were")
    output.note(
        f"{jobs} rebuilt; {rebuilt.known:,} batches were there already, {rebuilt.foreign:,} belong to another"
        " key or service."
    )
    _name_failures(output, rebuilt)
    for line in rebuilt.nameless:
        output.note(
            f"A batch of {line.size:,} numbers was about to be sent at {line.at}, and the journal does not"
            " say what came of it: it may have been charged. Ask the provider's support for its id with the"
            f" SHA-256 of its numbers, {line.digest}, and adopt that; or submit its list again and settle it."
        )
    return Exit.UNKNOWN if rebuilt.nameless else _exit_of(rebuilt)


def _ids_from(source: str) -> list[str]:
    """Return the ids of a file, one a line; what follows a ``#`` is a comment.

    Raises:
        UsageError: it cannot be read, or holds none.
    """
    name = "Standard input" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.", "Name a file that can.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not text.", "Name a file with one batch id a line.") from None
    ids = [batch_id for line in text.splitlines() if (batch_id := line.partition("#")[0].strip())]
    if not ids:
        raise UsageError(f"{name} holds no batch id.", "Write one batch id a line.")
    return ids


def _progress(output: Output) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        output.progress(done / total, f"{done:,} of {total:,} batches asked for")

    return tell


def _name_failures(output: Output, adopted: Adopted) -> None:
    for batch_id, problem in adopted.failed:
        output.note(f"{clean(batch_id, 80)}: {problem.message} {problem.remedy}")


def _exit_of(adopted: Adopted, known: Collection[str] = ()) -> Exit:
    """Return the code of the first failure; that a batch is here already is none."""
    for batch_id, problem in adopted.failed:
        if batch_id not in known:
            return Exit.USAGE if problem.kind is Kind.INVALID_REQUEST else exit_of_problem(problem)
    return Exit.DONE
