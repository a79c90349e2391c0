"""What the worker does or did, as JSON and as text."""

import time
from typing import Literal

from msgspec import Struct

from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import standstill
from pwl_tui.cli.render.json_output import moment as in_utc
from pwl_tui.cli.session import Session
from pwl_tui.cli.worker.log import log_lines
from pwl_tui.engine.jobs.left import left_to_do
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.problem import Problem
from pwl_tui.state.files.worker import WorkerFiles, WorkerRecord
from pwl_tui.wording.figures import moment
from pwl_tui.wording.worker import left_words


class WorkerStatus(Struct, frozen=True):
    """The JSON that `worker start`, `stop` and `status` print.

    Attributes:
        running: whether a worker is alive.
        state: ``killed`` means that it ended without recording why, ``none`` that there never was one.
        machine: where it runs or ran; null if there never was one, as for the next four.
        pid: its process.
        since: when it began.
        ended: when it ended by itself; null if it did not.
        exit: its exit code then.
        problem: what the jobs wait for, or why it ended before everything was done.
        unfinished: jobs of the key that are not finished.
        unsent: numbers of those jobs that are not sent yet.
        checking: numbers that were sent and have no answer yet.
        exports: finished jobs of the key whose export is still to be written.
        said: the last line of its log, without its time; empty if there is none.
        log: the path of its log.
    """

    running: bool
    state: Literal["working", "ended", "killed", "none"]
    machine: str | None
    pid: int | None
    since: str | None
    ended: str | None
    exit: int | None
    problem: Problem | None
    unfinished: int
    unsent: int
    checking: int
    exports: int
    said: str
    log: str


def worker_files(session: Session) -> WorkerFiles:
    """Return the files of the worker of the key in use.

    Raises:
        EngineError: there is no key.
    """
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    return session.store.worker(session.engine.binding)


def print_status(session: Session, heading: str = "") -> None:
    """Print what the worker does: as JSON, or as text after a heading."""
    files = worker_files(session)
    record, running = files.read(), files.alive()
    status = _status(session, files, record, running=running)
    lines = [heading, _words(record, running=running)]
    if not (running and heading):
        lines.append(_left(session))
    if status.problem is not None and (status.unfinished or status.exports):
        lines.append(f"{status.problem.message} {status.problem.remedy}")
    if record is not None:
        lines.append(f"Its log is {status.log}.")
    session.output.value(status, "\n".join(line for line in lines if line))


def _status(
    session: Session, files: WorkerFiles, record: WorkerRecord | None, *, running: bool
) -> WorkerStatus:
    engine = session.engine
    left = left_to_do(engine.store, engine.binding) if engine.binding is not None else None
    try:
        last = (log_lines(files.log) or [""])[-1]
    except OSError:
        last = ""
    ended = record is not None and record.ended is not None
    problem = _in_the_way(session) or (None if running or record is None else record.problem)
    return WorkerStatus(
        running=running,
        state="working" if running else "none" if record is None else "ended" if ended else "killed",
        machine=None if record is None else record.machine,
        pid=None if record is None else record.pid,
        since=None if record is None else in_utc(record.since),
        ended=None if record is None else in_utc(record.ended),
        exit=None if record is None else record.exit,
        problem=problem,
        unfinished=0 if left is None else left.jobs,
        unsent=0 if left is None else left.unsent,
        checking=0 if left is None else left.checking,
        exports=0 if left is None else left.exports,
        said=last.partition("  ")[2],
        log=str(files.log),
    )


def _in_the_way(session: Session) -> Problem | None:
    """Return what keeps the jobs, or one of them, from making progress now."""
    engine = session.engine
    if engine.misplaced is not None:
        return engine.misplaced
    if (stopped := standstill(engine)) is not None:
        return stopped.problem
    own = [job for job in session.store.jobs.foremost(0)[0] if job.binding == engine.binding]
    return next((problem for job in own if (problem := job.error or job.trouble) is not None), None)


def _left(session: Session) -> str:
    binding = session.engine.binding
    return "" if binding is None else left_words(left_to_do(session.store, binding))


def _words(record: WorkerRecord | None, *, running: bool) -> str:
    now = time.time()
    if record is None:
        return "There is no background worker." if not running else "The background worker is starting."
    if running:
        since = moment(record.since, now)
        return f"The background worker has been running since {since} (PID {record.pid}, {record.machine})."
    if record.ended is not None:
        how = "was stopped" if record.exit == Exit.INTERRUPTED else "ended"
        return f"The background worker {how} at {moment(record.ended, now)}."
    return (
        f"The background worker that started at {moment(record.since, now)} was killed; nothing is lost."
        " Run `pwl-tui worker start` to continue."
    )
