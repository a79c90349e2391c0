"""Faults by rule: which calls go wrong, whether their work is done anyway, and what the client sees.

A rule picks calls (`call`, `key`, `after`, `every`, `share`, `times`) and says what happens to them: a wrong
answer (`status` with `body`, `dialect` with `code`, `foreign`), the true one `garbled` or in other words
(`spelling`, `word`), a `cut` connection, or silence. Without any of these the client gets the true answer,
only late (`delay`) or with other `headers`. The same rules can be written in Python,
``Rule(call="submit", after=2, times=1, cut="after")``, and in a TOML file:

    [[fault]]
    call = "submit"
    after = 2
    times = 1
    cut = "after"
"""

import random
import threading
import tomllib
from collections.abc import Iterable
from http.client import responses
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from pwl_tui.simulator.documented import DOCUMENTED, Dialect
from pwl_tui.simulator.garble import Garble, garble
from pwl_tui.simulator.spelling import Spelling, respelled

Call = Literal["balance", "submit", "poll", "check", "other"]
"""What a request asks for; ``other`` is anything that the service does not have."""

_FOREIGN: dict[str, tuple[str, bytes, int]] = {
    "html": ("text/html", b"<!doctype html><title>Welcome</title><h1>It works!</h1>", 1),
    "challenge": ("text/html", b"<!doctype html><title>Just a moment...</title>", 1),
    "empty": ("text/html", b"", 1),
    "json": ("application/json", b'{"hello": "world"}', 1),
    "huge": ("application/json", b" ", 16 * 2**20),
}
"""Content type, part of the body, and how often it is repeated."""

_BODILESS = frozenset({204, 304})
"""Statuses without a body (RFC 9110, 6.4.1): it would be taken for the next answer."""


class FaultsError(ValueError):
    """A faults file cannot be used; the message names the rule and the field."""


class Reply(msgspec.Struct, frozen=True):
    """One HTTP answer, ready to be sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    end: Literal["keep", "close", "reset", "silent"] = "keep"
    """What becomes of the connection afterwards."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault: the calls it picks, and what happens to them.

    Raises:
        ValueError: fields contradict each other.
    """

    call: Literal["balance", "submit", "poll", "check", "any"] = "any"
    key: str | None = None
    """Only calls with this API key."""
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Let this many matching calls pass first."""
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Of those that follow, pick every n-th: with 3 the third, the sixth, and so on."""
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Of those, pick this share at random, the same ones for the same seed."""
    times: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Pick no more than this many; 0 means any number."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    """Answer with this HTTP status; without `body` or `foreign`, with an error in the service's own shape."""
    body: Any = None
    """Sent with `status`: a string as it is, as HTML; anything else as JSON."""
    dialect: Dialect | None = None
    code: str | None = None
    """With `dialect`: answer with the error that its provider documents for this code."""
    foreign: Literal["html", "challenge", "empty", "json", "huge"] | None = None
    """Answer with a body that is not the service's, with `status` or else with the true one."""
    cut: Literal["before", "after", "middle"] | None = None
    """Cut the connection: before the work, after it but before the answer, or in the middle of the answer."""
    garbled: Garble | None = None
    """Do the work, and send the true answer spoiled in this way."""
    spelling: Spelling | None = None
    """Answer truly, with the numbers of the results written in another way."""
    word: str | None = None
    """Answer truly, with another word as ``status``."""
    silent: bool = False
    """Never answer, until the server stops."""
    headers: dict[str, str] = {}
    """Sent in addition to those of the answer, or instead of those with the same name."""
    delay: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    """Seconds between the work and what the client sees."""
    work: bool | None = None
    """Whether the work is done, and charged. None means yes, unless `status`, `dialect` or `cut` says no."""

    def __post_init__(self) -> None:
        """Refuse fields that contradict each other."""
        others = (self.status or self.foreign, self.dialect or self.code, self.cut, self.silent)
        kinds = (*others, self.garbled)
        if sum(bool(kind) for kind in kinds) > 1:
            raise ValueError("status or foreign, dialect, cut, garbled and silent exclude each other")
        if bool(self.dialect) != bool(self.code):
            raise ValueError("dialect and code need each other")
        if self.dialect and self.code not in DOCUMENTED[self.dialect]:
            raise ValueError(f"code {self.code!r} is not one of the dialect {self.dialect}")
        if self.body is not None and (self.status is None or self.foreign):
            raise ValueError("body needs status, and excludes foreign")
        if self._respells and any(others):
            raise ValueError("spelling and word change the true answer: they exclude any but garbled")
        if self.work is not None and (kind := "cut" if self.cut else self.garbled and "garbled"):
            raise ValueError(f"{kind} implies whether the work is done, it excludes work")
        if self.work is False and not any(kinds):
            raise ValueError("work = false needs status, dialect, foreign or silent: there is no true answer")

    @property
    def _respells(self) -> bool:
        return self.spelling is not None or self.word is not None

    @property
    def works(self) -> bool:
        """Whether the call does its work, and is charged for it, before the fault shows."""
        if self.work is not None:
            return self.work
        return self.status is None and self.dialect is None and self.cut != "before"

    def dress(self, status: int, body: bytes) -> Reply:
        """Return what the client is sent.

        Args:
            status: the true answer's HTTP status; 200 if the work is not done.
            body: the true answer's body, JSON; empty if the work is not done.
        """
        if self._respells:
            body = respelled(body, self.spelling, self.word)
        if self.garbled and body:
            spoiled = garble(self.garbled, body)
            return Reply(status, spoiled.headers | self.headers, spoiled.body, spoiled.end)
        content_type = "application/json"
        if self.dialect and self.code:
            status, error = DOCUMENTED[self.dialect][self.code]
            body = msgspec.json.encode(error)
        elif self.foreign:
            content_type, piece, count = _FOREIGN[self.foreign]
            body = piece * count
        elif isinstance(self.body, str):
            content_type, body = "text/html", self.body.encode()
        elif self.status:
            default = {"error": f"{responses.get(self.status, 'Error')}."}
            body = msgspec.json.encode(default if self.body is None else self.body)
        status = self.status or status
        if status in _BODILESS:
            body = b""
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))} | self.headers
        return Reply(status, headers, body)


