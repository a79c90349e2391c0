"""Looks at all that the program needs to work. Spends nothing and shows no secret.

A check returns what it found; what keeps the program from working is raised, as it is everywhere else.
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
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.state.store import Store

SKEW_SECONDS: Final = 60.0
"""How far this machine's clock may be from the service's: more, and certificates and signatures may fail."""
EXPIRY_DAYS: Final = 14
"""How soon the end of the service's certificate is worth a word."""

_DAY_SECONDS: Final = 86_400.0
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Found(Struct, frozen=True):
    """What a check found.

    Attributes:
        message: what is so, in a few words.
        remedy: what should be done about it; empty: nothing, it is as it should be.
    """

    message: str
    remedy: str = ""


class Way:
    """Checks of the way to the service and of the key; each raises a `ProblemError` where it fails.

    Args:
        settings: the base URL and the key.
        greet: asks the service for anything; injected by tests.
    """

    def __init__(self, settings: Settings, *, greet: Callable[[str], Greeting] = greet) -> None:
        self._settings = settings
        self._greet = greet

    def proxy(self) -> Found:
        """Say which proxy leads to the service."""
        return Found(proxy_to(self._settings.base_url) or "none")

    def name(self) -> Found:
        """Look up the service's name, or the proxy's."""
        return Found(", ".join(addresses(self._settings.base_url)))

    def service(self) -> Found:
        """See that the service answers, and for how long its certificate is good."""
        greeting, base_url = self._greeting, self._settings.base_url
        answers = f"{base_url} answers"
        if greeting.tls is None or greeting.expires is None:
            return Found(f"{answers} without TLS, on this machine")
        days = int((greeting.expires - greeting.at) // _DAY_SECONDS)
        remedy = ""
        if days < EXPIRY_DAYS:
            remedy = "Tell the provider, or whoever runs the proxy: without another, nothing will work then."
        return Found(f"{answers}, {greeting.tls}, its certificate is good for {days:,} days", remedy)

    def clock(self) -> Found:
        """Compare this machine's clock with the service's."""
        greeting = self._greeting
        if greeting.date is None:
            return Found("cannot be compared: the service does not say its time")
        ahead = greeting.at - greeting.date
        if abs(ahead) <= SKEW_SECONDS:
            return Found("agrees with the service's")
        way = "ahead of" if ahead > 0 else "behind"
        return Found(
            f"is {abs(ahead):,.0f} seconds {way} the service's", "Set it by NTP: `timedatectl set-ntp true`."
        )

    def key(self) -> Found:
        """Ask for the credits of the key.

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
        return Found(f"{key.fingerprint} (its fingerprint) is good for {balance:,} WhatsApp credits")

    @cached_property
    def _greeting(self) -> Greeting:
        return self._greet(self._settings.base_url)


def state(store: Store) -> Found:
    """See that the state file is sound and has room; takes seconds where it is large.

    Raises:
        StateError: it is damaged, or the disk is nearly full.
    """
    store.check()
    store.require_room()
    free = shutil.disk_usage(store.directory).free
    return Found(f"{store.directory} is sound and on a local disk, {free // 2**20:,} MB free")


def permissions(store: Store) -> Found:
    """See that nobody else can read the state."""
    paths = (store.directory, *store.directory.rglob("*"))
    open_to_others = [path for path in paths if _is_open(path)]
    if not open_to_others:
        return Found("nobody else can read the state")
    names = ", ".join(str(path) for path in open_to_others[:3])
    return Found(
        f"{len(open_to_others):,} of the state's files are open to other users: {names}",
        f"Close them: `chmod -R go= {store.directory}`.",
    )


def journal(store: Store, unadopted: int) -> Found:
    """Read the journal; `unadopted` is how many of its batches are in no job.

    Raises:
        StateError: it cannot be read.
    """
    entries = f"can be read, entries: {len(store.journal.entries()):,}"
    if not unadopted:
        return Found(entries)
    return Found(
        f"{entries}, in no job: {unadopted:,}", "`pwl-tui adopt --journal` takes over what is there."
    )


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except FileNotFoundError:  # another process has just removed it, or a link leads nowhere
        return False
