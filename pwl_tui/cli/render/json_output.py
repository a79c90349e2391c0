"""The JSON shapes that scripts rely on. Field names and their order are fixed."""

from typing import Any

from pwl_tui.api.models import Check
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.jobs.timing import expires
from pwl_tui.engine.money.evidence import Evidence
from pwl_tui.engine.money.ledger import Ledger
from pwl_tui.engine.polling.forecast import Eta
from pwl_tui.problem import Problem
from pwl_tui.state.files.journal import timestamp
from pwl_tui.state.models import BalanceReading, Batch, BatchState, Job


def moment(at: float | None) -> str | None:
    """Return UTC epoch seconds as ISO 8601 ending in ``Z``."""
    return None if at is None else timestamp(at)


def plan_shape(plan: JobPlan, seconds: float | None) -> dict[str, Any]:
    """Return what ``plan`` prints.

    Beyond the fixed fields: the ``sheet`` of a workbook; the ``columns`` that look like phone numbers with
    their share of valid ones, the likeliest first; how ``sure`` each detection is; ``regions`` that would
    turn rows without a country code into numbers; and the ``seconds`` it will take, if recent jobs tell.
    """
    listed, reading = plan.list, plan.list.reading
    return {
        "rows": listed.rows,
        "blank": listed.blank,
        "rejected": listed.rejected,
        "duplicates": listed.duplicates,
        "reused": plan.reused,
        "to_pay": plan.to_pay,
        "batches": plan.batches,
        "balance": plan.balance,
        "balance_after": plan.balance_after,
        "column": reading.columns[reading.column],
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header": reading.header,
        "region": reading.region,
        "reasons": listed.reasons,
        "sheet": reading.sheet or None,
        "columns": [
            {"column": reading.columns[candidate.column], "valid": candidate.valid}
            for candidate in reading.candidates
        ],
        "sure": {finding.aspect: finding.sure for finding in reading.findings},
        "regions": listed.region_guesses,
        "seconds": None if seconds is None else round(seconds),
    }


def job_shape(job: Job, error: Problem | None) -> dict[str, Any]:
    """Return what the commands about jobs print, without the batches.

    Beyond the fixed fields: ``expires``, when the service may begin to delete results that were not fetched;
    ``retry_of``, the job whose failed numbers it retries; and ``held``, how many of its numbers were left
    out because they were not in the sample or credits were short.
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
        "error": batch.error,
    }


def balance_shape(reading: BalanceReading) -> dict[str, Any]:
    """Return what ``balance`` prints about one service."""
    return {"service": reading.service, "balance": reading.balance, "at": moment(reading.at)}


def lookup_shape(number: str, check: Check | None, problem: Problem | None) -> dict[str, Any]:
    """Return what ``lookup`` prints about one number: its answer, or its error."""
    return {
        "number": number if check is None else check.number or number,
        "on_whatsapp": None if check is None else check.answer.on_whatsapp,
        "business": None if check is None else check.answer.business,
        "carrier": None if check is None else check.answer.carrier,
        "country": None if check is None else check.answer.country,
        "line_type": None if check is None else check.line_type,
        "error": problem,
    }


def doubt_shape(batch: Batch, evidence: Evidence) -> dict[str, Any]:
    """Return what ``settle`` prints about a batch that is still in doubt."""
    return {
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


def ledger_shape(ledger: Ledger) -> dict[str, Any]:
    """Return what ``ledger`` prints: charges and unexplained movements, both newest first."""
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
    }