class Faults:
    """The rules in force, and how often each applied; any thread may use it.

    Args:
        rules: every rule counts every call that matches it; the first that picks a call applies.
        seed: decides the `share` of every rule.
    """

    def __init__(self, rules: Iterable[Rule] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._counters: list[_Counter] = []
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """Add a rule after those in force; it counts calls from now on."""
        with self._lock:
            self._counters.append(_Counter(rule, f"{self._seed}/{len(self._counters)}"))

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._counters.clear()

    def pick(self, call: Call, key: str) -> Rule | None:
        """Count one call, and return the rule that applies. None means none does."""
        with self._lock:
            picking = [counter for counter in self._counters if counter.count(call, key)]
            if not picking:
                return None
            picking[0].picked += 1
            return picking[0].rule


class _Counter:
    """A rule and the calls it has seen so far."""

    def __init__(self, rule: Rule, seed: str) -> None:
        self.rule = rule
        self.picked = 0
        self._matched = 0
        self._chance = random.Random(seed)  # noqa: S311 - has to repeat itself, guards nothing

    def count(self, call: Call, key: str) -> bool:
        """Count a call if it matches; return whether the rule picks it."""
        rule = self.rule
        if rule.call not in {call, "any"} or rule.key not in {key, None}:
            return False
        self._matched += 1
        following = self._matched - rule.after
        if following <= 0 or following % rule.every or 0 < rule.times <= self.picked:
            return False
        return self._chance.random() < rule.share


def load(path: Path) -> list[Rule]:
    """Read the rules of a TOML file: an array of tables ``[[fault]]`` with the fields of `Rule`.

    Raises:
        FaultsError: the file cannot be read, is not TOML, or holds a rule that cannot be used.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultsError(f"Could not read the faults file {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FaultsError(f"The faults file {path} is not TOML: {error}.") from error
    tables = document.pop("fault", [])
    if document or not isinstance(tables, list):
        raise FaultsError(f"The faults file {path} may contain only tables named [[fault]].")
    return [_rule(table, place) for place, table in enumerate(tables, start=1)]


def _rule(table: object, place: int) -> Rule:
    try:
        return msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")  # msgspec names a nested field by its path
        field = f", field {where.rstrip('`')}" if where else ""
        raise FaultsError(f"Fault {place}{field}: {what}.") from error
