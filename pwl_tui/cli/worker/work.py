"""What the worker does: it follows all unfinished jobs of the key until nothing is left to do."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from msgspec.structs import replace

from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import Ending, follow, standstill
from pwl_tui.cli.launcher import leave_undisturbed
from pwl_tui.cli.output import Output, discard_stdout
from pwl_tui.cli.session import Session
from pwl_tui.cli.signals import Interrupted, Pending, pending_signals
from pwl_tui.cli.worker.log import WorkerLog
from pwl_tui.cli.worker.status import print_status, worker_files
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.left import left_to_do
from pwl_tui.engine.problems import EngineError, internal
from pwl_tui.paths import PathError
from pwl_tui.problem import ProblemError
from pwl_tui.secret import Secret
from pwl_tui.state.files.worker import WorkerFiles, WorkerRecord, new_record
from pwl_tui.text import without_numbers
from pwl_tui.wording.worker import left_words

_PROGRESS_SECONDS = 300.0
"""How often the log says how far the work is."""
_PATHS = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
    *("PGPASSFILE", "PGSERVICEFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCRL"),
)
"""Environment variables that may name files from the working directory, which is left."""


def work(session: Session) -> int:
    """Be the worker of the key in use, unless there is one already.

    Its first message on standard output says that it works; from then on it needs no one.

    Raises:
        EngineError: there is no key, or the state directory belongs to another place.
        Interrupted: a signal asked it to end; a paid call was awaited.
    """
    files = worker_files(session)
    if (misplaced := session.engine.misplaced) is not None:
        raise EngineError(misplaced)
    if (stopped := standstill(session.engine)) is not None:
        return _nothing_to_do(session, _without_numbers(stopped))
    # A screen that is being left ignores it, and that is inherited.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with pending_signals() as signals:
            return _take_turns(session, files, signals)
    except Interrupted:
        leave_undisturbed()
        raise


def _take_turns(session: Session, files: WorkerFiles, signals: Pending) -> int:
    """Work as long as there is work and no other worker does it."""
    engine, begun = session.engine, False
    while True:
        with files.hold() as ours:
            if not ours:
                if not begun:
                    print_status(session, "It is already working.")
                return Exit.DONE
            ending = _follow_all(session, engine, files, signals, announce=not begun)
        begun = True
        # A process that stored a job since, and found the lock taken, relies on this look after its release,
        # also where an older job decided how the work ended.
        engine = Engine(session.store, session.settings, may_spend=not session.arguments.no_spend)
        if not ending.at_rest or standstill(engine) is not None:
            if ending.problem is not None:
                session.output.explain(ending.problem)
            return ending.exit


def _follow_all(
    session: Session, engine: Engine, files: WorkerFiles, signals: Pending, *, announce: bool
) -> Ending:
    """Work until nothing is left to do, with the lock held; return what ended it."""
    record = new_record()
    _keep(files, record)
    if announce:
        print_status(session, "Working in the background.")
        _need_nobody(session)
    key = session.settings.api_key or Secret("")
    log = WorkerLog(files.log, key, session.output.err, time.time)
    stream = cast("TextIO", log)  # it has all that `Output` uses
    output = Output(out=stream, err=stream, line_seconds=_PROGRESS_SECONDS)
    left = "" if engine.binding is None else left_words(left_to_do(session.store, engine.binding))
    output.note(f"Working as PID {record.pid}.\n{left}")  # in one line, both could read as a phone number
    ending = Ending(Exit.INTERRUPTED)
    try:
        followed = follow(engine, None, output, finish=True, await_credits=True, signals=signals)
        ending = _without_numbers(followed)
    except Interrupted:
        raise
    except Exception as error:
        problem = error.problem if isinstance(error, ProblemError) else internal(error)
        ending = _without_numbers(Ending(Exit.FAILED, problem))
        raise
    finally:
        output.note(f"Ended. {_why(ending)}")
        _keep(files, replace(record, ended=time.time(), exit=int(ending.exit), problem=ending.problem))
    return ending


def _without_numbers(ending: Ending) -> Ending:
    """Return an ending that says no phone number: what a worker says goes to files and the system's log."""
    if (problem := ending.problem) is None:
        return ending
    message, remedy = without_numbers(problem.message), without_numbers(problem.remedy)
    return replace(ending, problem=replace(problem, message=message, remedy=remedy))


def _why(ending: Ending) -> str:
    if ending.exit is Exit.INTERRUPTED:
        return "Interrupted; nothing is lost."
    problem = ending.problem
    return "Nothing is left to do." if problem is None else f"{problem.message} {problem.remedy}"


def _nothing_to_do(session: Session, stopped: Ending) -> int:
    """Say why there is no work: everything is finished or paused, or something is in the way."""
    if stopped.problem is not None:
        session.output.problem(stopped.problem)
        return stopped.exit
    print_status(session, "There is nothing to do.")
    return Exit.DONE


def _need_nobody(session: Session) -> None:
    """Leave the directory, so that it can be removed, and detach from the process that started this one."""
    for name in _PATHS:
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())
    os.chdir("/")
    if session.output.json:
        discard_stdout()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _keep(files: WorkerFiles, record: WorkerRecord) -> None:
    with suppress(PathError):  # the disk is full: the work matters more
        files.write(record)
