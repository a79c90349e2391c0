"""Times taking in one poll of 1,000 results: ``python -m tests.bench.poll_intake``.

The answer is as the reference shows it, and all of it is news. Decoding it, matching its results to the
batch's numbers, storing them and planning the next poll stand beside the floor of the same run: a bare
``json.loads``, and one ``executemany`` that upserts the same rows into a table of their own.
"""

import json
import sqlite3
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


_TABLE = """
CREATE TABLE results (batch TEXT, number INTEGER, status TEXT, on_whatsapp INTEGER, business INTEGER,
    carrier TEXT, country TEXT, PRIMARY KEY (batch, number)) WITHOUT ROWID
"""


class Floor:
    """What anyone has to do: decode the answer, and store its results in one transaction.

    Args:
        path: a new SQLite file; it is written as safely as the state file.
    """

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
            self._file.execute(statement)

    def expect(self, batch: str, first: int) -> None:
        """Store the numbers of a batch without their answers."""
        self._file.execute("BEGIN")
        numbers = ((batch, number) for number in range(first, first + SIZE))
        self._file.executemany("INSERT INTO results (batch, number) VALUES (?, ?)", numbers)
        self._file.execute("COMMIT")

    def take_in(self, batch: str, body: bytes) -> None:
        """Decode an answer and store it."""
        results = json.loads(body)["results"]
        self._file.execute("BEGIN IMMEDIATE")
        self._file.executemany(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET status=excluded.status, on_whatsapp=excluded.on_whatsapp, business=excluded.business,"
            " carrier=excluded.carrier, country=excluded.country",
            [
                (
                    batch,
                    int(one["phone_number"]),
                    one["status"],
                    one["numberstatus"],
                    one["businessnumber"],
                    one["carrier"],
                    one["country"],
                )
                for one in results
            ],
        )
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def main() -> None:
    """Measure and print, each as a ratio to the floor."""
    clock = Clock()
    service = make_service(clock)
    with tempfile.TemporaryDirectory() as directory:
        store, floor = Store.open(Path(directory) / "state"), Floor(Path(directory) / "floor.db")
        floors, decoding, whole = [], [], []
        for run in range(_RUNS):
            first = FIRST + run * SIZE
            batch = accepted(store, add_job(store, first, SIZE))
            floor.expect(str(run), first)
            poller = make_poller(store, service, clock)
            body = body_of("id-1", first)
            service.poll = lambda _, body=body: understood(body)  # type: ignore[method-assign,misc] # binds now
            floors.append(timed(lambda run=run, body=body: floor.take_in(str(run), body)))  # type: ignore[misc] # as above
            decoding.append(timed(lambda body=body: understood(body)))  # type: ignore[misc] # as above
            whole.append(timed(lambda poller=poller, batch=batch: poller.poll(batch)))  # type: ignore[misc] # as above
        floor.close()
        store.close()
    least = min(floors)
    print(f"{'floor: json.loads and one upsert':<36} {least * 1000:8.2f} ms")
    for what, took in (("of our intake, decoding alone", decoding), ("take in 1,000 results", whole)):
        print(f"{what:<36} {min(took) * 1000:8.2f} ms {min(took) / least:8.2f} x")


if __name__ == "__main__":
    main()
