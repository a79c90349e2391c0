"""The engine's own sentences: what is in the way, and what the person can do about it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec.structs import replace

from pwl_tui import ISSUES_URL, crash_log
from pwl_tui.os_errors import is_out_of_descriptors
from pwl_tui.problem import Kind, Problem, ProblemError
from pwl_tui.state.models import Batch, Job
from pwl_tui.state.place import Place
from pwl_tui.text import clean


class EngineError(ProblemError):
    """Something cannot be done now; nothing was spent."""


ORPHAN = Problem(
    kind=Kind.NETWORK,
    message="The program was stopped while it was sending this batch.",
    charged="unknown",
    remedy="Settle the batch: the balance before and after shows whether it was charged.",
)

CUT_OFF = Problem(
    kind=Kind.NETWORK,
    message="The program that was sending this batch was stopped, or cut off from the database.",
    charged="unknown",
    remedy="If its machine may be connected again soon, wait: it knows what happened. If not, settle it.",
)

NOT_SENT = Problem(
    kind=Kind.NETWORK,
    message="The service was not reached, or did not accept this batch.",
    charged="no",
    remedy="It will be sent again.",
)

RESTORED = Problem(
    kind=Kind.NETWORK,
    message="The journal says that this batch was about to be sent, but not what happened next.",
    charged="unknown",
    remedy="An older copy of the state file may be in use. Settle the batch; the provider can tell.",
)

OLDER = Problem(
    kind=Kind.INVALID_REQUEST,
    message="This state directory was restored or re-created, and does not know all that was sent from it.",
    remedy="The journal's second copy prevents paying for it twice. Run `pwl-tui adopt --journal` to get back"
    " batches that are in no job.",
)

CHANGED = Problem(
    kind=Kind.INVALID_REQUEST,
    message="The stored numbers of this batch no longer match the plan; not sent.",
    remedy="Another program changed the state file: submit the list again as a new job.",
)

NO_KEY = Problem(
    kind=Kind.AUTH,
    message="No API key is set.",
    remedy="Set PROWEBLOOK_API_KEY, or add the key to the file that `pwl-tui config path` prints.",
)

NO_SPEND = Problem(
    kind=Kind.FORBIDDEN,
    message="Spending is off: this session was started with --no-spend.",
    remedy="Start pwl-tui without --no-spend to send numbers.",
)

AT_HOME = Problem(
    kind=Kind.INVALID_REQUEST,
    message="The state is where it belongs; there is nothing to settle.",
    remedy="Run `pwl-tui jobs` to see what is in it.",
)

COPIED = Problem(
    kind=Kind.CONSENT_REQUIRED,
    message="Not sent: this state directory is a copy, and the original may send it.",
    remedy="Run `pwl-tui retry JOB` to send it from here after all.",
)

NOTHING_TO_RETRY = Problem(
    kind=Kind.INVALID_REQUEST,
    message="There is nothing to retry: no batch was rejected, and no failed number is left.",
    remedy="Run `pwl-tui show JOB` to see its batches.",
)

NOTHING_LEFT_OUT = Problem(
    kind=Kind.INVALID_REQUEST,
    message="This job left no numbers out.",
    remedy="Run `pwl-tui retry JOB` to send its failed numbers again.",
)

LOOKUP_ORPHAN = Problem(
    kind=Kind.NETWORK,
    message="The program was stopped while it was looking up this number, or could not store the answer.",
    charged="unknown",
    remedy="1 credit may have been spent. To ask and pay again, use --fresh.",
)

SENDING_ELSEWHERE: Final = "Another pwl-tui is sending with this key; waiting for it."

OTHER_NUMBER = Problem(
    kind=Kind.BAD_ANSWER,
    message="The answer was about another number.",
    charged="yes",
    remedy="Tell the provider.",
)

LOOKUP_BUSY = Problem(
    kind=Kind.UNAVAILABLE,
    message="Another pwl-tui is sending with this key; this number was not looked up.",
    remedy="Try again in a minute; nothing was spent on it.",
)

LOOKUP_STOPPED = Problem(
    kind=Kind.UNAVAILABLE,
    message="This number was not looked up, because the program was told to stop.",
    remedy="Look it up again; nothing was spent on it.",
)


def not_looked_up(cause: Problem) -> Problem:
    """Return the problem of a number that was not looked up because of what an earlier one met."""
    return replace(
        cause, charged="no", message=f"Not looked up: {cause.message}", remedy="Nothing was spent on it."
    )


def unanswered_lookup(started: float, problem: Problem) -> Problem:
    """Return the problem of a number whose last lookup may have been charged."""
    when = f"{datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M} UTC"
    message = f"Not looked up again: the answer to the lookup of {when} is not known here. {problem.message}"
    return replace(problem, message=message)


def unstored_answer(cause: Problem) -> Problem:
    """Return the problem of a number whose answer came, and could not be stored because of `cause`."""
    return replace(
        cause,
        charged="yes",
        message="The answer could not be stored; 1 credit was charged but is not in the ledger."
        f" {cause.message}",
    )


def unstored_doubt(problem: Problem, cause: Problem) -> Problem:
    """Return the problem of a lookup that may have been charged, which could not be stored either."""
    return replace(
        problem,
        message=f"{problem.message} That could not be stored: {cause.message}",
        remedy=f"{possibly_spent(problem)}. {cause.remedy}",
    )


def possibly_spent(problem: Problem) -> str:
    """Return what a lookup without an answer has cost, without a full stop."""
    return "1 credit was spent" if problem.charged == "yes" else "1 credit may have been spent"


def looked_up_by(job: int) -> Problem:
    """Return the problem of a number that is not looked up, because a job pays for it."""
    return Problem(
        kind=Kind.CONSENT_REQUIRED,
        message=f"Not looked up: it is under way in job {job}, and its answer will be free.",
        remedy=f"Run `pwl-tui watch {job}` first; --fresh pays for it now.",
    )


def elsewhere(place: Place) -> Problem:
    """Return the problem of a state directory that belongs to another place: two of it could pay twice."""
    return Problem(
        kind=Kind.CONSENT_REQUIRED,
        message=f"This state directory belongs to {clean(str(place), 300)}; nothing is sent from here.",
        remedy="Run `pwl-tui state settle` with --as moved if that one is gone, or --as copy if it stays in"
        " use.",
    )


def restored(place: Place) -> Problem:
    """Return the problem of a shared database that is not the one it was: it may lack what was sent last."""
    return Problem(
        kind=Kind.CONSENT_REQUIRED,
        message=f"The database was restored, copied or taken over (it was {clean(str(place), 300)}); nothing"
        " is sent.",
        remedy="Run `pwl-tui adopt --journal` on every machine that uses it, then `pwl-tui state settle` on"
        " one: with --as moved if the old one is gone, or --as copy if it stays in use.",
    )


def misplaced(place: Place, *, shared: bool) -> Problem:
    """Return the problem of a state that belongs to `place`; `shared` says whether it is in a database."""
    return restored(place) if shared else elsewhere(place)


def credits_short(required: int, available: int) -> Problem:
    """Return the problem of too few credits."""
    return Problem(
        kind=Kind.CREDITS,
        message=f"Needs {required:,} credits; {available:,} available.",
        required=required,
        available=available,
        remedy="Buy WhatsApp credits; sending then resumes automatically.",
    )


def miscounted(sent: int, counted: int) -> Problem:
    """Return the problem of a batch that the service counted differently."""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"{sent:,} numbers were sent, but the service counted {counted:,}.",
        charged="yes",
        remedy="The batch continues; compare its charge with the ledger of your account.",
    )


_REFUND = (
    "They were charged: ask the provider for a refund. `pwl-tui retry {}` sends them again, one credit each."
)
_ITS_ID = (
    "Nothing is lost: its ID and this answer are kept, and it is polled again."
    " If it keeps happening, ask the provider."
)


def misfit(batch: Batch) -> Problem:
    """Return the problem of a batch whose answer is about none of its numbers."""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"The answer for batch {batch.label} fits none of its {batch.size:,} numbers.",
        charged="yes",
        remedy=_ITS_ID,
    )


def foreign_words(batch: Batch) -> Problem:
    """Return the problem of a batch whose answer has words that say neither on WhatsApp nor not."""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"The answer for batch {batch.label} uses unknown words for who is on WhatsApp.",
        charged="yes",
        remedy=_ITS_ID,
    )


def incomplete(batch: Batch, missing: int, unfit: int, opposite: int = 0) -> Problem:
    """Return the problem of a finished batch whose answer does not tell about some of its numbers.

    Args:
        batch: the batch.
        missing: how many of its numbers the answer does not name.
        unfit: how many results cannot be read, or name other numbers.
        opposite: about how many numbers it says one thing and its opposite.
    """
    odd = f"; {unfit:,} of its results cannot be read or fit no number" if unfit else ""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"{_fault(batch, missing, opposite)}{odd}.",
        charged="yes",
        remedy=_ITS_ID,
    )


def left_out(batch: Batch, missing: int, opposite: int = 0) -> Problem:
    """Return the problem of a finished batch whose answer was `incomplete` each time it was polled."""
    count = "it counts" if missing + opposite == 1 else "they count"
    return Problem(
        kind=Kind.SERVER_ERROR,
        message=f"{_fault(batch, missing, opposite)}; {count} as failed.",
        charged="yes",
        remedy=_REFUND.format(batch.job),
    )


def _fault(batch: Batch, missing: int, opposite: int) -> str:
    faults = [f"leaves out {missing:,}"] if missing else []
    faults += [f"contradicts itself about {opposite:,}"] if opposite else []
    return f"The finished answer for batch {batch.label} {' and '.join(faults)} of its {batch.size:,} numbers"


def ended_early(batch: Batch, status: str, failed: int) -> Problem:
    """Return the problem of a batch that the service ended before all numbers had an answer."""
    have, count = ("has", "counts") if failed == 1 else ("have", "count")
    return Problem(
        kind=Kind.SERVER_ERROR,
        message=f"The service ended batch {batch.label} with the status {status!r}; {failed:,} of its"
        f" {batch.size:,} numbers {have} no answer and {count} as failed.",
        charged="yes",
        remedy=_REFUND.format(batch.job),
    )


def taken(batch_id: str) -> Problem:
    """Return the problem of a batch for which the service gave the ID of another one."""
    return Problem(
        kind=Kind.BAD_ANSWER,
        message=f"The service answered with the ID of another batch, {batch_id}.",
        charged="unknown",
        remedy="Settle the batch: the balance before and after shows whether it was charged.",
    )


def unwritten(batch_id: str, batch: Batch, *, journaled: bool) -> Problem:
    """Return the problem of an ID that is paid for and missing from the state file."""
    where = "The journal has its ID." if journaled else "The ID is not on disk: write it down now."
    return Problem(
        kind=Kind.UNAVAILABLE,
        message=f"Batch {batch.label} was accepted as {batch_id} but could not be saved. {where}",
        charged="yes",
        remedy=f"Fix the disk, then run `pwl-tui settle {batch.label} --as adopted --batch-id {batch_id}`.",
    )


def journaled_only(batch_ids: Sequence[str], batch: Batch, *, charged: Literal["yes", "unknown"]) -> Problem:
    """Return the problem of what is, or may be, an ID that came while the database was away."""
    ids = " or ".join(batch_ids[:3])
    what = f"{'was' if charged == 'yes' else 'may have been'} accepted as {ids}"
    return Problem(
        kind=Kind.UNAVAILABLE,
        message=f"Batch {batch.label} {what} while the database is away. The journal here has it.",
        charged=charged,
        remedy="You need not do anything: once the database is back, it is stored there.",
    )


def unkept(batch_ids: Sequence[str], batch: Batch, *, journaled: bool) -> Problem:
    """Return the problem of what may be the ID of a batch in doubt, and is missing from the state file."""
    where = "The journal has it." if journaled else "The ID is not on disk: write it down now."
    return Problem(
        kind=Kind.UNAVAILABLE,
        message=f"Batch {batch.label} may have been accepted as {' or '.join(batch_ids[:3])}, which could not"
        f" be saved. {where}",
        charged="unknown",
        remedy="Fix the disk, then run"
        f" `pwl-tui settle {batch.label} --as adopted --batch-id {batch_ids[0]}`.",
    )


def unfinished(job: Job) -> Problem:
    """Return the problem of a job that cannot be forgotten yet."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {job.id} is not finished: forgetting it now could lose results you paid for.",
        remedy=f"Run `pwl-tui watch {job.id}` to finish it, and settle its batches in doubt.",
    )


