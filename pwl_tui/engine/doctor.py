"""Checks everything that the program needs to work. Spends nothing and shows no secret.

A check returns its finding; what keeps the program from working is raised, as everywhere else.
"""

import shutil
import stat
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final

from msgspec import Struct

from pwl_tui.api.probe import Greeting, addresses, greet, proxy_to
from pwl_tui.config import Settings
from pwl_tui.engine.account import connect
from pwl_tui.engine.money.journal_index import was_older
from pwl_tui.engine.problems import NO_KEY, OLDER, EngineError, misplaced
from pwl_tui.state.store import Store

SKEW_SECONDS: Final = 60.0
"""How far this machine's clock may differ from the service's before certificates and signatures may fail."""
DATABASE_SKEW_SECONDS: Final = 5.0
"""How far this machine's clock may differ from the database's, by which all times are stored."""
EXPIRY_DAYS: Final = 14
"""Days before the service's certificate expires from which that is reported."""

_DAY_SECONDS: Final = 86_400.0
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Finding(Struct, frozen=True):
    """The result of a check.

    Attributes:
        message: the state of things, in a few words.
        remedy: what to do about it; empty if it is as it should be.
    """

    message: str
    remedy: str = ""


class ServiceChecks:
    """Checks the way to the service and the key; each check raises a `ProblemError` if it fails.

    Args:
        settings: the base URL and the key.
        greet: asks the service for an answer; injected by tests.
    """

    def __init__(self, settings: Settings, *, greet: Callable[[str], Greeting] = greet) -> None:
        self._settings = settings
        self._greet = greet

    def proxy(self) -> Finding:
        """Report the proxy to the service."""
        return Finding(proxy_to(self._settings.base_url) or "none")

    def name(self) -> Finding:
        """Look up the service's name, or the proxy's."""
        return Finding(", ".join(addresses(self._settings.base_url)))

    def service(self) -> Finding:
        """Check that the service answers, and how long its certificate is valid."""
        greeting, base_url = self._greeting, self._settings.base_url
        answers = f"{base_url} answers"
        if greeting.tls is None or greeting.expires is None:
            return Finding(f"{answers} without TLS, on this machine")
        days = int((greeting.expires - greeting.at) // _DAY_SECONDS)
        remedy = ""
        if days < EXPIRY_DAYS:
            remedy = "Tell the provider, or whoever runs the proxy: nothing works once it has expired."
        return Finding(f"{answers}, {greeting.tls}, its certificate is valid for {days:,} days", remedy)

    def clock(self) -> Finding:
        """Compare this machine's clock with the service's."""
        greeting = self._greeting
        if greeting.date is None:
            return Finding("cannot be compared: the service does not report its time")
        ahead = greeting.at - greeting.date
        if abs(ahead) <= SKEW_SECONDS:
            return Finding("agrees with the service's")
        way = "ahead of" if ahead > 0 else "behind"
        return Finding(
            f"is {abs(ahead):,.0f} seconds {way} the service's", "Synchronize it: `timedatectl set-ntp true`."
        )

    def key(self) -> Finding:
        """Read the credits of the key.

        Raises:
            EngineError: there is none.
        """
        key = self._settings.api_key
        if key is None:
            raise EngineError(NO_KEY)
        service = connect(self._settings.base_url, key)
        try:
            balance = service.balance().balance
        finally:
            service.close()
        return Finding(f"{key.fingerprint} (its fingerprint) has {balance:,} WhatsApp credits")

    @cached_property
    def _greeting(self) -> Greeting:
        return self._greet(self._settings.base_url)


def state(store: Store) -> Finding:
    """Check that the state file is sound and has room; takes seconds if it is large.

    Raises:
        StateError: it is damaged, or the disk is nearly full.
    """
    store.check()
    store.require_room()
    free = f"{shutil.disk_usage(store.directory).free // 2**20:,} MB free"
    if store.report() is not None:
        return Finding(f"the database is sound, and {store.directory} has room for the journal, {free}")
    return Finding(f"{store.directory} is sound and on a local disk, {free}")


def database(store: Store) -> Finding:
    """Check the server that a shared state is on: its version, TLS, latency, clock and rights.

    Raises:
        StateError: it does not answer.
    """
    report = store.report()
    if report is None:
        raise AssertionError("the state is in a file")
    way = report.tls or ("not encrypted, on this machine" if report.local else "not encrypted")
    message = f"{report.place}: PostgreSQL {report.version}, {way}, {report.seconds * 1000:,.1f} ms away"
    if abs(report.ahead) > DATABASE_SKEW_SECONDS:
        message += f", its clock {abs(report.ahead):,.0f} seconds {'behind' if report.ahead > 0 else 'ahead'}"
    remedies = []
    if report.tls is None and not report.local:
        remedies.append(
            "Add sslmode=verify-full to [state] url: phone numbers are sent over this connection."
        )
    if abs(report.ahead) > DATABASE_SKEW_SECONDS:
        remedies.append("Synchronize the clocks: what happens when is decided, and shown, by the server's.")
    if not report.durable:
        remedies.append("Set fsync=on on the server; otherwise a power cut can lose IDs you paid for.")
    if not report.owned:
        remedies.append(
            "Make one role the owner of all tables; otherwise `forget` and `purge` cannot wipe anything."
        )
    return Finding(message, " ".join(remedies))


def place(store: Store) -> Finding:
    """Check that the state is where it belongs: nothing is sent from a copy, or from a restored database."""
    place = store.places.elsewhere()
    if place is None:
        return Finding("the state belongs here")
    problem = misplaced(place, shared=store.shared)
    return Finding(problem.message, problem.remedy)


def permissions(store: Store) -> Finding:
    """Check that nobody else can read the state."""
    paths = (store.directory, *store.directory.rglob("*"))
    open_to_others = [path for path in paths if _is_open(path)]
    if not open_to_others:
        return Finding("nobody else can read this directory")
    names = ", ".join(str(path) for path in open_to_others[:3])
    return Finding(
        f"other users can access {len(open_to_others):,} of the state's files: {names}",
        f"Run `chmod -R go= {store.directory}`.",
    )


def journal(store: Store, unadopted: int) -> Finding:
    """Check the journal; `unadopted` is how many of its batches belong to no job.

    Raises:
        StateError: it cannot be read or completed.
    """
    store.complete_journal()
    entries = f"readable, entries: {len(store.journal.entries()):,}"
    if not unadopted:
        return Finding(entries)
    return Finding(f"{entries}, in no job: {unadopted:,}", "Run `pwl-tui adopt --journal` to adopt them.")


def second_copy(store: Store, now: float) -> Finding:
    """Check the journal's second copy, and whether it was needed lately; `now` is UTC epoch seconds.

    Raises:
        StateError: it cannot be compared with the journal.
    """
    store.journal.make_ready()
    store.complete_journal()
    second = store.journal.second
    if second is None:
        away = store.places.elsewhere() is not None
        why = "this state directory belongs to another place" if away else "this is a demo"
        return Finding(f"the journal has no second copy: {why}")
    if second.problem is not None:
        return Finding(
            f"the journal has no second copy: {second.problem.message} If you restore a backup of the"
            " whole state directory, you may pay again for what was sent since.",
            second.problem.remedy,
        )
    if was_older(store, now):
        return Finding(OLDER.message, OLDER.remedy)
    return Finding(f"the journal's second copy is {second.path}")


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except FileNotFoundError:  # another process has just removed it, or it is a broken link
        return False
