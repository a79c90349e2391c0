"""Where a state directory belongs: whoever works on a copy of it could pay for the same numbers again."""

from pathlib import Path

from msgspec import Struct

from pwl_tui.problem import Problem
from pwl_tui.state.database import Connection, Database
from pwl_tui.state.files.host import Host
from pwl_tui.state.follows import tell_followers
from pwl_tui.state.models import BatchState
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import to_json
from pwl_tui.text import in_utf8


class Place(Struct, frozen=True):
    r"""A directory on a machine.

    Attributes:
        host: the ID of the machine.
        name: of the machine, as people call it.
        path: the directory, without symbolic links; bytes that are not in UTF-8 as ``\xff``.
    """

    host: str
    name: str
    path: str

    @classmethod
    def of(cls, host: Host, directory: Path) -> "Place":
        """Return the place of a directory on a machine."""
        path = in_utf8(str(directory.resolve()))
        return cls(host.id, host.name, path)

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.name}:{self.path}"


class Places:
    """Where one state file was used last, and where it is now.

    Args:
        database: the state. If it has no place yet, it gets this one.
        directory: where it is, if it is a file.
    """

    def __init__(self, database: Database, directory: Place) -> None:
        self._database = database
        self.here = directory if (location := database.location()) is None else Place(*location)
        """Where the state is."""
        recorded = self._recorded()
        self._settled = recorded is not None and self._is_here(recorded)
        self.begun = recorded is None
        """Whether it had no place until now, because it is new."""
        if self.begun:
            with database.transaction() as c:
                c.execute("INSERT INTO places VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING", _row(self.here))

    def elsewhere(self) -> Place | None:
        """Return where the state file belongs, if that is another place and nobody has decided about it."""
        if self._settled:  # an open file does not move
            return None
        recorded = self._recorded()
        self._settled = recorded is None or self._is_here(recorded)
        return None if self._settled else recorded

    def moved(self, now: float) -> bool:
        """Record the decision that the directory was moved: work continues here.

        Returns:
            Whether there was something to decide; False if it has been decided in the meantime.
        """
        with self._database.transaction() as c:
            return self._decided(c, "moved", now)

    def copied(self, now: float, problem: Problem) -> int | None:
        """Record the decision that this is a copy, and reject all batches that are not sent yet.

        Args:
            now: when.
            problem: what the batches are rejected with.

        Returns:
            How many batches that are. None means that it has been decided in the meantime.
        """
        with self._database.transaction() as c:
            if not self._decided(c, "copied", now):
                return None
            planned = c.execute(
                "SELECT job, seq FROM batches WHERE state=?", (BatchState.PLANNED,)
            ).fetchall()
            c.execute(
                "UPDATE batches SET state=?, error=? WHERE state=?",
                (BatchState.REJECTED, to_json(problem), BatchState.PLANNED),
            )
            for batch in planned:
                tell_followers(c, batch["job"], batch["seq"], now)
            return len(planned)

    def _recorded(self) -> Place | None:
        row = self._database.first("SELECT host, name, path FROM places")
        return None if row is None else Place(*row)

    def _is_here(self, place: Place) -> bool:
        return (place.host, place.path) == (self.here.host, self.here.path)

    def _decided(self, c: Connection, what: str, now: float) -> bool:
        """Make this place the recorded one, unless it is already."""
        before = Place(*c.execute("SELECT host, name, path FROM places").fetchone())
        if self._is_here(before):
            return False
        c.execute("UPDATE places SET host=?, name=?, path=?", _row(self.here))
        note(c, Activity(now, None, None, f"state directory {what}", f"from {before} to {self.here}"))
        return True


def _row(place: Place) -> tuple[str, str, str]:
    return place.host, place.name, place.path
