"""The JSON shapes that scripts rely on. Field names and their order are fixed."""

from collections.abc import Sequence
from typing import Any

from pwl_tui.answer import Answer
from pwl_tui.engine.jobs.knowing import Known
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.timing import expires
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.ledger import Ledger
from pwl_tui.engine.money.lookups import Finding
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.problem import Problem
from pwl_tui.state.files.journal import timestamp
from pwl_tui.state.models import BalanceReading, Batch, BatchState, Candidate, Job, Wish
from pwl_tui.text import clean
from pwl_tui.wording.figures import phone

_LONGEST_REPLY = 2_000
"""Characters of what came for a batch in doubt."""


def moment(at: float | None) -> str | None:
    """Return UTC epoch seconds as ISO 8601 ending in ``Z``."""
    return None if at is None else timestamp(at)


def plan_shape(plan: JobPlan, seconds: float | None) -> dict[str, Any]:
    """Return what ``plan`` prints.

    Beyond the fixed fields: how many numbers are ``held``, left out of what is sent, and how many of those
    are ``in_doubt``, because a lookup of each may have been charged; how many ``further`` numbers the rows
    with several have; what is ``beside`` the number of a row and not usable, by reason; the ``sheet`` of a
    workbook; the ``columns`` that look like phone numbers with their share of valid ones, the likeliest
    first; how ``sure`` each detection is; ``regions`` that would turn rows without a country code into
    numbers; ``examples`` of cells with the number that is sent and its region; and the ``seconds`` it will
    take, if recent jobs tell.
    """
    listed, reading = plan.list, plan.list.reading
    return {
        "rows": listed.rows,
        "blank": listed.blank,
        "rejected": listed.rejected,
        "duplicates": listed.duplicates,
        "reused": plan.reused,
        "under_way": plan.under_way,
        "to_pay": plan.to_pay,
        "batches": plan.batches,
        "balance": plan.balance,
        "balance_after": plan.balance_after,
        "column": reading.column_names,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header": reading.header,
        "region": reading.region,
        "reasons": listed.reasons,
        "held": plan.left_out + plan.doubted,
        "in_doubt": plan.doubted,
        "further": listed.further,
        "beside": listed.beside,
        "sheet": reading.sheet or None,
        "columns": [
            {"column": reading.columns[candidate.column], "valid": candidate.valid}
            for candidate in reading.candidates
        ],
        "sure": {finding.aspect: finding.sure for finding in reading.findings},
        "regions": listed.region_guesses,
        "examples": [
            {"cell": each.cell, "number": f"+{each.number}", "region": each.region or None}
            for each in listed.examples
        ],
        "seconds": None if seconds is None else round(seconds),
    }


def job_shape(job: Job, error: Problem | None) -> dict[str, Any]:
    """Return what the commands about jobs print, without the batches.

    Beyond the fixed fields: ``expires``, when the service may begin to delete results that were not fetched;
    ``retry_of``, the job whose failed numbers it retries; ``held``, how many of its numbers were left out
    because they were not in the sample, credits were short, another job brought no answer, a lookup may
    have been charged, or they were paid for and failed between plan and submission;
    ``under_way``, how many of the pending ones other jobs pay for; ``recheck_of``, the job whose answers it
    asks for again; the ``export`` that it is to have once it is finished: its path, when it was
    ``written`` and to which files, or the error of the last try; and ``by``, who made it where several
    people share a database, as ``user@host``. Null means none.
    """
    return {
        "job": str(job.id),
        "name": job.name,
        "source": job.source,
        "state": job.state,
        "created": moment(job.created),
        "numbers": job.numbers,
        "on_whatsapp": job.counts.on_whatsapp,
        "business": job.counts.business,
        "not_on_whatsapp": job.counts.not_on_whatsapp,
        "failed": job.counts.failed,
        "pending": job.counts.pending,
        "reused": job.reused,
        "rejected": job.rejected,
        "duplicates": job.duplicates,
        "charged": job.charged,
        "error": error,
        "expires": moment(expires(job)),
        "retry_of": None if job.retry_of is None else str(job.retry_of),
        "held": job.left_out,
        "under_way": job.under_way,
        "recheck_of": None if job.recheck_of is None else str(job.recheck_of),
        "export": None if job.wish is None else _wish_shape(job.wish),
        "by": job.by or None,
    }


def _wish_shape(wish: Wish) -> dict[str, Any]:
    return {
        "path": wish.path,
        "written": moment(wish.written),
        "files": [{"path": file.path, "rows": file.rows} for file in wish.files],
        "error": wish.problem,
    }


def eta_shape(eta: Eta | None, now: float) -> dict[str, Any] | None:
    """Return when a job is expected to be finished, and how the service seems to work; None if unknown."""
    if eta is None:
        return None
    return {
        "seconds": round(eta.end - now),
        "end": moment(eta.end),
        "earliest": moment(eta.earliest),
        "latest": moment(eta.latest),
        "queue": eta.queue,
        "sure": eta.sure,
    }


