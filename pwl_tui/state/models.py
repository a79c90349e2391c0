"""What the state file holds, as values: readers get these and never a cursor."""

from enum import StrEnum

from msgspec import Struct

from pwl_tui.answer import Answer
from pwl_tui.changes import Before
from pwl_tui.problem import Problem


class BatchState(StrEnum):
    """The state of one submission. Only the transitions in the money rules are ever made."""

    PLANNED = "planned"
    """Stored, not sent."""
    SENDING = "sending"
    """The intent is committed; only the sender knows whether a byte was sent."""
    PROCESSING = "processing"
    """Accepted and charged; its ID is on disk."""
    COMPLETED = "completed"
    REJECTED = "rejected"
    """Refused and not charged; the person has to fix the cause."""
    UNKNOWN = "unknown"
    """In doubt: it may have been charged. Nothing is sent with this key until it is settled."""
    LOST = "lost"
    """Charged, and written off because its ID cannot be found."""
    RELEASED = "released"
    """The person decided that it was not charged; another batch took its numbers."""
    UNREACHABLE = "unreachable"
    """The service does not know its ID with this key."""


class JobState(StrEnum):
    """The state of a job: derived from its batches, never stored."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ATTENTION = "attention"
    PAUSED = "paused"


class Binding(Struct, frozen=True):
    """The service and key that a batch belongs to; it is never polled with another.

    Attributes:
        base_url: the service's address, without a trailing slash.
        fingerprint: of the key, as `Secret.fingerprint` gives it.
    """

    base_url: str
    fingerprint: str


class Counts(Struct, frozen=True):
    """How many numbers of a batch or job have which result."""

    on_whatsapp: int = 0
    business: int = 0
    """Of those on WhatsApp."""
    not_on_whatsapp: int = 0
    failed: int = 0
    pending: int = 0

    @property
    def answered(self) -> int:
        """Numbers that have their final result, including failures."""
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
    """The service's ID. None means it has none yet."""
    submitted: float | None
    """When the intent to send was committed, UTC epoch seconds, as all times."""
    completed: float | None
    last_poll: float | None
    next_poll: float | None
    attempts: int
    """Failed polls in a row."""
    charged: int
    """Credits known to have been charged."""
    balance_before: int | None
    """Credits read just before it was sent."""
    replaces: int | None
    """The released batch of the same job whose numbers it took."""
    counts: Counts
    error: Problem | None
    trouble: Problem | None = None
    """Why its last poll taught nothing, or why it ended without all answers. None means neither."""
    received: str = ""
    """The beginning of its last answer, if that could not be understood."""

    @property
    def problem(self) -> Problem | None:
        """What there is to say about it now."""
        return self.trouble or self.error

    @property
    def label(self) -> str:
        """Its name on the command line: ``JOB.SEQ``."""
        return f"{self.job}.{self.seq}"


class Candidate(Struct, frozen=True):
    """What may be the ID of a batch in doubt: it came in answer to the paid call."""

    batch_id: str
    refusal: str
    """Why it was not taken when it was last looked up, in a sentence; empty if it was not looked up."""
    final: bool
    """Whether it is certainly not the batch's."""


class WrittenFile(Struct, frozen=True):
    """A file that an export has written, and how many rows it has; for a text, how many numbers."""

    path: str
    rows: int


class Wish(Struct, frozen=True):
    """The export that a job is to have once it is finished.

    Attributes:
        path: the file; for a split, what the names of the files are made of.
        written: when it was written. None means that it is still to be written.
        files: what was written.
        problem: why it could not be written the last time. None means that it was not tried, or was written.
    """

    path: str
    written: float | None = None
    files: tuple[WrittenFile, ...] = ()
    problem: Problem | None = None


class Job(Struct, frozen=True):
    """One list accepted for validation, with the totals of its batches."""

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
    """Unique numbers, including reused ones."""
    reused: int
    """Numbers whose answer another job paid for; those under way elsewhere are added as they are answered."""
    left_out: int
    """Numbers left out: not in the sample, more than the credits allowed, or not answered elsewhere."""
    paused: bool
    hold: Problem | None
    """Why nothing more is sent: credits are short, the service asked us to wait, it refused the key."""
    hold_until: float | None
    """When sending is tried again. None means when the person has removed the cause."""
    counts: Counts
    """Of all its numbers, including reused ones."""
    charged: int
    batches: dict[BatchState, int]
    """How many of its batches are in which state; without states that no batch is in."""
    last_poll: float | None
    """The latest of its batches."""
    next_poll: float | None
    """The earliest of its batches that are still processing."""
    started: float | None
    """When its first batch was sent."""
    unfetched_since: float | None
    """When the earliest batch that is not fetched completely (processing, unreachable) was sent."""
    finished: float | None
    """When its last batch was completed. None means there is work left."""
    error: Problem | None
    """The problem of the first batch that needs attention, else the hold."""
    retry_of: int | None = None
    """ID of the job whose failed numbers it retries."""
    under_way: int = 0
    """Numbers that other jobs pay for and whose answers it still waits for; they are pending."""
    failed_elsewhere: int = 0
    """Numbers that failed in other jobs, which paid for them."""
    follows: tuple[int, ...] = ()
    """IDs of the jobs that pay for the numbers under way."""
    trouble: Problem | None = None
    """Why the last poll of one of its batches that are processing taught nothing. None means that all did."""
    recheck_of: int | None = None
    """ID of the job whose answers it asks for again; it may have been forgotten. None: this is no recheck."""
    wish: Wish | None = None
    """The export that it is to have once it is finished. None means none."""
    by: str = ""
    """Who made it, as ``user@host``; empty if that is not known, or always the same person."""

    @property
    def in_batches(self) -> int:
        """Numbers that it pays for itself."""
        return self.numbers - self.reused - self.under_way - self.failed_elsewhere - self.left_out

    @property
    def unfinished(self) -> bool:
        """Whether anything may still change."""
        return self.state is not JobState.COMPLETED

    @property
    def must_stay(self) -> bool:
        """Whether something must still be sent, fetched or settled; else the job can be forgotten."""
        open_states = {BatchState.PLANNED, BatchState.SENDING, BatchState.PROCESSING, BatchState.UNKNOWN}
        return bool(self.under_way) or not open_states.isdisjoint(self.batches)

    @property
    def done(self) -> float:
        """Share of its numbers that have a result, 0 to 1; numbers left out do not count."""
        wanted = self.numbers - self.left_out
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
    before: Before | None = None
    """What was known before a recheck. None means nothing, or that the job is none."""


class RejectedRow(Struct, frozen=True):
    """A row with no usable number."""

    index: int
    """0-based among the list's data rows."""
    reason: str


class BalanceReading(Struct, frozen=True):
    """The credits of one service at one moment, by the service."""

    at: float
    service: str
    balance: int
