"""Plays every fault at every call through the real commands: what they say, where they end, what is kept.

A cell is one fault at one call. After it the fault is gone, whatever is in doubt is settled by what the
service knows, and the work goes on to its end: then nothing may be lost, and nothing paid for twice.
"""

import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Literal
from unittest.mock import patch

import httpx

from pwl_tui.api.client import Client
from pwl_tui.api.network import Network
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.main import main
from pwl_tui.engine.polling.schedule import TRIES
from tests.e2e.harness import KEY, Place, charged_twice, place, spent
from tests.security.far_end import Certificates, Listening, far_end, listening, nowhere
from tests.security.transport_faults import FAULTS, Fault, page, says
from tests.unit.contract import CASES, Case

Call = Literal["balance", "submit", "poll", "lookup"]
CALLS: Final[tuple[Call, ...]] = ("balance", "submit", "poll", "lookup")
NUMBER: Final = "+14155552671"
_IMPATIENT, _PATIENT = httpx.Timeout(0.4), httpx.Timeout(20.0)
_CERTIFICATES = Certificates()


@dataclass(frozen=True)
class Expected:
    """What must come of a fault at a call.

    Attributes:
        exit: of the command.
        kind: of the problem; empty: there is none.
        charged: by the problem.
        state: of the batch, once the command has ended; empty: there is none.
        words: of the sentence for the person.
    """

    exit: int
    kind: str
    charged: str
    state: str
    words: str


@dataclass
class Came:
    """What came of it, in the same words; and every thing that must never be."""

    exit: int
    kind: str
    charged: str
    state: str
    said: str
    wrong: list[str] = field(default_factory=list)
    searched: int = 0
    """Bytes that were searched for the key and for escape sequences."""

    def differs(self, expected: Expected) -> list[str]:
        """Return a sentence for everything that is not as expected."""
        found = [
            f"{name} is {got!r}, not {wanted!r}"
            for name, got, wanted in (
                ("the exit code", self.exit, expected.exit),
                ("the kind", self.kind, expected.kind),
                ("charged", self.charged, expected.charged),
                ("the batch", self.state, expected.state),
            )
            if got != wanted
        ]
        if expected.words not in self.said:
            found.append(f"{expected.words!r} is not said, but {self.said!r}")
        return [*found, *self.wrong]


def expected(fault: Fault, call: Call) -> Expected:
    """Return what must come of a transport fault at a call, by its row of the table."""
    paid = call in {"submit", "lookup"}
    whole = fault.complete and call == "lookup"
    kind, _, charged = (fault.paid if paid and not whole else fault.asked).partition(" ")
    charged = charged or "no"
    if kind == "ok":
        state = {"submit": "processing", "poll": "completed"}.get(call, "")
        return Expected(Exit.DONE, "", "", state, "")
    if call == "poll":
        return Expected(Exit.SERVICE, kind, charged, "processing", fault.words)
    if call != "submit":
        return Expected(Exit.SERVICE, kind, charged, "", fault.words)
    if charged == "no":  # it is sent again by itself
        return Expected(Exit.DONE, "", "", "processing", fault.words)
    if fault.proven:
        return Expected(Exit.DONE, "", "", "processing", "")
    return Expected(Exit.UNKNOWN, kind, charged, "unknown", fault.words)


_ASKED_EXITS = {"gone": Exit.FAILED}


def documented(case: Case) -> Fault:
    """Return what plays an error of a dialect, or an answer that is of none."""
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    return Fault(case.name, says(page(f"{case.status} Documented", body)), case.kind, "", "")


def expected_of(case: Case, call: Call) -> Expected:
    """Return what must come of a documented error at a call, by its row of the contract."""
    told = "A sentence of the service." if isinstance(case.body, dict) else str(case.status)
    if call == "balance":
        return Expected(case.asking_exits, case.kind, "no", "", told)
    if call == "lookup":
        return Expected(case.asking_exits, case.kind, case.charged, "", told)
    if call == "submit":
        if case.sending_exits is None:
            return Expected(Exit.DONE, "", "", "processing", told)
        return Expected(case.sending_exits, case.kind, case.charged, case.batch, told)
    if case.polling == "gone":
        return Expected(Exit.FAILED, case.kind, "no", "unreachable", told)
    ends = case.asking_exits in {Exit.REFUSED, Exit.SERVICE}
    return Expected(case.asking_exits if ends else Exit.TIMEOUT, case.kind, "no", "processing", told)


