"""The engine's own sentences: what stands in the way, and what the person can do about it."""

from pwl_tui import ISSUES_URL, crash_log
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.models import Batch, Job
from pwl_tui.text import clean


class EngineError(ProblemError):
    """Something cannot be done as things stand; nothing was spent."""


ORPHAN = Problem(
    kind=Kind.NETWORK,
    message="The program ended while this batch was being sent.",
    charged="unknown",
    remedy="Settle the batch: the balance before and after shows whether it was charged.",
)

RESTORED = Problem(
    kind=Kind.NETWORK,
    message="The journal says that this batch was about to be sent, and not what came of it.",
    charged="unknown",
    remedy="An older copy of the state file seems to be in use. Settle the batch: the provider can tell.",
)

CHANGED = Problem(
    kind=Kind.INVALID_REQUEST,
    message="The stored numbers of this batch are not those that were planned; nothing was sent.",
    remedy="The state file was changed from outside: submit the list again as a new job.",
)


def credits_short(required: int, available: int) -> Problem:
    """Return the problem of too few credits."""
    return Problem(
        kind=Kind.CREDITS,
        message=f"{required:,} credits are needed and {available:,} are there.",
        required=required,
        available=available,
        remedy="Buy WhatsApp credits; sending goes on by itself once they are there.",
    )


def miscounted(sent: int, counted: int) -> Problem:
    """Return the problem of a batch that the service counted otherwise than we did."""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"{sent:,} numbers were sent and the service counted {counted:,}.",
        charged="yes",
        remedy="The batch goes on; compare its charge with the ledger of your account.",
    )


def unwritten(batch_id: str, batch: Batch, *, journaled: bool) -> Problem:
    """Return the problem of an id that is paid for and not in the state file."""
    where = "The journal holds it." if journaled else "It is on no disk: write it down now."
    return Problem(
        kind=Kind.UNAVAILABLE,
        message=f"Batch {batch.label} was accepted as {batch_id}; the state file could not take it. {where}",
        charged="yes",
        remedy=f"Mend the disk, then `pwl-tui settle {batch.label} --as adopted --batch-id {batch_id}`.",
    )


NO_KEY = Problem(
    kind=Kind.AUTH,
    message="There is no API key.",
    remedy="Put it into PROWEBLOOK_API_KEY, or into the file that `pwl-tui config path` names.",
)


NO_SPEND = Problem(
    kind=Kind.FORBIDDEN,
    message="This session may not spend anything: it was started with --no-spend.",
    remedy="Start pwl-tui without --no-spend to send numbers.",
)

NOTHING_TO_RETRY = Problem(
    kind=Kind.INVALID_REQUEST,
    message="There is nothing to retry: no number failed that was not asked for again, no batch was refused.",
    remedy="`pwl-tui show JOB` shows how its batches stand.",
)


NOTHING_LEFT_OUT = Problem(
    kind=Kind.INVALID_REQUEST,
    message="Nothing was left out of this job: all its numbers were asked for.",
    remedy="`pwl-tui retry JOB` asks again for what failed.",
)


def unfinished(job: Job) -> Problem:
    """Return the problem of a job that cannot be forgotten yet."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {job.id} is {job.state}: what is paid for, or may be, would be lost.",
        remedy=f"Let `pwl-tui watch {job.id}` finish it, and settle its batches in doubt.",
    )


def not_yet(job: Job) -> Problem:
    """Return the problem of a job whose rest cannot be told yet."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {job.id} is {job.state}: something of it is still to be sent, fetched or settled.",
        remedy=f"Let `pwl-tui watch {job.id}` finish it first.",
    )


def continued(job: Job, later: Job) -> Problem:
    """Return the problem of a job whose rest another job has asked for."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {later.id} went on with the list of job {job.id}: its numbers would be paid for twice.",
        remedy=f"`pwl-tui show {later.id}` shows it; what it left out goes on from there.",
    )


def retried(job: Job) -> Problem:
    """Return the problem of a retry that was planned before another one."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"What failed in job {job.id} was asked for again meanwhile: it would be paid for twice.",
        remedy=f"`pwl-tui retry {job.id}` says what is left, and what that costs.",
    )


def over_cap(to_pay: int, cap: int) -> Problem:
    """Return the problem of a job that costs more than the person allows."""
    return Problem(
        kind=Kind.LIMIT_REACHED,
        message=f"The job would cost {to_pay:,} credits, and max_credits_per_job allows {cap:,}.",
        required=to_pay,
        available=cap,
        remedy="Raise max_credits_per_job in the configuration, or submit a shorter list.",
    )


def other_key(job: Job) -> Problem:
    """Return the problem of a job that is bound to another key or service."""
    return Problem(
        kind=Kind.AUTH,
        message=f"Job {job.id} was submitted with another key or service.",
        remedy=f"Start pwl-tui with the key of profile {job.profile!r}.",
    )


def internal(error: BaseException) -> Problem:
    """Record an error of this program in the crash log, and return its problem.

    The problem names only the error's type, since its text could quote anything.
    """
    name, path = type(error).__name__, crash_log.record(error)
    details = "" if path is None else f" Details: {path}."
    return Problem(
        kind=Kind.SERVER_ERROR,
        code=name,
        message=f"Internal error in pwl-tui: {name}.",
        remedy=f"Nothing is lost; start pwl-tui again to continue.{details}"
        f" Please report it with the output of `pwl-tui doctor` at {ISSUES_URL}.",
    )


def hook_failed(command: str) -> Problem:
    """Return the problem of a configured command that cannot be started."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"The command that is to run when a job finishes cannot be started: {clean(command, 80)}.",
        remedy="Correct `command` under [notify] in the configuration.",
    )
