"""The power goes off between any two writes: what the disk may hold then is enough to go on from.

The model of a disk: what was synced is there; of what was written after that any part may be there, with
anything behind it. SQLite syncs its log at every commit where ``synchronous`` is FULL, and only there.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pwl_tui.state.batches import Batches
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.files.journal import Entry, Journal, Line
from pwl_tui.state.models import Batch, BatchState
from pwl_tui.state.store import Store
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    Clock,
    WorldService,
    add_job,
    finish,
    make_service,
    make_submitter,
    open_store,
)

LOG_HEADER, FRAME = 32, 24 + 4096
"""Bytes of SQLite's write-ahead log: its header, and a frame of one page."""
FULL = 2
JUNK = random.Random(7).randbytes(2 * FRAME)
ENTRY = Entry(at="2027-01-15T08:00:00Z", batch_id="after the power came back", size=1)


@dataclass(frozen=True)
class Moment:
    """What is written, what of it is synced, and what was promised, at one moment of a run."""

    database: bytes = b""
    log: bytes = b""
    log_synced: int = 0
    journal: bytes = b""
    journal_synced: int = 0
    named: bool = False
    """The journal's name is in its directory for good; else there may be no journal at all."""
    begun: frozenset[int] = frozenset()
    """Batches that may have been sent: never to be found as planned again."""
    lines: frozenset[Line] = frozenset()
    """What the journal has said it keeps."""
    stored: frozenset[str] = frozenset()
    """Ids that the state file has said it keeps."""


@dataclass
class Recorder:
    """Takes down every moment of a run."""

    directory: Path
    moments: list[Moment] = field(default_factory=lambda: [Moment()])

    def look(self, **learned: object) -> None:
        """Take down what is written now, and what was learned to be synced or promised."""
        files = {"database": "state.db", "log": "state.db-wal", "journal": "journal.log"}
        paths = {field: self.directory / name for field, name in files.items()}
        written = {field: path.read_bytes() for field, path in paths.items() if path.exists()}
        self.moments.append(replace(self.last, **(written | learned)))  # type: ignore[arg-type]

    @property
    def last(self) -> Moment:
        return self.moments[-1]


@contextmanager
def recording(directory: Path, service: WorldService) -> Iterator[list[Moment]]:
    """Yield the moments of what happens inside."""
    recorder = Recorder(directory)
    look = recorder.look
    transaction, append, fsync, accept = SQLiteFile.transaction, Journal.append, os.fsync, Batches.accept

    @contextmanager
    def seen_transaction(self: SQLiteFile, *, holding: bool = False) -> Iterator[object]:
        with transaction(self, holding=holding) as connection:
            look()
            yield connection
            synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
        look()  # the commit is written, and the power fails before it is synced
        if synchronous >= FULL:
            look(log_synced=len(recorder.last.log))

    def seen_append(self: Journal, line: Line) -> None:
        append(self, line)
        look(lines=recorder.last.lines | {line})

    def seen_fsync(descriptor: int) -> None:
        look()
        fsync(descriptor)
        if Path(f"/proc/self/fd/{descriptor}").readlink() == directory:
            look(named=True)
        else:
            look(journal_synced=os.fstat(descriptor).st_size)

    def seen_accept(self: Batches, *arguments: object, **named: object) -> None:
        accept(self, *arguments, **named)  # type: ignore[arg-type]
        look(stored=recorder.last.stored | {str(named["batch_id"])})

    def paying() -> None:
        look(begun=recorder.last.begun | {len(service.submitted)})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLiteFile, "transaction", seen_transaction)
        patch.setattr(Journal, "append", seen_append)
        patch.setattr(Batches, "accept", seen_accept)
        patch.setattr(os, "fsync", seen_fsync)
        patch.setattr(service, "before", paying)
        look(log_synced=(directory / "state.db-wal").stat().st_size)
        yield recorder.moments