class _Broken:
    """Leads one call to the far end, as often as it is told to, and all others to the true service."""

    def __init__(self, call: Call, service: str, far: str, *, tls: bool, times: int) -> None:
        self._call, self._left = call, times
        self._ways = {False: ("http", service), True: ("https" if tls else "http", far)}
        self.met = 0

    def url(self, request: httpx.Request) -> httpx.URL:
        broken = self._left > 0 and _call_of(request) == self._call
        self._left -= broken
        self.met += broken
        scheme, netloc = self._ways[broken]
        host, _, port = netloc.partition(":")
        return request.url.copy_with(scheme=scheme, host=host, port=int(port))


def _call_of(request: httpx.Request) -> str:
    if request.url.path.endswith("/balance"):
        return "balance"
    if request.url.path.endswith("/wavalidation"):
        return "lookup"
    return "submit" if request.method == "POST" else "poll"


def play(fault: Fault, call: Call, directory: Path) -> Came:
    """Play one cell on a machine of its own; see the module."""
    with ExitStack() as stack:
        machine = stack.enter_context(place(directory))
        elsewhere = stack.enter_context(listening(lambda _connection, _here: None))
        certificates = _CERTIFICATES.trusted(directory)
        (directory / "list.txt").write_text(f"{NUMBER}\n")
        stack.enter_context(
            _surroundings(machine, SSL_CERT_FILE=str(certificates), PROWEBLOOK_BASE_URL="https://localhost:1")
        )
        tls = fault.secure is not None or fault.tls
        far = nowhere()
        if fault.serve is not None:
            far = stack.enter_context(
                far_end(
                    fault.serve,
                    base_url=machine.simulator.base_url,
                    elsewhere=elsewhere.netloc,
                    tls=None if fault.secure is None else fault.secure(_CERTIFICATES),
                    host=fault.host,
                )
            ).netloc
        stack.enter_context(_hurry(_IMPATIENT if fault.endless else _PATIENT))
        return _play(fault, call, machine, far, elsewhere, tls=tls)


def _play(fault: Fault, call: Call, machine: Place, far: str, elsewhere: Listening, *, tls: bool) -> Came:
    service = machine.simulator.base_url.removeprefix("http://").replace("127.0.0.1", "localhost")
    healthy = _Broken(call, service, far, tls=tls, times=0)
    with _led(healthy):
        if call == "poll":
            _run("submit", "list.txt", "--yes")
    # So often until a poll in vain is on disk, or until what is documented is believed.
    enough = 2 if fault in FAULTS else TRIES + 2
    # A batch that was surely not sent is sent again: that is for the true service to see.
    broken = _Broken(call, service, far, tls=tls, times=1 if call == "submit" else 1_000)
    commands: Mapping[Call, tuple[str, ...]] = {
        "balance": ("balance", "--json"),
        "submit": ("submit", "list.txt", "--yes", "--json"),
        "poll": ("watch", "--json", "--timeout", "60"),
        "lookup": ("lookup", NUMBER, "--json"),
    }
    with _led(broken), _out_of_time(lambda: broken.met >= enough):
        code, out, err = _run(*commands[call])
    came = _read(call, code, out, err)
    if not broken.met:
        came.wrong.append("the call was never made")
    if elsewhere.came:
        came.wrong.append("somebody else was asked, who may have learned the key")
    with _led(healthy):
        came.wrong += _bring_to_an_end(call, machine)
    came.wrong += _never(out + err, machine.directory, came)
    return came


def _read(call: Call, code: int, out: str, err: str) -> Came:
    """Return what a command said, from its JSON and its sentences."""
    value = json.loads(out)
    said = err
    if call == "submit":
        problem, state = value.get("error"), value["batches"][0]["state"] if "batches" in value else ""
    elif call == "poll":
        batch = value[0]["batches"][0] if isinstance(value, list) else {}
        problem, state = batch.get("error"), batch.get("state", "")
    elif call == "lookup":
        problem, state = value[0]["error"] if isinstance(value, list) else value["error"], ""
    else:
        problem, state = value.get("error"), ""
    if problem:
        said += problem["message"] + problem["remedy"]
    return Came(code, problem["kind"] if problem else "", problem["charged"] if problem else "", state, said)