def not_yet(job: Job) -> Problem:
    """Return the problem of a job that cannot be continued yet, because it is unfinished itself."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {job.id} is not finished: some of it must still be sent, fetched or settled.",
        remedy=f"Run `pwl-tui watch {job.id}` to finish it first.",
    )


def nothing_old(job: Job, days: int) -> Problem:
    """Return the problem of a recheck for which no answer is old enough."""
    age = "1 day" if days == 1 else f"{days:,} days"
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"No answer for job {job.id} is older than {age}; nothing to recheck.",
        remedy=f"Run `pwl-tui recheck {job.id} --older-than 0` to pay for all of them again.",
    )


def no_recheck(job: Job) -> Problem:
    """Return the problem of a job that was never rechecked."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {job.id} is not a recheck, and was never rechecked.",
        remedy=f"Run `pwl-tui recheck {job.id}` to ask again for its answers.",
    )


def continued(job: Job, later: Job) -> Problem:
    """Return the problem of a job whose remainder another job has sent."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Job {later.id} already continues the list of job {job.id}; it would be paid for twice.",
        remedy=f"Run `pwl-tui show {later.id}` to see it; continue from there.",
    )


def retried(job: Job) -> Problem:
    """Return the problem of a retry that was planned before another one."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Numbers of job {job.id} were retried in the meantime; they would be paid for twice.",
        remedy=f"Run `pwl-tui retry {job.id}` to see what is left and what it costs.",
    )


