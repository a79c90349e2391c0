"""Automatic exports: what was wished for a job is written once it is finished, by whatever process runs then.

The wish is stored with the job. Every running engine looks for finished jobs whose export is not written,
including jobs that finished while no engine ran. The holder of the export lock writes the export and records
that, so it is written once, whatever processes run. If a process dies while it writes, another one continues:
the wish says which files were begun, and their inode, size and time show whether they are complete. Complete
files are kept as the export; parts are removed and written again. Other people's files are not overwritten.

Finished means that no more answers will come: every batch has its answer, was written off or released, or can
no longer be fetched, because the service has deleted its answers. A job with batches that are in doubt,
rejected, paused or waiting is for the person to decide first. Failed numbers are in the file, as failed.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.events import EngineFailed, Event, JobChanged
from pwl_tui.engine.problems import internal
from pwl_tui.filters import Choice
from pwl_tui.lists.errors import ListError
from pwl_tui.os_errors import is_full
from pwl_tui.problem import Problem, ProblemError
from pwl_tui.provider import PROVIDER
from pwl_tui.state.errors import AwayError
from pwl_tui.state.jobs import NewWish
from pwl_tui.state.models import BatchState, Job, JobState, WrittenFile
from pwl_tui.state.wishes import OpenWish

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target, Written
    from pwl_tui.lists.write.files import Draft

CHECK_SECONDS: Final = 2.0
"""How often to look for jobs that another process has finished."""
FULL_SECONDS: Final = 30.0
"""When to try again after the disk was full."""
FAILED_SECONDS: Final = 300.0
"""When to try again after any other problem, which the person may have fixed."""
_OVER: Final = frozenset({BatchState.COMPLETED, BatchState.LOST, BatchState.RELEASED})
_UNSAFE: Final = "-"
_IN_THE_WAY: Final = "Move that file away, or replace it: `pwl-tui export {} -o FILE{} --force`."

_FROM_TEMPLATE: Final = "This name comes from when_done under [export] in the configuration."


class _StoppedError(Exception):
    """The program is ending; the export is written another time."""


class _Stored(Struct, frozen=True):
    """A `Target` as it is stored; it never replaces a file."""

    path: str
    format: str
    only: str | None
    split: bool
    digits: bool


class _Begun(Struct, frozen=True):
    """A file that was being written.

    Attributes:
        path: the name it is to get.
        partial: its name until then.
        whole: how to recognize it once it is complete. None: it is not complete, or will not appear.
        rows: how many it has.
    """

    path: str
    partial: str
    whole: tuple[int, int, int, int] | None = None
    rows: int = 0


class Wishes:
    """Writes the exports that were wished for, on its own thread between `start` and `stop`.

    Args:
        context: the state file and the settings.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._told: Problem | None = None

    # -- wishing

    def by_default(self, source: Path | None, name: str) -> "Target | None":
        """Return the export that the configuration asks for. None means none.

        Args:
            source: the file of the list. None means that it was not a file.
            name: of the job.

        Raises:
            ListError: the suffix of the file is not that of a format.
        """
        template = self._context.settings.export.when_done
        if not template:
            return None
        now = datetime.fromtimestamp(self._context.clock(), UTC)
        path = template.format(
            dir=Path.cwd() if source is None else source.absolute().parent,
            name=safe_name(name),
            date=f"{now:%Y-%m-%d}",
            time=f"{now:%H%M%S}",
        )
        try:
            return target_for(Path(path))
        except ListError as error:
            raise ListError(error.problem.message, f"{error.problem.remedy} {_FROM_TEMPLATE}") from error

    def check(self, target: "Target") -> None:
        """Check, before anything is paid, that an export can be written.

        Raises:
            ListError: a file exists, another job is to be exported to it, it cannot be written, or it would
                be in the state directory.
            StateError: the state file failed.
        """
        from pwl_tui.lists.write.export import require_writable
        from pwl_tui.lists.write.files import require_outside

        require_outside(target.path, self._store.directory)

        wanted = set(map(_place, target.files()))
        for wish in self._store.wishes.unwritten():
            if not wanted.isdisjoint(map(_place, _target(wish).files())):
                raise ListError(
                    f"Job {wish.job} will already be exported to {wish.path}.", "Choose another name."
                )
        try:
            require_writable(target)
        except ListError as error:
            if isinstance(error.__cause__, FileExistsError):
                taken = next(filter(os.path.lexists, target.files()), target.path)
                raise ListError(
                    f"{taken} already exists.",
                    "Choose another name: an automatic export overwrites nothing.",
                ) from error
            raise

    # -- carrying out

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> list[int]:
        """Write the export of every finished job that still has one to write.

        This can be called at any time, by any number of processes: each export is written once.

        Args:
            stopped: called now and then; if it returns True, what was begun is removed.

        Returns:
            The jobs whose export was written, or failed in a new way.

        Raises:
            StateError: the state file failed.
        """
        changed = []
        for wish in self._due():
            if stopped():
                break
            with self._store.exporting() as ours:
                if not ours:
                    break
                try:
                    if self._carry_out(wish.job, stopped):
                        changed.append(wish.job)
                except _StoppedError:
                    break
        return changed

    def pending(self, job: Job) -> bool:
        """Return whether the export of a finished job will be written soon.

        False if the last try failed and the person must fix the cause; it is still tried now and then. A
        full disk counts as pending.
        """
        wish = self._store.wishes.get(job.id) if job.wish is not None and job.wish.written is None else None
        if wish is None or not self._over(job):
            return False
        return wish.problem is None or wish.next_try - self._context.clock() <= FULL_SECONDS

    def try_again(self) -> None:
        """Try failed exports again now: the person may have fixed the cause."""
        self._store.wishes.try_again()
        self.wake()

    def exported(self, job: int, target: "Target", written: "Sequence[Written]") -> None:
        """Treat an export by the person as the one that was wished for, if it has the same rows and file.

        The file is there: whoever writes exports meanwhile, which may take minutes, overwrites nothing. So
        this waits for nobody.
        """
        wish = self._store.wishes.get(job)
        if wish is not None and _same(target, _target(wish)) and self._over(self._store.jobs.get(job)):
            self._store.wishes.finish(job, _files(written), self._context.clock())

    def left(self) -> list[int]:
        """Return the finished jobs whose export is still to be written."""
        unwritten = self._store.wishes.unwritten()
        return [wish.job for wish in unwritten if self._over(self._store.jobs.get(wish.job))]

    def start(self, listener: Callable[[Event], None]) -> None:
        """Carry out wishes from now on; `listener` is told which jobs that changes."""
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listener, self._stopping, self._woken), name="pwl-wishes", daemon=True
        )
        self._thread.start()

    def wake(self) -> None:
        """Look now, because a job has finished."""
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing more and abandon what is being written; returns at once."""
        self._stopping.set()
        self._woken.set()

    def join(self, timeout: float) -> None:
        """After `stop`, wait at most `timeout` seconds until nothing is written any more."""
        if self._thread is not None:
            self._thread.join(timeout)

    # -- internals

    def _run(
        self, listener: Callable[[Event], None], stopping: threading.Event, woken: threading.Event
    ) -> None:
        while not stopping.is_set():
            woken.clear()
            try:
                for job in self.carry_out(stopping.is_set):
                    listener(JobChanged(job))
                self._told = None
            except AwayError:
                pass  # the monitor says so, and says when it is back
            except Exception as error:  # noqa: BLE001 - the thread must not end unseen
                problem = error.problem if isinstance(error, ProblemError) else internal(error)
                if problem != self._told:
                    self._told = problem
                    listener(EngineFailed(problem))
            woken.wait(CHECK_SECONDS)

    def _due(self) -> list[OpenWish]:
        now = self._context.clock()
        # A try that is later than any delay allows was scheduled before the clock was set back.
        return [
            wish
            for wish in self._store.wishes.unwritten()
            if not 0 < wish.next_try - now <= FAILED_SECONDS and self._over(self._store.jobs.get(wish.job))
        ]

    def _over(self, job: Job) -> bool:
        """Whether a job can get no more answers."""
        if job.state is JobState.COMPLETED:
            return True
        if job.under_way or not _OVER | {BatchState.UNREACHABLE} >= job.batches.keys():
            return False
        gone = self._context.clock() - PROVIDER.retention_seconds
        return all(
            batch.submitted is not None and batch.submitted <= gone
            for batch in self._store.batches.of(job.id)
            if batch.state is BatchState.UNREACHABLE
        )

    def _carry_out(self, job: int, stopped: Callable[[], bool]) -> bool:
        """Write one export with the lock held, unless it was written already. Returns whether it changed."""
        wishes, now = self._store.wishes, self._context.clock()
        wish = wishes.get(job)
        if wish is None:
            return False  # another process has written it
        from pwl_tui.engine.jobs.exporting import export  # takes all of libphonenumber along
        from pwl_tui.lists.write.export import Witness

        def watch(_done: int) -> None:
            if stopped():
                raise _StoppedError

        def begun(partials: Mapping[Path, Path]) -> None:
            each = [_Begun(str(path), str(partial)) for path, partial in partials.items()]
            wishes.begin(job, msgspec.json.encode(each))

        def whole(drafts: "Sequence[Draft]", written: "Sequence[Written]") -> None:
            watch(0)
            wishes.begin(job, msgspec.json.encode(_begun(drafts, written)))

        try:
            files = _left_whole(wish)
            if files is None:
                made = export(self._store, job, _target(wish), watch, Witness(begun, whole))
                files = _files(made)
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep others from their files
            again = FULL_SECONDS if is_full(error) else FAILED_SECONDS
            problem = error.problem if isinstance(error, ProblemError) else internal(error)
            if isinstance(error.__cause__, FileExistsError):
                remedy = _IN_THE_WAY.format(job, _options(_target(wish)))
                problem = msgspec.structs.replace(problem, remedy=remedy)
            wishes.fail(job, problem, now=now, next_try=self._context.clock() + again)
            return problem != wish.problem
        wishes.finish(job, files, self._context.clock())
        return True


def target_for(
    path: Path, *, only: Choice | None = None, split: bool = False, digits: bool = False
) -> "Target":
    """Return what to export to, in the format of the file's suffix.

    Args:
        path: the file; ``~`` is the home directory, and other relative paths start at the current directory.
        only: which rows; None means all.
        split: write one file for each outcome.
        digits: write numbers without the plus.

    Raises:
        ListError: the suffix is unknown, or the path cannot be stored.
    """
    from pwl_tui.lists.write.export import ENDINGS, Target, format_of

    with suppress(RuntimeError):  # there is no such user, so the path is taken literally
        path = path.expanduser()
    chosen = format_of(path)
    if chosen is None:
        raise ListError(
            f"The format of {path.name!r} is unknown.", f"Use one of these endings: {', '.join(ENDINGS)}."
        )
    if not str(path).isprintable():
        raise ListError(f"{path.name!r} has characters that cannot be shown.", "Choose another name.")
    return Target(path.absolute(), chosen, only=only, split=split, digits=digits)


def safe_name(name: str) -> str:
    """Return the name of a job so that it can be part of a file name."""
    return "".join(c if c.isalnum() or c in "-_ ." else _UNSAFE for c in name).strip() or _UNSAFE


def new_wish(target: "Target") -> NewWish:
    """Return a wish as it is stored with its job."""
    stored = _Stored(str(target.path), target.format, target.only, target.split, target.digits)
    return NewWish(stored.path, msgspec.json.encode(stored))


def _place(path: Path) -> Path:
    """Return where a file is or will be, however its directory was spelled."""
    return Path(os.path.realpath(path.parent), path.name)


def _same(one: "Target", other: "Target") -> bool:
    """Whether two targets stand for the same rows in the same files."""
    first, second = (
        msgspec.structs.replace(each, path=_place(each.path), force=False) for each in (one, other)
    )
    return first == second


def _target(wish: OpenWish) -> "Target":
    from pwl_tui.lists.write.export import Target

    stored = msgspec.json.decode(wish.target)
    return msgspec.convert(stored, Target, dec_hook=lambda _type, value: Path(value))


def _options(target: "Target") -> str:
    """Return the options of ``export`` that a target stands for."""
    only = "" if target.only is None else f" --only {target.only}"
    return f"{only}{' --split' if target.split else ''}{' --digits' if target.digits else ''}"


def _files(written: "Sequence[Written]") -> tuple[WrittenFile, ...]:
    return tuple(WrittenFile(str(path), rows) for path, rows in written)


def _begun(drafts: "Sequence[Draft]", written: "Sequence[Written]") -> list[_Begun]:
    """Return the files that are being written; those with a recorded inode, size and time are complete."""
    rows = dict(written)
    return [
        _Begun(str(draft.path), str(draft.partial), _look(os.fstat(draft.stream.fileno())), rows[draft.path])
        if draft.path in rows
        else _Begun(str(draft.path), str(draft.partial))
        for draft in drafts
    ]


def _look(found: os.stat_result) -> tuple[int, int, int, int]:
    """Return what distinguishes a file from any other, and from itself after a change."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _left_whole(wish: OpenWish) -> tuple[WrittenFile, ...] | None:
    """Return the files that a process wrote before it died, if they are complete. None: none are left.

    Partial files are removed. Files that were changed since are not touched.
    """
    begun = msgspec.json.decode(wish.begun, type=list[_Begun]) if wish.begun else []
    wanted = [one for one in begun if one.whole is not None]
    there = [one for one in wanted if _is_there(one)]
    with suppress(OSError):
        for one in begun:
            Path(one.partial).unlink(missing_ok=True)  # nobody else gives a file such a name
    if there and len(there) == len(wanted):
        return tuple(WrittenFile(one.path, one.rows) for one in there)
    with suppress(OSError):
        for one in there:
            Path(one.path).unlink()
    return None


def _is_there(begun: _Begun) -> bool:
    """Whether a file has its name, and is unchanged since it was written."""
    try:
        return _look(Path(begun.path).lstat()) == begun.whole
    except OSError:
        return False
