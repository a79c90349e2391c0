"""Credits: readings of the balance, charges, and the log of what was done and decided."""

from string import ascii_lowercase, ascii_uppercase
from typing import Final

from msgspec import Struct

from pwl_tui.state.database import Connection, Database, Row
from pwl_tui.state.models import BalanceReading, Binding
from pwl_tui.state.records import binding_row

COMPLETED: Final = "journal completed"
"""The activity of a journal that lacked lines of its second copy: see `Store.complete_journal`."""
MOVED: Final = "state moved"
"""The activity of a move of all jobs between a state file and a database."""


class BalancePeriod(Struct, frozen=True):
    """A balance, and when the service first and last reported it."""

    first: float
    last: float
    balance: int


class Balances:
    """The service's reports of the credits of a binding, over time.

    A balance that is read repeatedly is stored once, with the times of its first and last reading.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, binding: Binding, reading: BalanceReading) -> None:
        """Store a reading; one that repeats the last only updates its time."""
        with self._database.transaction() as c:
            row = binding_row(c, binding)
            last = c.execute(
                "SELECT id, balance FROM readings WHERE binding=? AND service=? AND job IS NULL"
                " ORDER BY id DESC LIMIT 1",
                (row, reading.service),
            ).fetchone()
            if last is not None and last["balance"] == reading.balance:
                c.execute("UPDATE readings SET at=?1 WHERE id=?2 AND at<?1", (reading.at, last["id"]))
            else:
                _insert_reading(c, row, reading)

    def add_evidence(self, binding: Binding, reading: BalanceReading, job: int, seq: int) -> None:
        """Store a reading taken because batch `seq` of `job` is in doubt."""
        with self._database.transaction() as c:
            _insert_reading(c, binding_row(c, binding), reading, job, seq)

    def evidence(self, job: int, seq: int) -> list[BalanceReading]:
        """Return the readings taken for a batch in doubt, oldest first."""
        rows = self._database.read(
            "SELECT at, service, balance FROM readings WHERE job=? AND seq=? ORDER BY id", job, seq
        )
        return [BalanceReading(*row) for row in rows]

    def latest(self, binding: Binding) -> dict[str, BalanceReading]:
        """Return the last reading of each service."""
        rows = self._database.read(
            "SELECT r.at, r.service, r.balance FROM (SELECT r.binding, r.service, max(r.at) AS at"
            " FROM readings r JOIN bindings b ON b.id=r.binding WHERE b.base_url=? AND b.fingerprint=?"
            " GROUP BY r.binding, r.service) m"
            " JOIN readings r ON r.binding=m.binding AND r.service=m.service AND r.at=m.at ORDER BY r.id",
            binding.base_url,
            binding.fingerprint,
        )
        return {row["service"]: BalanceReading(*row) for row in rows}

    def all(self, binding: Binding, service: str) -> list[BalancePeriod]:
        """Return every balance of a service in the order in which they were read."""
        rows = self._database.read(
            "SELECT r.first, r.at, r.balance FROM readings r JOIN bindings b ON b.id=r.binding"
            " WHERE b.base_url=? AND b.fingerprint=? AND r.service=? ORDER BY r.first, r.id",
            binding.base_url,
            binding.fingerprint,
            service,
        )
        return [BalancePeriod(*row) for row in rows]

    def known(
        self, binding: Binding, service: str, limit: int
    ) -> tuple[dict[str, BalanceReading], list[BalanceReading]]:
        """Return the last reading of each service, and the last `limit` of one service, oldest first.

        It is one question, because a far database takes long for each.
        """
        rows = self._database.read(_KNOWN, binding.base_url, binding.fingerprint, service, limit)
        latest = sorted((row for row in rows if not row["earlier"]), key=lambda row: int(row["id"]))
        history = sorted((row for row in rows if row["earlier"]), key=lambda row: (row["at"], row["id"]))
        return (
            {row["service"]: _reading(row) for row in latest},
            [_reading(row) for row in history],
        )


class Charge(Struct, frozen=True):
    """Credits known to have been charged."""

    at: float
    """When this became certain."""
    amount: int
    balance_before: int | None
    job: int | None
    """None means a single check."""
    seq: int | None
    started: float | None
    """The earliest time at which they may have been charged. None means unknown: it was done elsewhere."""
    name: str = ""
    """Of the job, when read; empty if it was forgotten."""
    batch_id: str | None = None
    """The service's, when read."""
    by: str = ""
    """Who caused it, as ``user@host``, when read; empty if that is not known, or always the same person."""


