"""What happens in a process of the program, which may kill itself at a chosen step.

A step is a moment at which something is about to be kept, or just was: after a transaction's BEGIN, around
its COMMIT, around and within the writing of a line of the journal or its second copy, between the parts of
the paid call, before a file is begun and around its getting its name. The last line on standard error names
it.
"""

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import httpx

from pwl_tui.api.client import Client
from pwl_tui.api.models import Check, Submitted
from pwl_tui.api.network import Network
from pwl_tui.cli.main import main as program
from pwl_tui.config.tables import STATE_URL_VARIABLE
from pwl_tui.engine.jobs.plans import Plans
from pwl_tui.lists.write import files
from pwl_tui.state.database import Database
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.files.journal import Candidates, Intent, Journal, Line
from pwl_tui.state.files.second_copy import SecondCopy

KILLED_AT = "killed at "
"""What the last line says before the step's name."""
PLANNED_AT = "planned at "
"""What a line says before the time at which a plan was made, in UTC epoch seconds."""
HOST_NAME = "TESTS_HOST_NAME"
"""The environment variable with the name of the machine, where several are played on one."""
HALF_A_LINE = "half a journal line"
"""The step that leaves the journal torn."""
_PAID_SECONDS = 0.8

_PARTS_OF_THE_CALL = {
    "connection.connect_tcp.complete": "POST connected",
    "http11.send_request_headers.complete": "POST head sent",
    "http11.send_request_body.complete": "POST body sent",
    "http11.receive_response_headers.complete": "POST answer begun",
    "http11.receive_response_body.complete": "POST answer read",
}
"""httpcore's names of the moments within a call, and ours."""


