"""The results of a job by country and carrier, counted piece by piece."""

from collections import Counter
from typing import NamedTuple

from pwl_tui.state.database import Database
from pwl_tui.state.queries.selection import pieces


class Share(NamedTuple):
    """One country or carrier.

    Attributes:
        name: as the service writes it; empty if it did not say.
        checked: its numbers that have a result, without failures.
        on_whatsapp: how many of those are on WhatsApp.
    """

    name: str
    checked: int
    on_whatsapp: int


class Breakdown:
    """What is counted of a job so far. Only one thread at a time may use it.

    Args:
        database: the state file.
        job: its ID.
    """

    def __init__(self, database: Database, job: int) -> None:
        self._database, self._job = database, job
        self._ahead = list(pieces(database, job))
        self._next = 0
        self._tally: Counter[tuple[str, str, int]] = Counter()

    @property
    def progress(self) -> float:
        """The share of the job that is counted, 0 to 1."""
        return self._next / len(self._ahead) if self._ahead else 1.0

    def grow(self) -> bool:
        """Count a little more, in a few milliseconds; return whether there is more to count."""
        if self._next == len(self._ahead):
            return False
        span = self._ahead[self._next]
        for country, carrier, on_whatsapp, count in self._database.stream(
            "SELECT country, carrier, on_whatsapp, count(*) FROM numbers"
            " WHERE job=? AND idx>=? AND idx<? AND on_whatsapp IS NOT NULL GROUP BY 1, 2, 3",
            self._job,
            span.first,
            span.end,
        ):
            self._tally[country, carrier, on_whatsapp] += count
        self._next += 1
        return self._next < len(self._ahead)

    def countries(self) -> list[Share]:
        """Return the countries, those with the most results first."""
        return self._shares(0)

    def carriers(self) -> list[Share]:
        """Return the carriers, those with the most results first."""
        return self._shares(1)

    def _shares(self, place: int) -> list[Share]:
        checked: Counter[str] = Counter()
        on_whatsapp: Counter[str] = Counter()
        for key, count in self._tally.items():
            name = str(key[place])
            checked[name] += count
            on_whatsapp[name] += count if key[2] else 0
        shares = (Share(name, count, on_whatsapp[name]) for name, count in checked.items())
        return sorted(shares, key=lambda share: (-share.checked, share.name))