class Charges:
    """The charges of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, binding: Binding, charge: Charge) -> None:
        """Store a charge that belongs to no batch (single checks)."""
        with self._database.transaction() as c:
            insert_charge(c, binding_row(c, binding), charge)

    def between(self, binding: Binding, after: float, until: float) -> int:
        """Return the credits known to have been charged after one time, and no later than another."""
        row = self._database.first(
            "SELECT coalesce(sum(amount), 0) FROM charges c JOIN bindings b ON b.id=c.binding"
            " WHERE b.base_url=? AND b.fingerprint=? AND c.at>? AND c.at<=? AND c.started IS NOT NULL",
            binding.base_url,
            binding.fingerprint,
            after,
            until,
        )
        return int(row[0]) if row else 0

    def without_id(self, binding: Binding) -> list[tuple[int, int]]:
        """Return job and place of each batch that was charged and has no ID: it was written off."""
        rows = self._database.read(
            "SELECT c.job, c.seq FROM charges c JOIN bindings b ON b.id=c.binding"
            " LEFT JOIN batches a ON a.job=c.job AND a.seq=c.seq"
            " LEFT JOIN forgotten f ON f.job=c.job AND f.seq=c.seq"
            " WHERE b.base_url=? AND b.fingerprint=? AND c.job IS NOT NULL"
            " AND a.batch_id IS NULL AND f.batch_id IS NULL ORDER BY c.id",
            binding.base_url,
            binding.fingerprint,
        )
        return [(row["job"], row["seq"]) for row in rows]

    def all(self, binding: Binding) -> list[Charge]:
        """Return every charge of a binding, oldest first."""
        who = "c.who" if self._database.shared else "''"
        rows = self._database.read(
            "SELECT c.at, c.amount, c.balance_before, c.job, c.seq, c.started, coalesce(j.name, ''),"
            f" coalesce(a.batch_id, f.batch_id), {who} FROM charges c JOIN bindings b ON b.id=c.binding"
            " LEFT JOIN jobs j ON j.id=c.job LEFT JOIN batches a ON a.job=c.job AND a.seq=c.seq"
            " LEFT JOIN forgotten f ON f.job=c.job AND f.seq=c.seq"
            " WHERE b.base_url=? AND b.fingerprint=? ORDER BY c.at, c.id",
            binding.base_url,
            binding.fingerprint,
        )
        return [Charge(*row) for row in rows]


class Activity(Struct, frozen=True):
    """One thing that happened or was decided."""

    at: float
    job: int | None
    seq: int | None
    event: str
    detail: str
    by: str = ""
    """Who did it, as ``user@host``, when read; empty if that is not known, or always the same person."""


class Activities:
    """The log of one state file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._who = "a.who" if database.shared else "''"

    def add(self, activity: Activity) -> None:
        """Log something that no transaction makes true."""
        with self._database.transaction() as c:
            note(c, activity)

    def last(self, event: str, detail: str) -> float | None:
        """Return when an event happened last, UTC epoch seconds; None if never."""
        row = self._database.first("SELECT max(at) FROM activity WHERE event=? AND detail=?", event, detail)
        return None if row is None else row[0]

    def has(self, event: str, word: str) -> bool:
        """Whether an event happened whose detail has a word."""
        found = "SELECT 1 FROM activity WHERE event=? AND instr(detail, ?)>0 LIMIT 1"
        return self._database.first(found, event, word) is not None

    def count(self, *, job: int | None = None, words: str = "") -> int:
        """Return how many entries `newest` can return."""
        condition, values = self._sought(job, words)
        row = self._database.first(f"SELECT count(*) {condition}", *values)
        return int(row[0]) if row else 0

    def newest(self, offset: int, limit: int, *, job: int | None = None, words: str = "") -> list[Activity]:
        """Return what happened, newest first, including new balances.

        Args:
            offset: how many of the newest to skip.
            limit: the most to return.
            job: of this job only. None means of all.
            words: all of them must occur in the event, its detail, the job's name or who did it; the case of
                the letters a to z does not matter.
        """
        condition, values = self._sought(job, words)
        rows = self._database.read(
            f"SELECT a.at, a.job, a.seq, a.event, a.detail, {self._who} {condition}"
            " ORDER BY a.at DESC, a.id DESC LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return [Activity(*row) for row in rows]

    def _sought(self, job: int | None, words: str) -> tuple[str, list[str | int]]:
        """Return the end of a query for activities, and the values that it binds."""
        conditions, values = ["1=1"], list[str | int]()
        if job is not None:
            conditions.append("a.job=?")
            values.append(job)
        for word in words.split():
            # Not LIKE, to which a percent sign has a meaning.
            conditions.append(f"instr(lower({self._who} || {_WORDS}), ?)>0")
            values.append(word.translate(_LOWER))
        return f"FROM {_HAPPENED} a LEFT JOIN jobs j ON j.id=a.job WHERE {' AND '.join(conditions)}", values


_WORDS: Final = "' ' || a.event || ' ' || a.detail || ' ' || coalesce(j.name, '')"
"""What is searched."""
_HAPPENED = """
(SELECT id, at, job, seq, event, detail, who FROM activity
    UNION ALL SELECT 0, first, job, seq, 'credits read', service || ': ' || balance, '' FROM readings)
"""
"""What was done and decided, and every balance that differed from the one before."""


_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
"""As ``lower`` in a statement."""


_OF_BINDING = "FROM readings r JOIN bindings b ON b.id=r.binding WHERE b.base_url=?1 AND b.fingerprint=?2"
_KNOWN = f"""
SELECT 0 AS earlier, r.id, r.at, r.service, r.balance
FROM (SELECT r.binding, r.service, max(r.at) AS at {_OF_BINDING} GROUP BY r.binding, r.service) m
JOIN readings r ON r.binding=m.binding AND r.service=m.service AND r.at=m.at
UNION ALL SELECT 1 AS earlier, h.id, h.at, h.service, h.balance
FROM (SELECT r.id, r.at, r.service, r.balance {_OF_BINDING} AND r.service=?3 ORDER BY r.at DESC LIMIT ?4) h
"""


def _reading(row: Row) -> BalanceReading:
    return BalanceReading(row["at"], row["service"], row["balance"])


def note(c: Connection, activity: Activity, *, last: bool = False) -> None:
    """Log something inside the transaction that makes it true.

    Args:
        c: in a transaction.
        activity: what to log.
        last: whether nothing follows in the transaction: then it takes no time of its own.
    """
    (c.last if last else c.execute)(
        "INSERT INTO activity (at, job, seq, event, detail, who) VALUES (?,?,?,?,?,?)",
        (activity.at, activity.job, activity.seq, activity.event, activity.detail, c.who()),
    )


def insert_charge(c: Connection, binding: int, charge: Charge) -> None:
    """Store a charge inside the transaction that learns of it."""
    c.execute(
        "INSERT INTO charges (binding, at, amount, balance_before, job, seq, started, who)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (
            binding,
            charge.at,
            charge.amount,
            charge.balance_before,
            charge.job,
            charge.seq,
            charge.started,
            c.who(),
        ),
    )


def _insert_reading(
    c: Connection,
    binding: int,
    reading: BalanceReading,
    job: int | None = None,
    seq: int | None = None,
) -> None:
    c.execute(
        "INSERT INTO readings (binding, service, first, at, balance, job, seq) VALUES (?,?,?,?,?,?,?)",
        (binding, reading.service, reading.at, reading.at, reading.balance, job, seq),
    )
