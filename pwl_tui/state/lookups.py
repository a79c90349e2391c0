"""Single checks: stored before they are paid for, and with their answer as soon as it comes."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import COLUMNS, Answer
from pwl_tui.problem import Problem
from pwl_tui.state.database import Database
from pwl_tui.state.models import Binding
from pwl_tui.state.money import Activity, Charge, insert_charge, note
from pwl_tui.state.records import ANSWER, answer_from, binding_row, problem_from, to_json, values_of
from pwl_tui.text import without_numbers

_QUERY_SIZE: Final = 500
"""Numbers in one statement; SQLite allows 32,766."""
_OF_BINDING: Final = "binding=(SELECT id FROM bindings WHERE base_url=? AND fingerprint=?)"


class Lookup(Struct, frozen=True):
    """One single check.

    Attributes:
        number: E.164 without the plus.
        started: when the intent to pay for it was stored.
        answered: when the answer came. None means that there is none, and that it may have been charged.
        answer: what was answered; meaningless without `answered`.
        line_type: as the service names it; may be empty.
        problem: why there is no answer. None without `answered`: it is being asked, or its process died.
    """

    number: int
    started: float
    answered: float | None
    answer: Answer
    line_type: str
    problem: Problem | None


class Lookups:
    """The single checks of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, binding: Binding, numbers: Sequence[int]) -> dict[int, Lookup]:
        """Return the last check of each of the numbers that this key has checked."""
        found: dict[int, Lookup] = {}
        for start in range(0, len(numbers), _QUERY_SIZE):
            some = numbers[start : start + _QUERY_SIZE]
            rows = self._database.read(
                f"SELECT number, started, answered, line_type, error, {ANSWER} FROM lookups"
                f" WHERE {_OF_BINDING} AND number IN ({','.join('?' * len(some))}) ORDER BY id",
                binding.base_url,
                binding.fingerprint,
                *some,
            )
            for row in rows:
                answer = Answer() if row["answered"] is None else answer_from(row[5:])
                found[row["number"]] = Lookup(
                    row["number"],
                    row["started"],
                    row["answered"],
                    answer,
                    row["line_type"] or "",
                    problem_from(row["error"]),
                )
        return found

    def unanswered(self, binding: Binding) -> list[float]:
        """Return when the checks started that have no answer and may have been charged, oldest first."""
        rows = self._database.read(
            f"SELECT started FROM lookups WHERE {_OF_BINDING} AND answered IS NULL ORDER BY started, id",
            binding.base_url,
            binding.fingerprint,
        )
        return [row["started"] for row in rows]

    def open(self, binding: Binding) -> dict[int, Lookup]:
        """Return the checks that have no answer, by number, where it is the last check of the number."""
        rows = self._database.read(
            f"SELECT DISTINCT number FROM lookups WHERE {_OF_BINDING} AND answered IS NULL"
            " AND number IS NOT NULL",
            binding.base_url,
            binding.fingerprint,
        )
        last = self.latest(binding, [row["number"] for row in rows])
        return {number: lookup for number, lookup in last.items() if lookup.answered is None}

    def intend(self, binding: Binding, number: int, *, now: float, again: bool) -> int:
        """Store that a number is about to be paid for, and return the ID of the check.

        Args:
            binding: the service and key that pay.
            number: E.164 without the plus.
            now: when.
            again: whether the last check of the number may have been charged, and the person decided to ask
                again.
        """
        with self._database.transaction(holding=True) as c:
            cursor = c.execute(
                "INSERT INTO lookups (binding, number, started) VALUES (?,?,?)",
                (binding_row(c, binding), number, now),
            )
            if again:
                note(
                    c,
                    Activity(now, None, None, "lookup again", "decided: the last one may have been charged"),
                )
            if cursor.lastrowid is None:
                raise AssertionError("an INSERT into a rowid table always has a row id")
            return cursor.lastrowid

    def answer(self, binding: Binding, lookup: int, answer: Answer, line_type: str, charge: Charge) -> None:
        """Store the answer to a check and what it cost, together; nothing if it is stored already."""
        columns = ", ".join(f"{column}=?" for column in COLUMNS)
        with self._database.transaction() as c:
            stored = c.execute(
                f"UPDATE lookups SET answered=?, error=NULL, line_type=?, {columns}"
                " WHERE id=? AND answered IS NULL",
                (charge.at, line_type, *values_of(answer), lookup),
            )
            # Nobody may know that it was stored, as where a connection is lost just then.
            if stored.rowcount:
                insert_charge(c, binding_row(c, binding), charge)

    def withdraw(self, lookup: int) -> None:
        """Forget a check that was surely not charged."""
        with self._database.transaction() as c:
            c.execute("DELETE FROM lookups WHERE id=?", (lookup,))

    def doubt(self, lookup: int, problem: Problem, *, now: float, reply: str = "") -> None:
        """Store why a check that may have been charged has no answer, and what came in place of one."""
        with self._database.transaction() as c:
            c.execute("UPDATE lookups SET error=?, reply=? WHERE id=?", (to_json(problem), reply, lookup))
            note(c, Activity(now, None, None, "lookup in doubt", without_numbers(problem.message)))

    def tell_more(self, lookup: int, problem: Problem) -> None:
        """Store what has been learned since of a check that is in doubt."""
        with self._database.transaction() as c:
            c.execute("UPDATE lookups SET error=? WHERE id=?", (to_json(problem), lookup))

    def replies(self, binding: Binding, number: int) -> list[str]:
        """Return what came for the checks of a number that have no answer, newest first; not cleaned."""
        rows = self._database.read(
            f"SELECT reply FROM lookups WHERE {_OF_BINDING} AND number=? AND reply<>'' ORDER BY id DESC",
            binding.base_url,
            binding.fingerprint,
            number,
        )
        return [row["reply"] for row in rows]

    def doubt_orphans(self, binding: Binding, problem: Problem) -> None:
        """Give the checks whose process died a problem; only for the holder of the sender lock."""
        orphans = f"{_OF_BINDING} AND answered IS NULL AND error IS NULL"
        values = (binding.base_url, binding.fingerprint)
        if self._database.first(f"SELECT 1 FROM lookups WHERE {orphans}", *values) is None:
            return
        with self._database.transaction(holding=True) as c:
            c.execute(f"UPDATE lookups SET error=? WHERE {orphans}", (to_json(problem), *values))

    def count(self, before: float) -> int:
        """Return how many numbers of checks `purge` would remove."""
        row = self._database.first(
            "SELECT count(*) FROM lookups WHERE number IS NOT NULL AND coalesce(answered, started)<?", before
        )
        return int(row[0]) if row else 0

    def purge(self, before: float) -> None:
        """Remove the numbers of checks made before a moment, and their answers; charges stay.

        A check that may have been charged stays without its number, for the ledger. `Store.wipe` makes it
        for good.
        """
        with self._database.transaction() as c:
            c.execute("DELETE FROM lookups WHERE answered<?", (before,))
            old = "answered IS NULL AND started<?"
            for row in c.execute(f"SELECT id, error FROM lookups WHERE {old}", (before,)).fetchall():
                problem = problem_from(row["error"])
                if problem is not None:  # the service may have said the number in it
                    problem = replace(problem, message=without_numbers(problem.message))
                c.execute(
                    "UPDATE lookups SET number=NULL, reply=NULL, error=? WHERE id=?",
                    (to_json(problem), row["id"]),
                )