def _bring_to_an_end(call: Call, machine: Place) -> list[str]:
    """Settle what is in doubt, resume what is held, and go on; return what is wrong in the end."""
    wrong = []
    if call in {"submit", "poll"}:
        shown = json.loads(_run("show", "1", "--json")[1])
        batch = shown["batches"][0]
        if batch["state"] == "unknown":
            known = list(machine.world.batches)
            how = ("adopted", "--batch-id", known[0]) if known else ("free",)
            code, _, err = _run("settle", batch["batch"], "--as", *how)
            if code:
                wrong.append(f"it cannot be settled: {err}")
        elif batch["state"] in {"rejected", "planned", "unreachable"}:
            _run("resume", "1")
        for _ in range(3):  # what was odd lately may still be said once more
            code, _, err = _run("watch", "--timeout", "30")
            if code == 0:
                break
        job = json.loads(_run("show", "1", "--json")[1])
        if (code, job["state"], job["pending"]) != (0, "completed", 0):
            wrong.append(f"the job does not come to its end: {code}, {err}")
    elif call == "lookup":
        code, _, err = _run("lookup", NUMBER, "--fresh", "--json")
        if code:
            wrong.append(f"it cannot be asked anew: {err}")
    else:
        code, _, err = _run("balance")
        if code:
            wrong.append(f"the balance cannot be read: {err}")
    ledger = json.loads(_run("ledger", "--json")[1])
    paid, doubtful = spent(machine), ledger.get("possibly_spent", 0)
    if call != "lookup" and charged_twice(machine.world):
        wrong.append("a number was paid for twice")
    if not ledger["spent"] <= paid <= ledger["spent"] + max(doubtful, call == "lookup"):
        wrong.append(f"{paid} credits were paid, and {ledger['spent']} are booked")
    return wrong


def _never(text: str, directory: Path, came: Came) -> Iterator[str]:
    """Yield a sentence for everything that no fault may cause."""
    if "Traceback" in text or "Internal error" in text:
        yield f"the program itself failed: {text}"
    for name, content in (
        ("the output", text.encode()),
        *((str(file), file.read_bytes()) for file in directory.rglob("*") if file.is_file()),
    ):
        came.searched += len(content)
        if KEY.encode() in content:
            yield f"the key is in {name}"
        if b"\x1b" in content and name == "the output":
            yield f"a raw escape character is in {name}"


def _run(*arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
    return code, out.getvalue(), err.getvalue()


@contextmanager
def _led(broken: _Broken) -> Iterator[None]:
    """Lead the program's calls to where `broken` wants them."""
    handle = Network.handle_request

    def handle_request(self: Network, request: httpx.Request) -> httpx.Response:
        led = httpx.Request(
            request.method,
            broken.url(request),
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        return handle(self, led)

    with patch.object(Network, "handle_request", handle_request):
        yield


@contextmanager
def _out_of_time(passed: Callable[[], bool]) -> Iterator[None]:
    """Let the time that a command may take pass at a certain moment, and not before."""
    clock = SimpleNamespace(
        time=time.time, monotonic=lambda: time.monotonic() + (1_000.0 if passed() else 0.0)
    )
    with patch("pwl_tui.cli.follow.time", clock):
        yield


@contextmanager
def _surroundings(machine: Place, **environ: str) -> Iterator[None]:
    before = Path.cwd()
    with patch.dict(os.environ, machine.environ(**environ), clear=True):
        os.chdir(machine.directory)
        try:
            yield
        finally:
            os.chdir(before)


@contextmanager
def _hurry(timeout: httpx.Timeout) -> Iterator[None]:
    """Shorten what takes minutes in life."""
    defaults: dict[str, Any] = {"paid_timeout": timeout, "read_timeout": timeout}
    with (
        patch.dict(Client.__init__.__kwdefaults__, defaults),
        patch("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.02),
        patch("pwl_tui.engine.polling.monitor.CHECK_SECONDS", 0.05),
        patch("pwl_tui.cli.follow._TICK_SECONDS", 0.02),
        patch("pwl_tui.engine.money.submitter.PROOF_OFFSETS", (0.05,)),
    ):
        yield


def cells() -> Iterator[tuple[str, Fault, Call, Expected]]:
    """Yield every cell: its name, what is played, at which call, and what must come of it."""
    for fault in FAULTS:
        for call in CALLS:
            yield f"{fault.name}, {call}", fault, call, expected(fault, call)
    for case in CASES:
        for call in CALLS:
            yield f"{case.name}, {call}", documented(case), call, expected_of(case, call)
