"""What the person's command was told, so that it is told each event once, whichever process sees it."""

from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from pwl_tui.state.database import Database
from pwl_tui.state.models import Binding
from pwl_tui.state.records import binding_row

QUIET_SECONDS: Final = 3600.0
"""How long what has ended and begins again is not told again: it may come and go with every poll."""

Subject: TypeAlias = tuple[str, str]
"""An event, and what it is about: a batch, a job, or nothing more than the key."""


class Told:
    """What was told about the jobs of each binding."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def finished(self, binding: Binding, event: str, job: int, at: float) -> bool:
        """Note that a job finished at a time; return whether nobody has told that yet."""
        with self._database.transaction() as c:
            noted = c.execute(
                "INSERT INTO told VALUES (?,?,?,?,0) ON CONFLICT (binding, event, subject) DO UPDATE"
                " SET at=excluded.at WHERE told.at<excluded.at",
                (binding_row(c, binding), event, str(job), at),
            )
            return bool(noted.rowcount)

    def lasting(
        self,
        binding: Binding,
        events: Collection[str],
        current: Callable[[], Collection[Subject]],
        now: float,
    ) -> list[Subject]:
        """Note what is so now; return what of it is to be told, because it has begun since the last time.

        Args:
            binding: whose jobs.
            events: the kinds that `current` knows; what it does not return of them is over.
            current: reads what is so. It is called while nobody else writes.
            now: UTC epoch seconds.
        """
        with self._database.transaction() as c:
            row = binding_row(c, binding)
            so = set(current())
            known = {
                (one["event"], one["subject"]): (one["at"], bool(one["lasting"]))
                for one in c.execute("SELECT event, subject, at, lasting FROM told WHERE binding=?", (row,))
                if one["event"] in events
            }
            begun = {subject for subject in so if not known.get(subject, (0.0, False))[1]}
            told = [
                subject
                for subject in sorted(begun)
                if not 0 <= now - known.get(subject, (float("-inf"), False))[0] < QUIET_SECONDS
            ]
            for event, subject in begun:
                at = now if (event, subject) in told else known[event, subject][0]
                c.execute(
                    "INSERT INTO told VALUES (?,?,?,?,1) ON CONFLICT (binding, event, subject) DO UPDATE"
                    " SET at=excluded.at, lasting=1",
                    (row, event, subject, at),
                )
            for (event, subject), (_, lasts) in known.items():
                if lasts and (event, subject) not in so:
                    c.execute(
                        "UPDATE told SET lasting=0 WHERE binding=? AND event=? AND subject=?",
                        (row, event, subject),
                    )
            return told