def ends(moment: Moment) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield what may be left of the log and of the journal (none: not even its name) after a moment."""
    log, journal = moment.log, moment.journal
    if not moment.named:
        yield log, None
    # A frame counts as a whole or not at all, so that it is cut at its borders and within.
    borders = range(LOG_HEADER, len(log) + 1, FRAME)
    cuts = {moment.log_synced, len(log)} | {border + by for border in borders for by in (-1, 1, FRAME // 2)}
    for cut in sorted(cut for cut in cuts if moment.log_synced <= cut <= len(log)):
        lost = len(log) - cut
        for tail in (b"", bytes(lost), JUNK[: lost + FRAME]):
            yield log[:cut] + tail, journal
    for cut in range(moment.journal_synced, len(journal), 41):
        yield log, journal[:cut] + JUNK[: cut % 3]


def power_comes_back(directory: Path, moment: Moment, log: bytes, journal: bytes | None) -> Store:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    (directory / "state.db").write_bytes(moment.database)
    (directory / "state.db-wal").write_bytes(log)
    if journal is not None:
        (directory / "journal.log").write_bytes(journal)
    return Store.open(directory)


def ids(moment: Moment) -> set[str]:
    return {line.batch_id for line in moment.lines if isinstance(line, Entry)}


def live_through(directory: Path) -> list[Moment]:
    """Send and poll a job of two batches; return every moment of it."""
    clock = Clock()
    service = make_service(clock)
    store = open_store(directory)
    add_job(store, FIRST, 20, batch_size=10)
    with recording(directory / "state", service) as moments:
        finish(store, service, clock)
    assert [batch.state for batch in store.batches.of(1)] == [BatchState.COMPLETED] * 2
    store.close()
    return moments[1:]


def check(moments: Sequence[Moment], directory: Path) -> int:
    """Cut the power at every moment, in every way, and go on; return how often."""
    clock, cuts = Clock(), 0
    for moment in dict.fromkeys(moments):
        for log, journal in ends(moment):
            cuts += 1
            store = power_comes_back(directory, moment, log, journal)
            with closing(sqlite3.connect(directory / "state.db")) as bare:
                assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert store.batches.known(moment.stored, BINDING.base_url) == moment.stored, (
                "the state file forgot an id"
            )
            assert moment.lines <= set(store.journal.read(0)[0]), "the journal forgot a line"
            make_submitter(store, make_service(clock), clock).recover()
            batches = store.batches.of(1)
            planned = {batch.seq for batch in batches if batch.state is BatchState.PLANNED}
            assert not planned & moment.begun, "what may have been paid for would be sent again"
            assert ids(moment) <= {batch.batch_id for batch in batches}, "an id is lost"
            store.close()
    return cuts


def test_a_power_cut_leaves_what_was_promised(tmp_path: Path) -> None:
    moments = live_through(tmp_path)
    assert moments[-1].begun == {1, 2}
    assert len(moments[-1].lines) == 4
    assert len(moments[-1].stored & ids(moments[-1])) == 2
    assert check(moments, tmp_path / "after") > 300


def test_the_journal_goes_on_after_a_line_that_was_torn_anywhere(tmp_path: Path) -> None:
    moment = live_through(tmp_path)[-1]
    # An intent and an id.
    whole = len(b"".join(moment.journal.splitlines(keepends=True)[:2]))
    journal = Journal(tmp_path / "journal.log")
    for cut, tail in product(range(whole, len(moment.journal)), (b"", bytes(5), JUNK[:50])):
        journal.path.write_bytes(moment.journal[:cut] + tail)
        journal.append(ENTRY)
        first, *_, last = journal.entries()
        assert first.batch_id in moment.stored
        assert last == ENTRY


# -- the model sees what it is there to see


def unsynced_state(patch: pytest.MonkeyPatch) -> None:
    connect = SQLiteFile._connect  # noqa: SLF001 - where the program says FULL

    def careless(self: SQLiteFile) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    patch.setattr(SQLiteFile, "_connect", careless)


def unsynced_journal(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Journal, line: Line) -> None:
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    patch.setattr(Journal, "append", careless)


def unnamed_journal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("pwl_tui.state.files.journal.sync_directory", lambda _: None)


def late_intent(patch: pytest.MonkeyPatch) -> None:
    intend, accept = Batches.intend, Batches.accept

    def careless(self: Batches, batch: Batch, **given: Any) -> None:
        intend(self, batch, now=given["now"], balance=0)
        accept(self, batch, **given)

    patch.setattr(Batches, "intend", lambda *_, **__: True)
    patch.setattr(Batches, "accept", careless)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("carelessness", "found"),
    [
        (unsynced_state, "sent again"),
        (unsynced_journal, "journal forgot"),
        (unnamed_journal, "journal forgot"),
        (late_intent, "sent again"),
    ],
)
def test_a_careless_program_is_found_out(
    tmp_path: Path, carelessness: Callable[[pytest.MonkeyPatch], None], found: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        carelessness(patch)
        moments = live_through(tmp_path)
    with pytest.raises(AssertionError, match=found):
        check(moments, tmp_path / "after")
