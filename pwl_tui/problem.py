"""One value for everything that can go wrong, whoever notices it.

The service's errors, an unusable list, an invalid setting and a damaged state file all become a `Problem`: it
is stored with the batch it happened to, printed as the ``ERROR`` object of the command line, and shown on the
screen. This module knows no other part of the program.
"""

from enum import StrEnum
from typing import ClassVar, Literal, overload

import msgspec

from pwl_tui.text import clean

_LONGEST_SENTENCE = 1000
"""Characters; a sentence may name two paths."""


class Kind(StrEnum):
    """What happened, in the words that scripts rely on, and what that implies."""

    AUTH = "auth"
    FORBIDDEN = "forbidden"
    CREDITS = "credits"
    CONSENT_REQUIRED = "consent_required"
    INVALID_REQUEST = "invalid_request"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    LIMIT_REACHED = "limit_reached"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    BAD_ANSWER = "bad_answer"
    NETWORK = "network"
    TIMEOUT = "timeout"

    @property
    def service_wide(self) -> bool:
        """Whether other calls with the same key would fail in the same way now."""
        return self not in {Kind.INVALID_REQUEST, Kind.NOT_FOUND, Kind.BAD_ANSWER}

    @property
    def refuses_key(self) -> bool:
        """Whether the service does not accept the key, or not from here."""
        return self in {Kind.AUTH, Kind.FORBIDDEN}

    @property
    def needs_person(self) -> bool:
        """Whether waiting does not help: the person has to do something first."""
        return self.refuses_key or self in {
            Kind.CREDITS,
            Kind.CONSENT_REQUIRED,
            Kind.INVALID_REQUEST,
            Kind.NOT_FOUND,
            Kind.LIMIT_REACHED,
        }


Charged = Literal["no", "yes", "unknown"]
"""Whether the work was done and paid for."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, whether it cost anything, and what the person should do.

    Its fields are in the order of the command line's ``ERROR`` object.
    """

    kind: Kind
    status: int | None = None
    """The HTTP status. None means there was no answer."""
    code: str | None = None
    """The service's own code (``RATE_001``), or ours if it has none. None means there is no code."""
    message: str
    """One sentence that says what is wrong; safe to show, without keys and URLs that contain one."""
    charged: Charged = "no"
    retry_after: float | None = None
    """Seconds the service asked us to wait. None means it did not ask."""
    required: int | None = None
    """Credits that the work needs."""
    available: int | None = None
    """Credits that are available."""
    remedy: str
    """One sentence that says what to do."""


class ProblemError(Exception):
    """Base of every error that this program raises on purpose; it carries its `Problem`.

    Raise it with two sentences, ``raise ListError("The list is empty.", "Choose another file.")``, or with a
    problem that exists already, ``raise ApiError(problem)``.

    Args:
        problem: what went wrong: a `Problem`, or one sentence that says it.
        remedy: one sentence that says what to do; given with a sentence, and only then.
        kind: of a problem given as sentences; None means `DEFAULT_KIND`.

    Attributes:
        problem: what went wrong. Sentences are cleaned, so they are safe to show whatever they quote.
    """

    DEFAULT_KIND: ClassVar[Kind] = Kind.INVALID_REQUEST
    """The kind of a problem that a subclass raises as two sentences."""

    @overload
    def __init__(self, problem: Problem, /) -> None: ...

    @overload
    def __init__(self, problem: str, remedy: str, /, *, kind: Kind | None = None) -> None: ...

    def __init__(self, problem: Problem | str, remedy: str = "", /, *, kind: Kind | None = None) -> None:
        if isinstance(problem, str):
            problem = Problem(
                kind=kind or self.DEFAULT_KIND,
                message=clean(problem, _LONGEST_SENTENCE),
                remedy=clean(remedy, _LONGEST_SENTENCE),
            )
        super().__init__(problem.message)
        self.problem = problem
