"""The state file as the rest of the program knows it: one object, and no SQL beyond it."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from pwl_tui.paths import private_dir
from pwl_tui.state.batches import Batches
from pwl_tui.state.database import Database
from pwl_tui.state.decisions import Decisions
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Journal
from pwl_tui.state.files.locks import exclusive_lock, sender_lock
from pwl_tui.state.files.mounts import require_local
from pwl_tui.state.files.scratch import scratch, sweep
from pwl_tui.state.jobs import Jobs
from pwl_tui.state.models import Binding
from pwl_tui.state.money import Activities, Balances, Charges
from pwl_tui.state.polls import Polls
from pwl_tui.state.queries.results import Results

ROOM_BYTES = 32 * 1024 * 1024
"""Free space below which nothing is sent: an id that is paid for must find room on the disk."""


class Store:
    """All that is remembered, for any number of threads and processes.

    Attributes:
        directory: where it lies.
        jobs: lists accepted for validation.
        batches: their submissions, and the transitions that sending makes.
        decisions: the transitions that the person makes.
        polls: who polls which batch, and the answers.
        results: rows and numbers.
        balances: readings of the credits.
        charges: what is known to have been spent.
        activity: what happened and what was decided.
        journal: every batch id, apart from the database.
    """

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = directory
        self._database = database
        self.jobs = Jobs(database)
        self.batches = Batches(database)
        self.decisions = Decisions(database)
        self.polls = Polls(database)
        self.results = Results(database)
        self.balances = Balances(database)
        self.charges = Charges(database)
        self.activity = Activities(database)
        self.journal = Journal(directory / "journal.log")

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the state of a directory, made 0700 if it is not there.

        Raises:
            StateError: the file is damaged, from a newer version, out of reach, or of another machine.
            PathError: the directory cannot be made or used.
        """
        private_dir(directory)
        require_local(directory)
        sweep(directory)
        return cls(directory, Database(directory / "state.db"))

    def sender(self, binding: Binding) -> AbstractContextManager[bool]:
        """Try to become the one sender of a key: see `locks.sender_lock`."""
        return sender_lock(self.directory, binding)

    def accepting(self) -> AbstractContextManager[None]:
        """Keep all others, in other processes too, from asking again for what may be asked for only once.

        To be held from the look whether it was asked for until the job that asks for it is stored.
        """
        return exclusive_lock(self.directory / "accept.lock")

    def scratch(self) -> AbstractContextManager[Path]:
        """Lend a private directory for temporary files: see `scratch.scratch`."""
        return scratch(self.directory)

    def require_room(self) -> None:
        """Make sure, before anything is paid, that what is bought can be written down.

        Raises:
            StateError: the disk is nearly full, or the journal cannot be written.
        """
        self.journal.make_ready()
        free = shutil.disk_usage(self.directory).free
        if free < ROOM_BYTES:
            raise StateError(
                f"The disk that holds {self.directory} has only {free // 1024:,} kB free: nothing was sent.",
                f"Free at least {ROOM_BYTES // 2**20} MB there; sending then goes on.",
            )

    def check(self) -> None:
        """Read the whole state file and make sure that it is sound; takes seconds where it is large.

        Raises:
            StateError: it is damaged.
        """
        self._database.check()

    def version(self) -> int:
        """Return a number that changes when another thread or process has written; cheap.

        Only looks made by the same thread are comparable.
        """
        return self._database.version()

    def close(self) -> None:
        """Close the file."""
        self._database.close()