def batch_shape(batch: Batch) -> dict[str, Any]:
    """Return what is printed about each batch of a job."""
    processing = batch.state is BatchState.PROCESSING
    return {
        "batch": batch.label,
        "batch_id": batch.batch_id,
        "state": batch.state,
        "size": batch.size,
        "submitted": moment(batch.submitted),
        "completed": moment(batch.completed),
        "last_poll": moment(batch.last_poll),
        "next_poll": moment(batch.next_poll) if processing else None,
        "error": batch.problem,
    }


def balance_shape(reading: BalanceReading) -> dict[str, Any]:
    """Return what ``balance`` prints about one service."""
    return {"service": reading.service, "balance": reading.balance, "at": moment(reading.at)}


def _answer_shape(answer: Answer | None, line_type: str) -> dict[str, Any]:
    """Return what is printed of an answer to a single number; null for all if there is none."""
    return {
        "on_whatsapp": None if answer is None else answer.on_whatsapp,
        "business": None if answer is None else answer.business,
        "carrier": None if answer is None else answer.carrier,
        "country": None if answer is None else answer.country,
        "line_type": None if answer is None else line_type,
    }


def lookup_shape(finding: Finding) -> dict[str, Any]:
    """Return what ``lookup`` prints about one number.

    Beyond the fixed fields: ``source``, which is ``asked`` if it was paid for now and ``known`` if not;
    ``at``, when the service gave the answer; and the ``job`` that it was given to, null for a lookup.
    """
    return {
        "number": phone(finding.number),
        **_answer_shape(finding.answer, finding.line_type),
        "error": finding.problem,
        "source": None if finding.answer is None else "asked" if finding.paid else "known",
        "at": moment(finding.at),
        "job": None if finding.job is None else str(finding.job),
    }


def known_shape(known: Known) -> dict[str, Any]:
    """Return what ``known`` prints about one number.

    That is its last answer, null if there is none: ``at`` is when the service gave it, ``job`` the job that
    it was given to, null for a lookup. And the ``lists`` that it is in, the newest first.
    """
    return {
        "number": phone(known.number),
        **_answer_shape(known.answer, known.line_type),
        "at": moment(known.at),
        "job": None if known.job is None else str(known.job),
        "lists": [
            {
                "job": str(one.job.id),
                "name": one.job.name,
                "outcome": one.answer.outcome,
                "on_whatsapp": one.answer.on_whatsapp,
                "business": one.answer.business,
                "at": moment(one.answered),
            }
            for one in known.lists
        ],
    }


def doubt_shape(
    batch: Batch, evidence: Evidence, candidates: Sequence[Candidate], reply: str
) -> dict[str, Any]:
    """Return what ``settle`` prints about a batch that is still in doubt.

    ``candidates`` and ``came`` are there only if anything came in answer to the paid call.
    """
    shape: dict[str, Any] = {
        "batch": batch.label,
        "job": str(batch.job),
        "size": batch.size,
        "sent": moment(batch.submitted),
        "before": evidence.before,
        "readings": [{"at": moment(reading.at), "balance": reading.balance} for reading in evidence.readings],
        "spent_otherwise": evidence.spent_otherwise,
        "verdict": evidence.verdict,
        "complete": evidence.complete,
        "explanation": evidence.explanation,
    }
    if reply or candidates:
        shape["candidates"] = [
            {"batch_id": one.batch_id, "refusal": one.refusal or None, "final": one.final}
            for one in candidates
        ]
        shape["came"] = clean(reply, _LONGEST_REPLY)
    return shape


def ledger_shape(ledger: Ledger) -> dict[str, Any]:
    """Return what ``ledger`` prints: charges and unexplained movements, both newest first.

    ``lookups_in_doubt`` is when the lookups were begun that may have cost a credit each, newest first. ``by``
    is who caused a charge where several people share a database, as ``user@host``, else null.
    """
    return {
        "spent": ledger.spent,
        "charges": [
            {
                "at": moment(line.at),
                "credits": line.credits,
                "job": None if line.job is None else str(line.job),
                "batch": None if line.seq is None else f"{line.job}.{line.seq}",
                "batch_id": line.batch_id,
                "before": line.before,
                "after": line.after,
                "by": line.by or None,
            }
            for line in ledger.lines
        ],
        "unexplained": [
            {
                "since": moment(movement.since),
                "until": moment(movement.until),
                "fell": movement.fell,
                "known": movement.known,
                "unexplained": movement.unexplained,
            }
            for movement in ledger.movements
        ],
        "lookups_in_doubt": [moment(at) for at in ledger.lookups_in_doubt],
    }