class Steps:
    """Counts steps, over all threads, and dies at one of them.

    Args:
        kill_at: the step to die at, from 1; 0: none.
    """

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._say = os.write  # as it is before steps are put into it
        self._taken = 0
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        """Take one step, and do not return from the last."""
        with self._lock:
            self._taken += 1
            if self._taken == self._kill_at:
                self._say(sys.stderr.fileno(), f"\n{KILLED_AT}{name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)


def mark_steps(step: Steps, engines: Sequence[type[Database]] = (SQLiteFile,)) -> None:
    """Put the steps into the few places of the program that keep something, for the rest of this process.

    Args:
        step: takes them.
        engines: the databases in which something is kept.
    """
    append, complete = Journal.append, SecondCopy.complete
    submit, check = Client.submit, Client.check
    send, write, fsync = Network.handle_request, os.write, os.fsync
    begin, give_name = files._draft, files._give_name  # noqa: SLF001 - what is about to appear has no other sign
    appending = threading.local()

    def mortal_transactions(engine: type[Database]) -> Callable[..., AbstractContextManager[object]]:
        transaction = engine.transaction

        @contextmanager
        def mortal_transaction(
            self: Database, *, patient: bool = True, holding: bool = False
        ) -> Iterator[object]:
            with transaction(self, patient=patient, holding=holding) as connection:
                step("after BEGIN")
                yield connection
                step("before COMMIT")
            step("after COMMIT")

        return mortal_transaction

    def mortal_append(self: Journal, entry: Line) -> None:
        what = {Intent: "the intent", Candidates: "the candidates"}.get(type(entry), "the id")
        step(f"before {what} in the journal")
        appending.now, appending.whole = True, True
        try:
            append(self, entry)
        finally:
            appending.now = False
        step(f"after {what} in the journal")

    def mortal_complete(self: SecondCopy, journal: Path, tell: Callable[[], None]) -> None:
        appending.now, appending.whole = True, True
        try:
            complete(self, journal, tell)
        finally:
            appending.now = False

    def mortal_draft(path: Path, partial: Path, *, force: bool) -> AbstractContextManager[files.Draft]:
        step("before a file is begun")
        return begin(path, partial, force=force)

    def mortal_name(draft: files.Draft, *, force: bool) -> None:
        step("before a file has its name")
        give_name(draft, force=force)
        step("after a file has its name")

    def mortal_write(descriptor: int, data: bytes) -> int:
        if not getattr(appending, "now", False):
            return write(descriptor, data)
        appending.whole = not appending.whole
        if appending.whole:
            return write(descriptor, data)
        # A write may do less than it was asked for; the program has to write the rest.
        written = write(descriptor, data[: len(data) // 2])
        step(HALF_A_LINE)
        return written

    def mortal_fsync(descriptor: int) -> None:
        if getattr(appending, "now", False):
            step("journal line not synced")
        fsync(descriptor)

    def mortal_send(self: Network, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            request.extensions["trace"] = trace
        return send(self, request)

    def trace(event: str, _: Mapping[str, Any]) -> None:
        if event in _PARTS_OF_THE_CALL:
            step(_PARTS_OF_THE_CALL[event])

    def mortal_submit(self: Client, numbers: Sequence[str]) -> Submitted:
        step("before the POST")
        submitted = submit(self, numbers)
        step("after the POST")
        return submitted

    def mortal_check(self: Client, number: str, region: str | None = None) -> Check:
        step("before the POST")
        checked = check(self, number, region)
        step("after the POST")
        return checked

    for owner, name, mortal in (
        *((engine, "transaction", mortal_transactions(engine)) for engine in engines),
        (Journal, "append", mortal_append),
        (SecondCopy, "complete", mortal_complete),
        (files, "_draft", mortal_draft),
        (files, "_give_name", mortal_name),
        (os, "write", mortal_write),
        (os, "fsync", mortal_fsync),
        (Network, "handle_request", mortal_send),
        (Client, "submit", mortal_submit),
        (Client, "check", mortal_check),
    ):
        patch.object(owner, name, mortal).start()


def hurry() -> None:
    """Shorten time-outs, back-off and looks, so that a run meets in a second what takes minutes in life."""
    timeout = httpx.Timeout(_PAID_SECONDS)
    patch.dict(Client.__init__.__kwdefaults__, paid_timeout=timeout, read_timeout=timeout).start()
    patch("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.05).start()
    patch("pwl_tui.engine.polling.monitor.CHECK_SECONDS", 0.1).start()
    patch("pwl_tui.cli.follow._TICK_SECONDS", 0.05).start()
    patch("pwl_tui.engine.money.submitter.PROOF_OFFSETS", (0.2,)).start()
    patch("pwl_tui.engine.polling.planner.FORGOTTEN_SECONDS", 10.0).start()


def tell_plans() -> None:
    """Write down on standard error when the plan for a list, or of a retry, was made."""

    def telling(plan: Callable[..., object]) -> Callable[..., object]:
        def planned(*args: object, **options: object) -> object:
            made = plan(*args, **options)
            os.write(sys.stderr.fileno(), f"\n{PLANNED_AT}{time.time():.6f}\n".encode())
            return made

        return planned

    for name in ("for_list", "for_retry"):
        patch.object(Plans, name, telling(getattr(Plans, name))).start()


def _engines(environ: Mapping[str, str]) -> tuple[type[Database], ...]:
    if STATE_URL_VARIABLE not in environ:
        return (SQLiteFile,)
    from pwl_tui.state.engines.postgres import Postgres  # its driver need not be installed

    return SQLiteFile, Postgres


def run(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    directory: Path,
    log: Path,
    kill_at: int,
    hurried: bool,
) -> NoReturn:
    """Become a process of the program, and end with its exit code or at a step.

    Args:
        arguments: of the program.
        environ: its environment.
        directory: where it works.
        log: where it writes, without the endings that tell standard output from standard error.
        kill_at: the step to die at, from 1; 0: none, and then nothing of the program is touched.
        hurried: see `hurry`.
    """
    for stream, end in ((sys.stdout, ".out"), (sys.stderr, ".err")):
        with log.with_suffix(end).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(directory)
    warnings.simplefilter("error")
    if hurried:
        hurry()
    if HOST_NAME in environ:
        patch("socket.gethostname", lambda: environ[HOST_NAME]).start()
        tell_plans()
    if kill_at:
        mark_steps(Steps(kill_at), _engines(environ))
    sys.exit(program(arguments))
