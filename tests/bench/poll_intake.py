"""Times taking in one poll of 1,000 results: ``python -m tests.bench.poll_intake``.

The answer is as the reference shows it. Decoding it, matching its results to the batch's numbers and storing
them stand beside the floor of the same run: msgspec alone, decoding the same bytes.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from pwl_tui.api.answers import fields_of, read_batch
from pwl_tui.api.models import BatchAnswer
from pwl_tui.state.store import Store
from tests.unit.fake_service import FIRST, Clock, accepted, add_job, make_poller, make_service

SIZE = 1_000
_RUNS = 30


def body_of(batch_id: str, first: int, size: int = SIZE) -> bytes:
    """Return the answer to a poll of a completed batch, as the service writes it."""
    results = [
        {
            "phone_number": f"+{number}",
            "status": "completed",
            "wa_status": "VALID_CONFIRMED" if number % 3 else "INVALID",
            "numberstatus": bool(number % 3),
            "businessnumber": number % 7 == 0,
            "formatted_number": f"+{number}",
            "carrier": "T-Mobile",
            "country": "US",
        }
        for number in range(first, first + size)
    ]
    counts = {"total_numbers": size, "completed": size, "failed": 0, "pending": 0}
    return msgspec.json.encode({"batch_id": batch_id, "status": "completed", **counts, "results": results})


def understood(body: bytes) -> BatchAnswer:
    """Decode a poll as the client does."""
    answer = read_batch(fields_of(body), "id-1")
    if answer is None:
        raise AssertionError("the documented answer cannot be read")
    return answer


def timed(call: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: a busy machine has no other fair measure."""
    began = time.process_time()
    call()
    return time.process_time() - began


def main() -> None:
    """Measure and print, each as a ratio to the floor."""
    clock = Clock()
    service = make_service(clock)
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory) / "state")
        decoding, storing, floors = [], [], []
        for run in range(_RUNS):
            first = FIRST + run * SIZE
            batch = accepted(store, add_job(store, first, SIZE))
            body = body_of("id-1", first)
            floors.append(timed(lambda body=body: msgspec.json.decode(body)))  # type: ignore[misc] # binds now
            decoding.append(timed(lambda body=body: understood(body)))  # type: ignore[misc] # binds now
            answer = understood(body)
            service.poll = lambda _, answer=answer: answer  # type: ignore[method-assign,misc] # as above
            poller = make_poller(store, service, clock)
            storing.append(timed(lambda poller=poller, batch=batch: poller.poll(batch)))  # type: ignore[misc] # as above
        store.close()
    floor = min(floors)
    print(f"{'floor: msgspec alone':<32} {floor * 1000:8.2f} ms")
    for what, took in (("decode 1,000 results", decoding), ("match and store them", storing)):
        print(f"{what:<32} {min(took) * 1000:8.2f} ms {min(took) / floor:8,.1f} x")


if __name__ == "__main__":
    main()
