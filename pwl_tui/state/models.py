"""What the state file holds, as values: every reader gets these and never a cursor."""

from enum import StrEnum

from msgspec import Struct

from pwl_tui.answer import Answer
from pwl_tui.problem import Problem


class BatchState(StrEnum):
    """Where one submission stands. Only the transitions that the money rules name are ever made."""

    PLANNED = "planned"
    """Stored, not sent."""
    SENDING = "sending"
    """The intent is committed; whether a byte has left is not known to anyone but the sender."""
    PROCESSING = "processing"
    """Accepted and charged; its id is on disk."""
    COMPLETED = "completed"
    REJECTED = "rejected"
    """Refused and not charged; the cause is the person's to mend."""
    UNKNOWN = "unknown"
    """May have been charged; nothing of this key is sent until it is settled."""
    LOST = "lost"
    """Charged, its id not to be had; written off."""
    RELEASED = "released"
    """Decided not to have been charged; another batch took its numbers."""
    UNREACHABLE = "unreachable"
    """The service does not know the id under this key."""


class JobState(StrEnum):
    """Where a job stands: derived from its batches, never stored."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ATTENTION = "attention"
    PAUSED = "paused"


class Binding(Struct, frozen=True):
    """The service and the key that a batch belongs to; it is never polled with another.

    Attributes:
        base_url: the service's address, without a trailing slash.
        fingerprint: of the key, as `Secret.fingerprint` gives it.
    """

    base_url: str
    fingerprint: str


class Counts(Struct, frozen=True):
    """How many numbers of a batch or job have which answer."""

    on_whatsapp: int = 0
    business: int = 0
    """Of those on WhatsApp."""
    not_on_whatsapp: int = 0
    failed: int = 0
    pending: int = 0

    @property
    def answered(self) -> int:
        """Numbers that have their final answer, a failure among them."""
        return self.on_whatsapp + self.not_on_whatsapp + self.failed


class Batch(Struct, frozen=True):
    """One submission of at most 1,000 numbers."""

    job: int
    seq: int
    """1, 2, … within its job."""
    state: BatchState
    first: int
    """Index of its first number within the job; its numbers are ``first … first + size - 1``."""
    size: int
    digest: str
    """SHA-256 of its numbers, one E.164 per line."""
    batch_id: str | None
    """The service's id."""
    submitted: float | None
    """When the intent to send was committed."""
    completed: float | None
    last_poll: float | None
    next_poll: float | None
    attempts: int
    """Failed polls in a row."""
    charged: int
    """Credits known to have been taken."""
    balance_before: int | None
    """Credits read just before it was sent."""
    replaces: int | None
    """The released batch of the same job whose numbers it took."""
    counts: Counts
    error: Problem | None

    @property
    def label(self) -> str:
        """The name a person gives it on the command line: ``JOB.SEQ``."""
        return f"{self.job}.{self.seq}"


class Job(Struct, frozen=True):
    """One list accepted for validation, with what its batches add up to."""

    id: int
    name: str
    source: str
    """Where the list came from: its path, or ``pasted``, ``standard input``, ``adopted``."""
    binding: Binding
    profile: str
    created: float
    state: JobState
    rows: int
    blank: int
    rejected: int
    duplicates: int
    numbers: int
    """Unique numbers, reused ones among them."""
    reused: int
    held: int
    """Left out when the job was made: not in the sample, or more than the credits allowed."""
    paused: bool
    hold: Problem | None
    """Why nothing more is sent: credits short, a wait the service asked for, a refused key."""
    hold_until: float | None
    """When sending is tried again; none: when the cause is gone."""
    counts: Counts
    """Of all its numbers, reused ones among them."""
    charged: int
    batches: dict[BatchState, int]
    """How many of its batches are in which state; states that none is in are left out."""
    last_poll: float | None
    """The latest of its batches."""
    next_poll: float | None
    """The earliest of its batches that are still processing."""
    started: float | None
    """When its first batch was sent."""
    unfetched_since: float | None
    """When the earliest of its batches was sent that is not fetched completely (processing, unreachable)."""
    finished: float | None
    """When its last batch was completed; none while there is work left."""
    error: Problem | None
    """What stands in its way: of the batch that wants attention, else the hold."""
    retry_of: int | None = None
    """The job whose failed numbers it asks for again."""

    @property
    def unfinished(self) -> bool:
        """Whether there is anything left that may still change."""
        return self.state is not JobState.COMPLETED

    @property
    def under_way(self) -> bool:
        """Whether a batch is still to be sent, fetched or settled; else the job can be forgotten."""
        open_states = {BatchState.PLANNED, BatchState.SENDING, BatchState.PROCESSING, BatchState.UNKNOWN}
        return not open_states.isdisjoint(self.batches)

    @property
    def done(self) -> float:
        """Share of the numbers it asks for that have an answer, 0 to 1."""
        wanted = self.numbers - self.held
        return self.counts.answered / wanted if wanted else 1.0


class Result(Struct, frozen=True, array_like=True):
    """A number of a job, and what is known of it."""

    index: int
    """Within the job."""
    number: int
    """E.164 without the plus."""
    batch: int | None
    """``seq`` of the batch that holds it; None means that it was not sent, or is reused."""
    answer: Answer


class RejectedRow(Struct, frozen=True):
    """A row with no usable number."""

    index: int
    """0-based among the list's data rows."""
    reason: str


class BalanceReading(Struct, frozen=True):
    """Credits of one service at one moment, as the service told them."""

    at: float
    service: str
    balance: int