def rejected_retried(job: Job) -> Problem:
    """Return the problem of a retry of rejected batches that was planned before another one."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Rejected batches of job {job.id} were retried in the meantime; this retry sent nothing.",
        remedy=f"Run `pwl-tui show {job.id}` to see what has become of them.",
    )


def taken_elsewhere(job: Job) -> Problem:
    """Return the problem of a job whose rejected batches have numbers that other jobs have by now."""
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"Other jobs now have the numbers of the rejected batches of job {job.id}.",
        remedy=f"Run `pwl-tui resume {job.id}` to take over their answers; that costs nothing.",
    )


def no_longer_under_way(number: int) -> Problem:
    """Return the problem of a plan that would cost more now: what it counted on has come to nothing."""
    are = f"{number:,} number is" if number == 1 else f"{number:,} numbers are"
    return Problem(
        kind=Kind.INVALID_REQUEST,
        message=f"{are} no longer under way and have no answer: the job would cost more than you agreed to.",
        remedy="Plan the list again to see what it costs now.",
    )


def over_cap(to_pay: int, cap: int, what: str = "This job costs") -> Problem:
    """Return the problem of a job, or of something else, that costs more than the person allows."""
    return Problem(
        kind=Kind.LIMIT_REACHED,
        message=f"{what} {to_pay:,} credits; max_credits_per_job allows {cap:,}.",
        required=to_pay,
        available=cap,
        remedy="Raise max_credits_per_job in the configuration, or submit a shorter list.",
    )


def other_key(job: Job) -> Problem:
    """Return the problem of a job that belongs to another key or service."""
    return Problem(
        kind=Kind.AUTH,
        message=f"Job {job.id} was submitted with another key or service.",
        remedy=f"Start pwl-tui with the key of profile {job.profile!r}.",
    )


def internal(error: BaseException) -> Problem:
    """Record an error of this program in the crash log, and return its problem.

    The problem names only the error's type, because its text could quote anything. A limit for open files
    that is too low for the program is no error of its own.
    """
    if is_out_of_descriptors(error):
        return Problem(
            kind=Kind.SERVER_ERROR,
            message="Too many files are open.",
            remedy="Nothing is lost. Raise the limit with `ulimit -n 4096`, then start pwl-tui again.",
        )
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
        message=f"Could not run the command under [notify]: {clean(command, 80)}.",
        remedy="Correct `command` there in the configuration.",
    )
