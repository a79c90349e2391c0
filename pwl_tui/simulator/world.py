"""The simulated service's books: keys, credits, charges and batches.

It behaves as the provider's reference says and, where that is silent, as each method's docstring says. It
knows nothing of HTTP but status codes. It has no threads and never sleeps: the progress of a batch is
computed from the clock when somebody asks. Every method may be called from any thread.
"""

import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from pwl_tui.simulator.queues import QueueKind, queue_of
from pwl_tui.simulator.truth import CHECK_FAILED, Truth, batch_result, check_result, e164, truth_of

Answer = tuple[int, dict[str, Any]]
"""An HTTP status and the JSON object of the body."""

SERVICES = ("phonevalidation", "wavalidation", "calleridvalidation", "blacklistchecker")
MAX_BATCH = 1000
"""The most numbers in one submission."""

_ALIASES = {"blacklist": "blacklistchecker"}
_WHATSAPP = "wavalidation"
_INVALID_KEY: Answer = (401, {"error": "Invalid API key."})
_BATCH_NOT_FOUND: Answer = (404, {"error": "Batch not found or access denied."})


class Charge(Struct, frozen=True):
    """One charge to a key."""

    at: float
    """UTC epoch seconds, from the world's clock."""
    key: str
    service: str
    amount: int
    """Credits charged; always positive."""
    balance_before: int
    balance_after: int
    batch_id: str | None
    """None means a single check."""
    numbers: tuple[str, ...]
    """What was paid for, one credit each."""


class BatchView(Struct, frozen=True):
    """A batch as it is now."""

    key: str
    numbers: tuple[str, ...]
    """Without duplicates, in the order submitted."""
    submitted_at: float
    """UTC epoch seconds, from the world's clock."""
    done: bool
    """Whether every number has its answer."""


class _Batch(Struct, frozen=True):
    key: str
    numbers: tuple[str, ...]
    submitted_at: float
    place: int
    """In the queue."""


