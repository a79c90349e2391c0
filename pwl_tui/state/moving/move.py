"""Moves the jobs of a state directory from its file into a database, or back.

At no moment are both in force, or two programs would send what is planned in them. The order is what matters:

1. The target is entered as being filled, so that nobody works with it, and gets the rows.
2. Both sides are counted and summed up. Until here the source stays in force, whatever happens.
3. The source becomes one that was moved, for good.
4. The target comes into force, and the mark of the directory follows.

Whoever is killed in between finds, with the same command, how far it came: each side says its stage, and
where the other one is.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from fcntl import LOCK_EX, LOCK_NB
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct

from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import private_dir, sync_directory
from pwl_tui.state.database import Connection, Database
from pwl_tui.state.engines.layout import Table
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError, being_filled, being_moved, locked, moved_away
from pwl_tui.state.files.host import Host
from pwl_tui.state.files.journal import Journal, Moving, timestamp
from pwl_tui.state.files.locks import exclusive_lock, lock_file, sender_lock
from pwl_tui.state.files.mark import Mark
from pwl_tui.state.files.mounts import require_local
from pwl_tui.state.files.second_copy import SecondCopy
from pwl_tui.state.files.worker import WorkerFiles
from pwl_tui.state.models import BatchState, Binding
from pwl_tui.state.money import COMPLETED, MOVED, Activities, Activity, note
from pwl_tui.state.moving.contents import Cells, Sum, Summing, clear, count, insert, pieces, rows, tables
from pwl_tui.state.moving.standing import has_anything, is_same_database, place_in, require_newest
from pwl_tui.state.opening import host_of, open_postgres
from pwl_tui.state.patience import Patience
from pwl_tui.state.place import Place
from pwl_tui.state.schema import Stage

Change: TypeAlias = Callable[[], AbstractContextManager[Connection]]
"""Lends a transaction of a database that one is alone with."""

_INCOMING: Final = "incoming.db"
"""The state file while it is being filled. It gets its name once the database has given up its jobs."""


class Moved(Struct, frozen=True):
    """What a move came to.

    Attributes:
        place: where the jobs are now.
        jobs: how many there are.
        numbers: how many they have.
        already: whether they were there before.
        wishes: how many automatic exports are left that other machines were to write.
    """

    place: Place
    jobs: int
    numbers: int
    already: bool = False
    wishes: int = 0


class Move:
    """A move of the jobs of one state directory.

    Args:
        directory: which.
        clock: UTC epoch seconds.
        tell: called now and then with how many rows are done, of how many. Each row counts twice: once when
            it is copied, and once when it is checked.
        patience: how long to wait for other processes. None means as long as the default.
        host: the machine. None means this one.
        journals: where second copies of journals are kept. None means that none is kept.
    """

    def __init__(
        self,
        directory: Path,
        clock: Callable[[], float],
        tell: Callable[[int, int], None],
        patience: Patience | None = None,
        host: Host | None = None,
        journals: Path | None = None,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._patience = patience or Patience()
        private_dir(directory)
        require_local(directory)
        self._host = host or host_of(directory)
        self._own = Place.of(self._host, directory)
        self._file = directory / "state.db"
        self._incoming = directory / _INCOMING
        self._mark = Mark(directory)
        self._journal = Journal(directory / "journal.log")
        if journals is not None:
            self._journal.second = SecondCopy(journals, self._own.host, self._own.path, self._patience)
        self._done = self._total = 0

    def to_database(self, url: str) -> Moved:
        """Move the jobs of the state file into a database.

        Raises:
            StateError: they cannot be moved now. They are still in the file, unless the error says that the
                move was interrupted; then the same call finishes it.
        """
        with ExitStack() as stack:
            stack.enter_context(exclusive_lock(self._directory / "accept.lock", self._patience))
            if not self._file.exists():
                self._mark.require_none()
                raise _nothing()
            source = stack.enter_context(
                closing(SQLiteFile(self._file, patience=self._patience, at_any_stage=True))
            )
            stage = source.stage()
            if stage is not Stage.MOVED:
                self._mark.require_none()
                self._require_here(place_in(source), self._own)
                if not has_anything(source):
                    raise _nothing()
                self._require_newest(Activities(source))
            target = stack.enter_context(
                closing(open_postgres(self._directory, url, self._patience, self._host, at_any_stage=True))
            )
            there = Place(*target.location())
            already = stage is Stage.MOVED and self._require_moved_to(source, target)
            if not already:
                change = stack.enter_context(target.alone())
                if stage is not Stage.MOVED:
                    with source.alone() as last, self._held_off(source):
                        self._carry(source, target, change, self._own, {"": target.site})
                        _give_up(source, last, there)
                    source.empty_log()  # or whoever takes the file without its log does not learn of it
                self._put_in_force(source, target, change, self._own, there)
            self._mark.write(there.name, there.path)
            return _moved(target, there, already=already)

    def to_file(self, url: str | None) -> Moved:
        """Move the jobs of a database into the state file of the directory.

        Args:
            url: of the database. None means that it is not known.

        Raises:
            StateError: as for `to_database`.
        """
        with ExitStack() as stack:
            stack.enter_context(exclusive_lock(self._directory / "accept.lock", self._patience))
            if url is None:
                self._mark.require_none()
                raise StateError(
                    "The jobs are in the state file already.", "Run `pwl-tui jobs` to see what is in it."
                )
            source = stack.enter_context(
                closing(open_postgres(self._directory, url, self._patience, self._host, at_any_stage=True))
            )
            here = Place(*source.location())
            self._mark.require(here.path)
            stage, recorded = source.stage(), place_in(source)
            if stage is Stage.FILLING:
                raise being_filled(str(recorded))
            if stage is Stage.MOVED:
                return self._finish_file(source, here)
            self._require_here(recorded, here)
            self._require_no_file()
            with source.alone() as last:
                if source.stage() is not Stage.IN_FORCE:  # another machine was faster
                    raise being_moved()
                if not has_anything(source):
                    raise _nothing()
                _require_settled(source)
                # Until the jobs are here, nobody begins anew here without them.
                self._mark.write(here.name, here.path)
                with closing(self._open_incoming(here)) as target:
                    self._carry(source, target, target.transaction, here, {source.site: ""})
                _give_up(source, last, self._own)
            return self._finish_file(source, here)

    # -- the two halves of a move

    def _carry(
        self,
        source: Database,
        target: Database,
        change: Change,
        origin: Place,
        sites: dict[str, str],
    ) -> None:
        """Fill the target with the rows of the source, and check it."""
        self._prepare(target, change, origin)
        known = tables()
        self._done, self._total = 0, 2 * sum(count(source, table) for table in known)
        sums = [self._fill(source, target, change, known[place:], sites) for place in range(len(known))]
        for table, wanted in zip(known, sums, strict=True):
            found = self._sum_of(target, table, counted=True)
            if found != wanted:
                raise StateError(
                    f"The copy differs from the original in {table.name}: it has {found.rows:,} rows of"
                    f" {wanted.rows:,}, or others.",
                    "Nothing was moved, and the jobs are where they were. Run the same command again.",
                )

    def _prepare(self, target: Database, change: Change, origin: Place) -> None:
        """Enter an empty target as being filled; go on with one that this source has begun to fill."""
        stage, recorded = target.stage(), place_in(target)
        same = recorded is not None and (recorded.host, recorded.path) == (origin.host, origin.path)
        if stage is Stage.FILLING and same:
            return
        if stage is Stage.FILLING:
            raise being_filled(str(recorded))
        if stage is Stage.MOVED:
            raise moved_away("this database", str(recorded), "Have its schema dropped, or name another one.")
        if stage is Stage.IN_FORCE and has_anything(target):
            raise StateError(
                "The place to move to already has jobs, lookups or charges.",
                "Name another schema at the end of the URL: ?options=-csearch_path%3DNAME.",
            )
        with change() as c:
            clear(c, tables())
            _set_place(c, origin)
            target.enter(c, Stage.FILLING)

    def _fill(
        self,
        source: Database,
        target: Database,
        change: Change,
        left: tuple[Table, ...],
        sites: dict[str, str],
    ) -> Sum:
        """Copy the first of the tables that are left; return what its rows add up to."""
        table, done = left[0], self._done
        there = count(target, table)
        while True:
            summing = Summing()
            with closing(rows(source, table)) as found:
                wanted = _altered(table, found, sites)
                for some in pieces(table, wanted, there):
                    summing.add(some)
                    self._progress(len(some))
                if not there or summing.sum() == self._sum_of(target, table):
                    for some in pieces(table, wanted):
                        with change() as c:
                            insert(c, table, some)
                        summing.add(some)
                        self._progress(len(some))
                    return summing.sum()
            # The source has changed since the copy was interrupted; what refers to this table goes as well.
            with change() as c:
                clear(c, left)
            self._done, there = done, 0

    def _sum_of(self, database: Database, table: Table, *, counted: bool = False) -> Sum:
        summing = Summing()
        with closing(rows(database, table)) as found:
            for some in pieces(table, found):
                summing.add(some)
                self._progress(len(some) if counted else 0)
        return summing.sum()

    def _put_in_force(
        self, source: Database, target: Database, change: Change, origin: Place, place: Place
    ) -> None:
        """Let the target be the state from now on; the source has given up its jobs."""
        now, word = self._clock(), secrets.token_hex(4)
        # First: a state file that does not know of the last move sends nothing.
        self._journal.append(Moving(at=timestamp(now), moving=word, to=str(place)))
        with change() as c:
            for table in tables():
                if table.key == ("id",):
                    row = target.first(f"SELECT coalesce(max(id), 0) FROM {table.name}")
                    target.keep_id(c, table.name, max(source.last_id(table.name), row[0] if row else 0))
            _set_place(c, place)
            note(c, Activity(now, None, None, MOVED, f"from {origin} to {place} ({word})"))
            target.enter(c, Stage.IN_FORCE)

    def _progress(self, more: int) -> None:
        self._done += more
        self._tell(self._done, self._total)

    # -- into a database

    @contextmanager
    def _held_off(self, source: Database) -> Iterator[None]:
        """Keep all others from sending, and from what they would write down elsewhere."""
        with ExitStack() as stack:
            for row in source.read("SELECT base_url, fingerprint FROM bindings"):
                binding = Binding(row["base_url"], row["fingerprint"])
                if not stack.enter_context(sender_lock(self._directory, binding)):
                    raise StateError(
                        "A batch is being sent right now.", "Wait for it to be sent, then try again."
                    )
                if not stack.enter_context(WorkerFiles(self._directory, binding).hold()):
                    raise StateError(
                        "The background worker is at work.", "Run `pwl-tui worker stop`, then try again."
                    )
            if not stack.enter_context(lock_file(self._directory / "export.lock", LOCK_EX | LOCK_NB)):
                raise StateError(
                    "An export is being written right now.", "Wait for it to be written, then try again."
                )
            yield

    def _require_newest(self, activities: Activities) -> None:
        """Check that the state file is not from before a move, by its journal and the second copy of that."""
        older = Activity(self._clock(), None, None, COMPLETED, f"of {self._own}")
        self._journal.complete(lambda: activities.add(older))
        require_newest(self._directory, self._journal.moves(0)[0], activities)

    def _require_moved_to(self, source: Database, target: Database) -> bool:
        """Check that the source was moved into this target; return whether the target is in force."""
        recorded, stage = place_in(source), target.stage()
        # Another server may have a schema of that name, even one that this directory has begun to fill.
        if stage is Stage.MOVED or not is_same_database(target, recorded):
            remedy = "Set [state] url or PWL_TUI_STATE_URL to that database."
            raise moved_away(str(self._file), str(recorded), remedy)
        if stage is Stage.FILLING:
            self._require_here(place_in(target), self._own)
        return stage is Stage.IN_FORCE

    # -- into the file

    def _require_no_file(self) -> None:
        """Check that the directory has no jobs of its own beside those in the database."""
        if not self._file.exists():
            return
        with closing(SQLiteFile(self._file, patience=self._patience, at_any_stage=True)) as file:
            if file.stage() is Stage.IN_FORCE and has_anything(file):
                raise StateError(
                    f"There are jobs, lookups or charges in {self._file} already.",
                    "Choose another directory with --state-dir.",
                )

    def _open_incoming(self, origin: Place) -> SQLiteFile:
        """Open the file to be filled.

        Raises:
            StateError: it has the jobs of another database, which may have given them up.
        """
        file = SQLiteFile(self._incoming, patience=self._patience, at_any_stage=True)
        recorded = place_in(file)
        if recorded is not None and (recorded.host, recorded.path) != (origin.host, origin.path):
            file.close()
            raise StateError(
                f"{self._incoming} was begun for jobs of {recorded}, not of {origin}.",
                "Finish that move, or remove the file if those jobs are still there.",
            )
        return file

    def _finish_file(self, source: Database, here: Place) -> Moved:
        """Put the filled file in force, now that the database has given up its jobs."""
        recorded = place_in(source)
        if recorded is None or (recorded.host, recorded.path) != (self._own.host, self._own.path):
            raise moved_away("this database", str(recorded), "Work there, without [state] url.")
        already = not self._incoming.exists()
        if already and not self._file.exists():
            raise StateError(
                f"The jobs of the database were moved to {self._file}, which is gone.",
                "Put it back from a backup, or run `pwl-tui adopt --journal` without [state] url.",
            )
        if not already:
            self._require_no_file()
            with closing(SQLiteFile(self._incoming, patience=self._patience, at_any_stage=True)) as target:
                if target.stage() is Stage.FILLING:
                    self._require_here(place_in(target), here)
                    self._put_in_force(source, target, target.transaction, here, self._own)
                if not target.empty_log():
                    raise locked()
            self._name_file()
        with closing(SQLiteFile(self._file, patience=self._patience)) as file:
            moved = _moved(file, self._own, already=already and not self._mark.is_there())
        self._mark.remove()
        return moved

    def _name_file(self) -> None:
        """Give the filled file its name, in the place of one whose jobs were moved into the database."""
        try:
            # First, or they would be taken for the logs of the new file.
            for end in ("-wal", "-shm"):
                self._file.with_name(f"{self._file.name}{end}").unlink(missing_ok=True)
            sync_directory(self._directory)
            self._incoming.replace(self._file)
            sync_directory(self._directory)
            for end in ("-wal", "-shm", ".lock"):
                self._incoming.with_name(f"{_INCOMING}{end}").unlink(missing_ok=True)
        except OSError as error:
            raise StateError(*os_sentences(error, self._file)) from error

    def _require_here(self, recorded: Place | None, place: Place) -> None:
        """Check that a state is where it belongs."""
        if recorded is not None and (recorded.host, recorded.path) != (place.host, place.path):
            raise StateError(
                f"The state belongs to another place, {recorded}.",
                "Decide what it is first: run `pwl-tui state settle`.",
            )


def _altered(table: Table, found: Iterator[Cells], sites: dict[str, str]) -> Iterator[Cells]:
    """Yield rows as they are to be in the target: there, the files of this directory have another name."""
    if "site" not in table.columns:
        return found
    place = table.columns.index("site")
    return ((*row[:place], sites.get(row[place], row[place]), *row[place + 1 :]) for row in found)


def _give_up(source: Database, last: Change, place: Place) -> None:
    """Let the source be one whose jobs are elsewhere, for good."""
    with last() as c:
        _set_place(c, place)
        source.enter(c, Stage.MOVED)


def _set_place(c: Connection, place: Place) -> None:
    c.execute("DELETE FROM places")
    c.execute("INSERT INTO places VALUES (1, ?, ?, ?)", (place.host, place.name, place.path))


def _require_settled(source: Database) -> None:
    """Check that no batch is in doubt: the journal of another machine may have its ID."""
    row = source.first(
        "SELECT job, seq FROM batches WHERE state IN (?, ?) ORDER BY job, seq",
        BatchState.SENDING,
        BatchState.UNKNOWN,
    )
    if row is not None:
        raise StateError(
            f"Batch {row['job']}.{row['seq']} is in doubt, and another machine may know its ID.",
            "Start pwl-tui on each machine, or settle the batch, then try again.",
        )


def _moved(database: Database, place: Place, *, already: bool) -> Moved:
    row = database.first("SELECT count(*), coalesce(sum(numbers), 0) FROM jobs WHERE ready=1")
    jobs, numbers = row or (0, 0)
    wishes = database.first("SELECT count(*) FROM wishes WHERE written IS NULL AND site<>?", database.site)
    left = 0 if wishes is None or database.location() is not None else int(wishes[0])
    return Moved(place, int(jobs), int(numbers), already, left)


def _nothing() -> StateError:
    return StateError(
        "There is nothing to move: there are no jobs, lookups or charges.",
        "Set or remove [state] url; nothing has to be moved.",
    )
