"""Commands about credits, single numbers, and batches whose record is not what it should be."""

from pathlib import Path
from typing import Any

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import SERVICES
from pwl_tui.cli.exits import Exit, UsageError, exit_of
from pwl_tui.cli.output import table
from pwl_tui.cli.session import Session
from pwl_tui.cli.shapes import balance_shape, job_shape, lookup_shape
from pwl_tui.cli.words import jobs_text
from pwl_tui.engine.settling import evidence_of


def balance(session: Session) -> int:
    """Show the credits of one service, or of all."""
    arguments, engine = session.arguments, session.engine
    readings = [engine.balance(service) for service in (SERVICES if arguments.all else (arguments.service,))]
    shapes = [balance_shape(reading) for reading in readings]
    rows = [(reading.service, f"{reading.balance:,}") for reading in readings]
    session.output.value(
        shapes if arguments.all else shapes[0], table(("Service", "Credits"), rows, left=(0,))
    )
    return Exit.DONE


def lookup(session: Session) -> int:
    """Check single numbers; one that fails does not keep the others from being checked."""
    shapes: list[dict[str, Any]] = []
    code: int = Exit.DONE
    for number in session.arguments.numbers:
        try:
            shapes.append(lookup_shape(number, session.engine.lookup(number), None))
        except ApiError as error:
            shapes.append(lookup_shape(number, None, error.problem))
            code = code or exit_of(error)
    session.output.value(shapes, "\n".join(_lookup_text(shape) for shape in shapes))
    return code


def adopt(session: Session) -> int:
    """Make jobs of batches submitted elsewhere, or of the journal."""
    arguments, output, engine = session.arguments, session.output, session.engine
    if (arguments.journal is None) != bool(arguments.batch_ids):
        raise UsageError(
            "Either batch ids or --journal are wanted.", "`pwl-tui adopt BATCH_ID…`, or with --journal."
        )
    if arguments.journal is None:
        job = engine.adopt(arguments.batch_ids, arguments.name)
        output.value(job_shape(job, session.store.batches.of(job.id)), jobs_text([job]))
        return Exit.DONE
    path = None if arguments.journal == Path() else arguments.journal
    rebuilt = engine.adopt_journal(path)
    jobs = [session.store.jobs.get(job) for job in rebuilt.jobs]
    output.value([job_shape(job, session.store.batches.of(job.id)) for job in jobs], jobs_text(jobs))
    output.note(f"{rebuilt.known:,} batches were there already, {rebuilt.foreign:,} belong to another key.")
    for batch_id, problem in rebuilt.failed:
        output.note(f"{batch_id}: {problem.message} {problem.remedy}")
    return Exit.FAILED if rebuilt.failed else Exit.DONE


def settle(session: Session) -> int:
    """Record the person's decision on a batch in doubt."""
    arguments = session.arguments
    name, _, number = arguments.batch.rpartition(".")
    if not name or not number.isdecimal():
        raise UsageError(
            f"{arguments.batch!r} names no batch.", "A batch is named JOB.NUMBER, as `show` does."
        )
    job = session.store.jobs.find(name)
    batch = session.store.batches.get(job.id, int(number))
    evidence = evidence_of(session.store, job.binding, batch)
    session.engine.settle(job.id, batch.seq, arguments.decision, arguments.batch_id)
    session.output.note(f"The balance says: {evidence}.")
    job = session.store.jobs.get(job.id)
    session.output.value(job_shape(job, session.store.batches.of(job.id)), jobs_text([job]))
    return Exit.DONE


def _lookup_text(shape: dict[str, Any]) -> str:
    if shape["error"] is not None:
        return f"{shape['number']}  {shape['error'].message} {shape['error'].remedy}"
    words = {True: "on WhatsApp", False: "not on WhatsApp", None: "no answer"}[shape["on_whatsapp"]]
    business = ", business" if shape["business"] else ""
    details = ", ".join(str(shape[name]) for name in ("carrier", "country", "line_type") if shape[name])
    return f"{shape['number']}  {words}{business}  {details}".rstrip()
