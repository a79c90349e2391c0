"""Starts the screen on 1,000 unfinished batches, all of them due: ``python -m tests.bench.restart``.

The program runs on a real pseudo-terminal, against a service over loopback that answers at once and has
nothing new. What counts is when the first poll arrives after the first paint, that the requests then keep to
the budget, and what the program uses and holds meanwhile.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from pwl_tui.config import Polling, Settings
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.money.journaling import digest
from pwl_tui.secret import Secret
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.store import Store
from tests.bench.terminal import OURS, Program, environ

_KEY = "bench-key"
_FIRST = 14_155_000_000
_BATCHES = 1_000
_SIZE = 1_000
_NAME = "restarted"
_AGO_SECONDS = 3_600.0
_WATCHED_SECONDS = 20.0


class Service(BaseHTTPRequestHandler):
    """Knows every batch, of which nothing is answered yet; notes when it is asked."""

    polls: list[float]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if "/batch/" in path:
            self.polls.append(time.perf_counter())
            start = _FIRST + int(path.rpartition("-")[2]) * _SIZE
            pending = [{"phone_number": f"+{start + n}", "status": "pending"} for n in range(_SIZE)]
            batch = {"batch_id": path.rpartition("/")[2], "status": "processing", "total_numbers": _SIZE}
            answer = {**batch, "completed": 0, "failed": 0, "pending": _SIZE, "results": pending}
        else:
            answer = {"balance": 100, "service": "wavalidation"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Say nothing."""


class Held(NamedTuple):
    """What the processes of a program hold at a moment."""

    memory: float
    threads: int
    descriptors: int


def held(session: int) -> Held:
    """Return the memory in MB, threads and open files of all processes of a session (Linux)."""
    memory, threads, descriptors = 0.0, 0, 0
    for process in _processes(session):
        pages = int((process / "statm").read_text().split()[1])
        memory += pages * 4096 / 1024**2
        threads += len(list((process / "task").iterdir()))
        descriptors += len(list((process / "fd").iterdir()))
    return Held(memory, threads, descriptors)


def _processes(session: int) -> Sequence[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == session:
            found.append(process)
    return found


def fill(directory: Path, base_url: str) -> None:
    """Store a job whose batches were sent an hour ago, and asked never since."""
    store = Store.open(directory / "state")
    store._database.read("PRAGMA synchronous=OFF")  # noqa: SLF001 - the making is not what is measured
    engine = Engine(store, Settings(key_source=Secret(_KEY), base_url=base_url))
    if engine.binding is None:
        raise AssertionError("there is a key")
    total, then = _BATCHES * _SIZE, time.time() - _AGO_SECONDS
    numbers = range(_FIRST, _FIRST + total)
    store.jobs.add(
        NewJob(engine.binding, "default", _NAME, "list", b"{}", then, total, 0, 0, 0, total),
        pieces=[b""],
        rows=((index, None) for index in range(total)),
        numbers=(NewNumber(number, index // _SIZE + 1) for index, number in enumerate(numbers)),
        batches=[
            NewBatch(at, _SIZE, digest(numbers[at : at + _SIZE]), f"batch-{at // _SIZE}", then)
            for at in range(0, total, _SIZE)
        ],
    )
    store.close()


def most_within(times: Sequence[float], seconds: float) -> int:
    """Return how many of some moments lie within any so many seconds."""
    return max((sum(begin <= at < begin + seconds for at in times) for begin in times), default=0)


def main() -> None:
    """Start once, and print the figures."""
    Service.polls = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_port}"
    budget = Polling().requests_per_second
    with tempfile.TemporaryDirectory() as directory:
        fill(Path(directory), base_url)
        with Program(OURS, environ(Path(directory), _KEY, base_url)) as program:
            seen = b""
            while _NAME.encode() not in seen:
                if not (more := program.read()):
                    raise SystemExit("the program never painted")
                seen += more
            painted = program.arrived
            program.watch(_WATCHED_SECONDS / 4)
            before, used = held(program.session), program.processor_seconds
            program.watch(_WATCHED_SECONDS)
            after, used = held(program.session), program.processor_seconds - used
    server.shutdown()
    if not Service.polls:
        raise SystemExit("nothing was asked")
    first = Service.polls[0] - painted
    print(f"first paint {painted - program.began:.2f} s after the start, first poll {first:+.2f} s from it")
    print(f"{len(Service.polls)} polls; at most {most_within(Service.polls, 1.0)} within a second,", end=" ")
    print(f"{most_within(Service.polls, 5.0)} within five; the budget is {budget:.0f} a second")
    print(f"{used / _WATCHED_SECONDS:.1%} of a core")
    for what, figures in (("a few seconds later", before), ("at the end", after)):
        print(
            f"{what:20} {figures.memory:6.1f} MB {figures.threads} threads {figures.descriptors} open files"
        )


if __name__ == "__main__":
    main()
