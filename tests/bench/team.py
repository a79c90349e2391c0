"""A team on one PostgreSQL, beside a state file and bare statements: ``python -m tests.bench.team``.

The server is a real one that waits for its disk, on this machine. Each figure is a ratio to a floor that was
measured in turn with it, in tables like ours: a bare ``COPY`` or ``executemany`` of the same rows, a bare
update from a temporary table, a bare notification, and the first paint with a state file.

A number on the command line is how many numbers the job has, in place of a million.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from os import getloadavg
from pathlib import Path
from statistics import median

import psycopg

from pwl_tui.state.store import Store
from tests.bench.news import bare, changes
from tests.bench.poll_intake import SIZE
from tests.bench.team_answers import Place, Taken, Way, taken
from tests.bench.team_floors import Bare, bare_executemany, numbers_of, rows_of
from tests.bench.team_paint import ONE_WAY_SECONDS, far_url, paints
from tests.crash.line import Line
from tests.crash.server import Server, server
from tests.unit.fake_service import FIRST, accepted, store_numbers

_NUMBERS = 1_000_000
_ROUNDS = 3
_HOSTS = 4
_PIECE = 20
"""Batches that one process takes in for one figure, or four together."""
_WAYS: tuple[Way, ...] = ("learn", "poll")
_CHANGES = 20
_SIZES = ("rows", "numbers")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _NUMBERS
    parts = sys.argv[2:] or ["store", "answers", "news", "paint"]
    with server(durable=True) as database, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _print_load()
        if "store" in parts or "answers" in parts:
            files = _store(database, directory, count)
            _print_load()
        if "answers" in parts:
            shared = Place(directory, database.url("team"), database.url("bare"))
            _answers(database, shared, files, count // SIZE)
            _print_load()
        if "news" in parts:
            _news(database, directory)
            _print_load()
        if "paint" in parts:
            _paint(database, directory)
            _print_load()


def _store(database: Server, directory: Path, count: int) -> Place:
    """Print how long it takes to store a job; leave it in the database and in a state file."""
    rows, numbers = rows_of(count), numbers_of(FIRST, count, SIZE)
    listed = range(FIRST, FIRST + count)
    floor, team = Bare(database.url("bare")), Store.open(directory / "host0", url=database.url("team"))
    took: dict[str, list[float]] = {"bare": [], "team": [], "bare file": [], "file": []}
    for turn in range(_ROUNDS):
        place = directory / f"file{turn}"
        floor.clear()
        _admin(database, "TRUNCATE team.jobs CASCADE", "VACUUM", "CHECKPOINT")
        written = _wal(database)
        took["bare"].append(_seconds(lambda: floor.copy(rows, numbers)))
        floor_wal, written = _wal(database) - written, _wal(database)
        took["team"].append(_seconds(lambda: store_numbers(team, listed)))
        team_wal = _wal(database) - written
        place.mkdir()
        path = place / "bare.db"
        took["bare file"].append(_seconds(lambda path=path: bare_executemany(path, rows, numbers)))  # type: ignore[misc] # binds now
        with closing(Store.open(place / "state")) as file:
            took["file"].append(_seconds(lambda file=file: store_numbers(file, listed)))  # type: ignore[misc] # as above
    print(f"storing a job of {count:,} numbers")
    _ratio("PostgreSQL, beside COPY", took["team"], took["bare"])
    _ratio("state file, beside executemany", took["file"], took["bare file"])
    print(f"  write-ahead log {team_wal / 1e6:,.0f} MB, of a bare COPY {floor_wal / 1e6:,.0f} MB")
    _print_sizes(database)
    floor.close()
    team.close()
    return Place(place)


def _answers(database: Server, team: Place, files: Place, batches: int) -> None:
    """Print how long answers take, and what is left when all of a job's batches have theirs."""
    size = min(_PIECE, batches // (2 * 2 * _ROUNDS + 2))
    left = iter(range(1, batches + 1))
    for place in (team, files):
        _send(place, range(1, (2 * 2 * _ROUNDS + 2) * size + 1))
    _admin(database, "VACUUM ANALYZE")  # a floor that counts on nothing reads the whole table
    print(f"taking in an answer of {SIZE:,} results (seconds, and results per second)")
    for processes in (1, _HOSTS):
        found: dict[tuple[str, str], list[Taken]] = {}
        for _ in range(_ROUNDS):
            for way in _WAYS:
                piece = [seq for _, seq in zip(range(size), left, strict=False)]
                written = _wal(database)
                found.setdefault(("team", "bare"), []).append(taken(team, "bare", piece, processes))
                floor_wal, written = _wal(database) - written, _wal(database)
                found.setdefault(("team", way), []).append(taken(team, way, piece, processes))
                wal = _wal(database) - written
                found.setdefault(("file", "bare"), []).append(taken(files, "bare", piece, processes))
                found.setdefault(("file", way), []).append(taken(files, way, piece, processes))
        for name, label in (("team", "PostgreSQL"), ("file", "state file")):
            floor = _median(found[name, "bare"])
            print(f"  {label}, {processes} process{'es' if processes > 1 else ''}")
            print(f"    {'bare update':28} {floor.seconds * 1e3:7.1f} ms {floor.rate:9,.0f}/s")
            for way in _WAYS:
                one = _median(found[name, way])
                print(
                    f"    {way:28} {one.seconds * 1e3:7.1f} ms {one.rate:9,.0f}/s"
                    f"  {one.seconds / floor.seconds:5.2f} x  {floor.rate / one.rate:5.2f} x"
                )
    with Line(database.socket, lambda: None) as line:
        line.slow(ONE_WAY_SECONDS)
        far = team._replace(url=far_url(line, "team"))
        print(f"  PostgreSQL 20 ms away, {_HOSTS} processes")
        for way in _WAYS:
            one = taken(far, way, [seq for _, seq in zip(range(size), left, strict=False)], _HOSTS)
            print(f"    {way:28} {one.seconds * 1e3:7.1f} ms {one.rate:9,.0f}/s")
    per = 1_000_000 / (size * SIZE)
    print(
        f"  write-ahead log per million answers {wal * per / 1e6:,.0f} MB,"
        f" of a bare update {floor_wal * per / 1e6:,.0f} MB"
    )
    rest = list(left)
    if rest:
        written = _wal(database)
        _send(team, rest)
        print(f"  sending {len(rest):,} batches writes {(_wal(database) - written) / 1e6:,.0f} MB")
        written = _wal(database)
        rate = taken(team, "learn", rest, _HOSTS).rate
        print(
            f"  {len(rest) * SIZE:,} more answers: {rate:,.0f}/s, {(_wal(database) - written) / 1e6:,.0f} MB"
        )
    _print_sizes(database)


def _send(place: Place, batches: Iterable[int]) -> None:
    """Let batches of the newest job be accepted."""
    with closing(place.open("host0")) as store:
        job = store.jobs.all()[0].id
        for seq in batches:
            accepted(store, job, seq, f"id-{seq}")


def _news(database: Server, directory: Path) -> None:
    """Print how long a change takes until the screen of another machine has it."""
    url = database.url("news")
    print("a change until another machine's screen has it")
    with (
        closing(Store.open(directory / "news0", url=url)) as here,
        closing(Store.open(directory / "news1", url=url)) as there,
    ):
        for name, took in (
            ("bare notification", bare(url, _CHANGES)),
            ("at rest", changes(here, there, live=False, count=_CHANGES)),
            ("live", changes(here, there, live=True, count=_CHANGES)),
        ):
            print(f"  {name:30} median {median(took) * 1e3:6.1f} ms, worst {took[-1] * 1e3:6.1f} ms")


def _paint(database: Server, directory: Path) -> None:
    """Print how long the first paint takes."""
    took = paints(database, directory)
    floor = median(took["state file"])
    print("first paint")
    for name, some in took.items():
        print(
            f"  {name:30} {median(some):6.3f} s {median(some) - floor:+6.3f} s {median(some) / floor:6.2f} x"
        )


def _ratio(name: str, took: list[float], floor: list[float]) -> None:
    ratios = sorted(one / other for one, other in zip(took, floor, strict=True))
    print(
        f"  {name:30} {median(took):6.1f} s  {median(ratios):5.2f} x a floor of {median(floor):.1f} s"
        f" (from {ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def _median(some: list[Taken]) -> Taken:
    return Taken(*(median(values) for values in zip(*some, strict=True)))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _ask(database: Server, question: str) -> Iterator[tuple[object, ...]]:
    with psycopg.connect(database.url("team"), autocommit=True) as bare_link:
        yield from bare_link.execute(question.encode())


def _admin(database: Server, *statements: str) -> None:
    with psycopg.connect(database.url("team"), autocommit=True) as bare_link:
        for statement in statements:
            bare_link.execute(statement.encode())


def _wal(database: Server) -> int:
    """Return how many bytes of write-ahead log there have ever been."""
    ((written,),) = _ask(database, "SELECT CAST(pg_current_wal_lsn()-'0/0' AS BIGINT)")
    return int(str(written))


def _print_sizes(database: Server) -> None:
    for table, size, heap in _ask(
        database,
        "SELECT relname, pg_total_relation_size(oid), pg_relation_size(oid) FROM pg_class"
        " WHERE relnamespace='team'::regnamespace AND relkind='r' AND pg_relation_size(oid)>1000000"
        " ORDER BY 1",
    ):
        total, own = int(str(size)), int(str(heap))
        print(f"  {table} takes {total / 1e6:,.0f} MB, {(total - own) / 1e6:,.0f} MB of it indexes")


def _print_load() -> None:
    print(f"load {getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
