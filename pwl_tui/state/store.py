"""The state file as the rest of the program sees it: one object, and no SQL beyond it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB
from functools import cache, partial
from pathlib import Path
from typing import Self

from pwl_tui.paths import private_dir
from pwl_tui.problem import Problem
from pwl_tui.state.batches import Batches
from pwl_tui.state.database import Database, Report
from pwl_tui.state.decisions import Decisions
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError, moved_away
from pwl_tui.state.files.host import Host, person_at
from pwl_tui.state.files.journal import Journal
from pwl_tui.state.files.locks import exclusive_lock, file_word, lock_file, sender_lock
from pwl_tui.state.files.mark import Mark
from pwl_tui.state.files.mounts import require_local
from pwl_tui.state.files.scratch import scratch, sweep
from pwl_tui.state.files.second_copy import SecondCopy
from pwl_tui.state.files.worker import WorkerFiles
from pwl_tui.state.follows import Follows
from pwl_tui.state.jobs import Jobs
from pwl_tui.state.lookups import Lookups
from pwl_tui.state.models import Binding
from pwl_tui.state.money import COMPLETED, MOVED, Activities, Activity, Balances, Charges
from pwl_tui.state.moving.standing import (
    has_anything,
    is_same_database,
    place_in,
    remove_moved_file,
    require_newest,
)
from pwl_tui.state.opening import host_of, open_postgres
from pwl_tui.state.patience import Patience
from pwl_tui.state.place import Place, Places
from pwl_tui.state.polls import Polls
from pwl_tui.state.queries.results import Results
from pwl_tui.state.replies import Replies
from pwl_tui.state.schema import Stage
from pwl_tui.state.told import Told
from pwl_tui.state.wishes import Wishes

ROOM_BYTES = 32 * 1024 * 1024
"""Free space below which nothing is sent: there must be room for an ID that is paid for."""


class Store:
    """Everything that is remembered, for any number of threads and processes.

    Attributes:
        directory: where it is.
        jobs: lists accepted for validation.
        batches: their submissions, and the transitions that sending makes.
        decisions: the transitions that the person makes.
        replies: what came for batches in doubt, and what may be their IDs.
        polls: who polls which batch, and the answers.
        follows: which jobs wait for numbers that another job pays for.
        results: rows and numbers.
        lookups: single checks.
        wishes: exports that jobs are to have once they are finished.
        balances: readings of the credits.
        charges: what is known to have been spent.
        activity: the log of what happened and what was decided.
        told: what the person's command was told.
        places: where the state belongs, and where it is.
        journal: every batch ID, outside the database.
        patience: how long locks are waited for, and who is told.
        clock: UTC epoch seconds; where other machines use the database, too, by its server's clock.
        shared: whether the jobs are in a database that other machines may use, too.
        on_older: called, by any thread, once the state directory proves older than what was sent from it.
    """

    def __init__(
        self,
        directory: Path,
        database: Database,
        patience: Patience,
        host: Host | None = None,
        journals: Path | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.directory = directory
        self.patience = patience
        self._database = database
        self.shared = database.shared
        self.jobs = Jobs(database)
        self.batches = Batches(database)
        self.decisions = Decisions(database)
        self.replies = Replies(database)
        self.polls = Polls(database)
        self.follows = Follows(database)
        self.results = Results(database)
        self.lookups = Lookups(database)
        self.wishes = Wishes(database)
        self.balances = Balances(database)
        self.charges = Charges(database)
        self.activity = Activities(database)
        self.told = Told(database)
        host = host or host_of(directory)
        # Asked for once something is stored: the system may have to ask a server.
        database.who = cache(partial(person_at, host))
        self._own = Place.of(host, directory)
        self.places = Places(database, self._own)
        self.journal = Journal(directory / "journal.log")
        self.on_older: Callable[[], object] = lambda: None
        self._journals = journals
        self.clock = clock or database.clock
        self._moves_read = 0
        self._keep_second_copy()
        if self.places.begun and self.journal.second is not None and not self.journal.path.exists():
            # What was here before may be at work where it was moved to.
            self.journal.second.separate()
        if self.places.begun and not self.shared:
            self._begin_after_moves()

    @classmethod
    def open(
        cls,
        directory: Path,
        patience: Patience | None = None,
        host: Host | None = None,
        journals: Path | None = None,
        clock: Callable[[], float] | None = None,
        url: str | None = None,
    ) -> Self:
        """Open the state in a directory, which is created (0700) if missing.

        Args:
            directory: where it is.
            patience: how long to wait for other processes. None means as long as the default.
            host: the machine. None means this one.
            journals: where second copies of journals are kept. None means that none is kept.
            clock: UTC epoch seconds. None means the clock that all users of the state share.
            url: of a PostgreSQL database that several machines share, in place of the state file; the journal
                and the locks of this machine are in the directory all the same. None means the state file.

        Raises:
            StateError: the file is damaged, from a newer version, inaccessible, or on another machine; or
                the database cannot be used.
            PathError: the directory cannot be created or used.
        """
        private_dir(directory)
        require_local(directory)
        sweep(directory)
        patience = patience or Patience()
        return cls(directory, _database(directory, url, patience, host), patience, host, journals, clock)

    @staticmethod
    def in_database(directory: Path) -> bool:
        """Whether the jobs of a state directory are in a database."""
        return Mark(directory).is_there()

    @contextmanager
    def sender(self, binding: Binding) -> Iterator[bool]:
        """Try to become the one sender of a key, on all machines: see `locks.sender_lock`."""
        with sender_lock(self.directory, binding) as ours:
            if not ours:
                yield False
                return
            with self._database.lock(f"send {file_word(binding)}") as everywhere:
                yield everywhere

    def worker(self, binding: Binding) -> WorkerFiles:
        """Return the files of the background worker of a key."""
        return WorkerFiles(self.directory, binding)

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """Keep all others, on other machines too, from what must be done once: accept a job, settle a batch.

        Hold it from the check whether it has been done until it is stored.
        """
        with (
            exclusive_lock(self.directory / "accept.lock", self.patience),
            self._database.lock("accept", wait=True),
        ):
            yield

    def exporting(self) -> AbstractContextManager[bool]:
        """Try to become the only one, in other processes too, who writes exports that were wished for."""
        return lock_file(self.directory / "export.lock", LOCK_EX | LOCK_NB)

    def scratch(self) -> AbstractContextManager[Path]:
        """Lend a private directory for temporary files: see `scratch.scratch`."""
        return scratch(self.directory)

    def require_room(self) -> None:
        """Check, before anything is paid, that what is bought can be stored.

        Raises:
            StateError: the disk is nearly full, the state file was removed, or the journal cannot be written.
        """
        self._database.require_in_place()
        self.journal.make_ready()
        self.complete_journal()
        self._require_newest()
        free = shutil.disk_usage(self.directory).free
        if free < ROOM_BYTES:
            raise StateError(
                f"The disk is nearly full: {self.directory} has {free // 1024:,} kB left. Nothing was sent.",
                f"Free at least {ROOM_BYTES // 2**20} MB there; sending then resumes.",
            )

    def complete_journal(self) -> None:
        """Put back into the journal what only its second copy has, because an older journal was restored.

        Do this before the journal is read to learn what was sent. If nothing is missing, it costs little.

        Raises:
            StateError: the journal or the state file cannot be written, or is locked for too long.
        """
        self._keep_second_copy()
        self.journal.complete(self._tell_older)

    def _require_newest(self) -> None:
        """Check that this is no state file from before a move: other machines may have sent what is planned.

        Raises:
            StateError: it is, because an older copy of the directory was restored.
        """
        if self.shared:  # the database itself says whether it is in force
            return
        moves, read = self.journal.moves(self._moves_read)
        require_newest(self.directory, moves, self.activity)
        self._moves_read = read  # one that is older stays so

    def _begin_after_moves(self) -> None:
        """Let a new state file be newer than all moves before: nothing is planned in it."""
        moves = self.journal.moves(0)[0][-1:]
        if self.journal.second is not None:
            with suppress(StateError):  # work goes on without it where it cannot be read
                moves += Journal(self.journal.second.path).moves(0)[0][-1:]
        for move in moves:
            detail = f"{move.moving}, before this state file was made"
            self.activity.add(Activity(self.clock(), None, None, MOVED, detail))

    def settle_moved(self, now: float) -> bool:
        """Record the decision that the state was moved here: see `Places.moved`.

        What was moved may be a backup. So what was sent from its old place on this machine is learned first.
        A backup may come back to its old place, too. So both places have one second copy from now on.

        Raises:
            StateError: as for `complete_journal`.
        """
        before = self.places.elsewhere()
        if before is not None and before.host == self._own.host:
            old, new = self._second_copy(before), self._second_copy(self._own)
            if old is not None and new is not None:
                for second in (old, new):
                    second.take_all(self.journal.path, self._tell_older)
                old.share(new.path)
                if old.problem is not None:
                    self.activity.add(
                        Activity(now, None, None, "second copy not shared", old.problem.message)
                    )
        return self.places.moved(now)

    def settle_copied(self, now: float, problem: Problem) -> int | None:
        """Record the decision that this is a copy: see `Places.copied`. It shares no second copy.

        Raises:
            StateError: the state file cannot be written, or another process does not release the second copy.
        """
        second = self._second_copy(self._own)
        # Before it is decided: whoever is killed in between is asked again.
        if second is not None and self.places.elsewhere() is not None:
            second.separate()
        return self.places.copied(now, problem)

    def _keep_second_copy(self) -> None:
        """Begin to keep a second copy, unless it is unknown whether the directory belongs here."""
        if self.journal.second is not None or self._journals is None:
            return
        # Where the jobs are in a database, it is that which may be elsewhere.
        if self.shared or self.places.elsewhere() is None:
            self.journal.second = self._second_copy(self._own)

    def _second_copy(self, place: Place) -> SecondCopy | None:
        """Return the second copy of a place on this machine; None if none is kept."""
        if self._journals is None:
            return None
        return SecondCopy(self._journals, place.host, place.path, self.patience)

    def _tell_older(self) -> None:
        # Before it is done: whoever is killed in between says it twice, and not never.
        self.activity.add(Activity(self.clock(), None, None, COMPLETED, f"of {self._own}"))
        self.on_older()

    def last_older(self) -> float | None:
        """Return when this directory proved older than what was sent from it, UTC epoch seconds.

        None means never. A shared database has the same of other machines, too.
        """
        return self.activity.last(COMPLETED, f"of {self._own}")

    def wipe(self) -> None:
        """Leave nothing behind of what was deleted: see `Database.wipe`. It takes seconds if much is kept.

        A state file whose jobs were moved into the database still has them all, so it goes, too.

        Raises:
            StateError: the disk is full, or another process keeps reading.
        """
        self._database.wipe()
        if self.shared:
            remove_moved_file(self.directory, self.patience)

    def check(self) -> None:
        """Read the whole state file and check that it is sound; takes seconds if it is large.

        Raises:
            StateError: it is damaged.
        """
        self._database.check()

    def report(self) -> Report | None:
        """Return how the server of the database is. None means that the state is in a file."""
        return self._database.report()

    def keep_time(self) -> None:
        """See to it that `clock` is right; cheap, and called now and then by whoever works for long."""
        self._database.keep_time()

    def listen(self, tell: Callable[[], object]) -> None:
        """Have `tell` called soon after another process has changed something: see `Database.listen`."""
        self._database.listen(tell)

    def version(self) -> int:
        """Return a number that changes when another thread or process has written; cheap.

        Only numbers returned to the same thread are comparable.
        """
        return self._database.version()

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _database(directory: Path, url: str | None, patience: Patience, host: Host | None) -> Database:
    """Open the state file or the database; a directory has one of the two, until its jobs are moved.

    With the other one, what is under way or paid for would be unknown, and could be paid for again.
    """
    file, mark = directory / "state.db", Mark(directory)
    if url is None:
        mark.require_none()
        return SQLiteFile(file, patience=patience)
    moved_to = _left_for(file, patience) if file.exists() else None
    database = open_postgres(directory, url, patience, host or host_of(directory))
    try:
        # From now on the directory is of no use without its database: see above.
        _, server, place = database.location()
        if not mark.is_there():  # the mark says it as well, and outlives a restore of the database
            _require_same_place(file, moved_to, database)
        mark.write(server, place)
    except BaseException:
        database.close()
        raise
    return database


def _left_for(file: Path, patience: Patience) -> Place | None:
    """Return the database that the jobs of a state file were moved to. None means that it has none.

    Raises:
        StateError: it has jobs, which are in no database.
    """
    with closing(SQLiteFile(file, patience=patience, at_any_stage=True)) as left:
        if left.stage() is Stage.MOVED:
            return place_in(left)
        if not has_anything(left):
            return None
    raise StateError(
        f"{file.parent} has a state file, and its jobs are not in the database.",
        "Run `pwl-tui state copy` to move them there, or choose another directory with --state-dir.",
    )


def _require_same_place(file: Path, moved_to: Place | None, database: Database) -> None:
    """Check that a database is the one that the jobs of a state file were moved to, if they were."""
    if moved_to is not None and not is_same_database(database, moved_to):
        raise moved_away(str(file), str(moved_to), "Correct [state] url or PWL_TUI_STATE_URL.")