class World:
    """The service behind the embedded server, and the record that tests compare a client with.

    Args:
        clock: returns the time in UTC epoch seconds.
        rate: numbers the service completes per second, over all keys and batches, or for each batch where
            each has a rate of its own; ``math.inf`` completes every batch at once.
        queue: in which order it works; first come first served unless told otherwise.
        in_order: whether the numbers of a batch are completed in the order submitted; otherwise in any.
        unevenness: how much the rate changes over time, see `Queue`.
        seed: a different seed gives different truths.
        failure_share: the share of readable numbers that fail, 0 to 1.
        batch_ids: returns a new batch ID at every call.

    Raises:
        ValueError: `rate` is not positive.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        rate: float = 50.0,
        queue: QueueKind = QueueKind.ONE_BY_ONE,
        in_order: bool = True,
        unevenness: float = 0.0,
        seed: int = 0,
        failure_share: float = 0.01,
        batch_ids: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        if not rate > 0:
            raise ValueError("the rate must be above 0 numbers per second")
        self.clock = clock
        self._queue = queue_of(queue, rate=rate, unevenness=unevenness, seed=seed)
        self.seed = seed
        self._in_order = in_order
        self._failure_share = failure_share
        self._batch_ids = batch_ids
        self._lock = threading.Lock()
        self._credits: dict[str, dict[str, int]] = {}
        self._batches: dict[str, _Batch] = {}
        self._ledger: list[Charge] = []

    def add_key(self, key: str, **credits_of: int) -> None:
        """Make `key` valid, with credits by service (``add_key("k", wavalidation=100)``); the rest have none.

        Raises:
            ValueError: a service does not exist.
        """
        if unknown := credits_of.keys() - set(SERVICES):
            raise ValueError(f"no such service: {', '.join(sorted(unknown))}")
        with self._lock:
            self._credits[key] = dict.fromkeys(SERVICES, 0) | credits_of

    def add_credits(self, key: str, service: str, amount: int) -> None:
        """Top up one service of a key; a negative amount removes credits, without a trace in the ledger.

        Raises:
            KeyError: the key or service is unknown.
        """
        with self._lock:
            self._credits[key][service] += amount

    def key_index(self, key: str) -> int | None:
        """Return the position of a key in the order of `add_key`, to identify it without showing it."""
        with self._lock:
            return next((index for index, known in enumerate(self._credits) if known == key), None)

    @property
    def ledger(self) -> list[Charge]:
        """Every charge so far, oldest first (a copy)."""
        with self._lock:
            return list(self._ledger)

    @property
    def batches(self) -> Mapping[str, BatchView]:
        """Every batch by its ID, as of now, in the order submitted (a copy)."""
        now = self.clock()
        with self._lock:
            return {
                batch_id: BatchView(
                    batch.key,
                    batch.numbers,
                    batch.submitted_at,
                    self._queue.ended(batch.place, now) is not None,
                )
                for batch_id, batch in self._batches.items()
            }

    def ended(self, batch_id: str) -> float | None:
        """Return when a batch ended, UTC epoch seconds. None means it has not.

        Raises:
            KeyError: there is no such batch.
        """
        with self._lock:
            return self._queue.ended(self._batches[batch_id].place, self.clock())

    def truth(self, number: str) -> Truth:
        """Return the truth about `number`; see `truth_of`."""
        return truth_of(number, seed=self.seed, failure_share=self._failure_share)

    def balance(self, key: str, service: str | None) -> Answer:
        """Answer the balance call: 200, 400 without a service or with an unknown one, 401.

        The answer repeats the name of the service as requested, even if it is an alias.
        """
        with self._lock:
            if key not in self._credits:
                return _INVALID_KEY
            if not service:
                return _missing("Service")
            left = self._credits[key].get(_ALIASES.get(service, service))
        if left is None:
            return 400, {"error": "Invalid service."}
        return 200, {"balance": left, "service": service}

    def submit(self, key: str, phone_numbers: object) -> Answer:
        """Answer the submission of a batch: 202, 400, 401, 402; charges all numbers it accepts, or nothing.

        Args:
            key: the API key.
            phone_numbers: the value of that field in the request's body, whatever it is. The limit applies to
                them as sent; then duplicates are removed by their text. A number that cannot be read is
                accepted and charged, and fails.
        """
        with self._lock:
            if key not in self._credits:
                return _INVALID_KEY
            if not phone_numbers:
                return _missing("PhoneNumbers")
            if not isinstance(phone_numbers, list) or not all(isinstance(n, str) for n in phone_numbers):
                return 400, {"error": "PhoneNumbers must be a list of strings."}
            if len(phone_numbers) > MAX_BATCH:
                return 400, {
                    "error": f"Batch size exceeds the maximum allowed limit of {MAX_BATCH} numbers.",
                    "submitted": len(phone_numbers),
                    "max_allowed": MAX_BATCH,
                }
            numbers = tuple(dict.fromkeys(phone_numbers))
            batch_id = self._batch_ids()
            if refusal := self._charge(key, numbers, batch_id):
                return refusal
            now = self.clock()
            place = self._queue.add(len(numbers), now)
            self._batches[batch_id] = _Batch(key, numbers, now, place)
        return 202, {"batch_id": batch_id, "total_numbers": len(numbers), "status": "processing"}

    def poll(self, key: str, batch_id: str) -> Answer:
        """Answer the poll of a batch: 200, 401, or 404 for an unknown batch and for another key's.

        Results are in the order submitted, whatever the order of completion. ``completed`` counts failed
        numbers too, so once one has failed it contradicts ``pending = total - completed - failed``: the
        reference says both.
        """
        now = self.clock()
        with self._lock:
            if key not in self._credits:
                return _INVALID_KEY
            batch = self._batches.get(batch_id)
            if batch is None or batch.key != key:
                return _BATCH_NOT_FOUND
            total, finished = len(batch.numbers), int(self._queue.answered(batch.place, now))
        answered = set(self._order(batch)[:finished])
        results = [
            batch_result(number, self.truth(number))
            if number in answered
            else {"phone_number": number, "status": "pending"}
            for number in batch.numbers
        ]
        failed = sum(result["status"] == "failed" for result in results)
        return 200, {
            "batch_id": batch_id,
            "status": "completed" if finished == total else "processing",
            "total_numbers": total,
            "completed": finished,
            "failed": failed,
            "pending": total - finished,
            "results": results,
        }

    def _order(self, batch: _Batch) -> Sequence[str]:
        """Return the numbers of a batch in the order in which they are completed."""
        if self._in_order:
            return batch.numbers
        chance = random.Random(f"{self.seed} {batch.place}")  # noqa: S311 - an order that repeats itself
        return chance.sample(batch.numbers, len(batch.numbers))

    def check(self, key: str, phone_number: object, country_code: object = None) -> Answer:
        """Answer the single check: 200 for one WhatsApp credit, 400, 401, 402, 500; only 200 is charged.

        Args:
            key: the API key.
            phone_number: the value of that parameter; see `e164` for how it is read.
            country_code: likewise.
        """
        with self._lock:
            if key not in self._credits:
                return _INVALID_KEY
            if not phone_number:
                return _missing("PhoneNumber")
            number = e164(str(phone_number), str(country_code or ""))
            if number is None:
                return 400, {"error": "Invalid phone number."}
            truth = self.truth(number)
            if truth.fails:
                return 500, {"error": CHECK_FAILED}
            if refusal := self._charge(key, (number,), None):
                return refusal
        return 200, check_result(number, truth)

    def _charge(self, key: str, numbers: tuple[str, ...], batch_id: str | None) -> Answer | None:
        """Charge one WhatsApp credit per number; with too few, charge none and return the refusal."""
        required, available = len(numbers), self._credits[key][_WHATSAPP]
        if available < required:
            error = "Insufficient WA API credits."
            return 402, {"error": error, "required": required, "available": available}
        left = available - required
        self._credits[key][_WHATSAPP] = left
        self._ledger.append(
            Charge(self.clock(), key, _WHATSAPP, required, available, left, batch_id, numbers)
        )
        return None


def _missing(parameter: str) -> Answer:
    return 400, {"error": f"{parameter} is missing in the request."}
