"""Exit codes, for scripts. The help, the man page, and the README print this table."""

from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """How a command ended; `meaning` says it for people, with code in backticks."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a member that equals its code."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done"
    FAILED = 1, "something failed that has no code of its own"
    USAGE = 2, "invalid usage, an unusable list, or an invalid configuration"
    REFUSED = 3, "the key was refused"
    CREDITS = 4, "not enough credits; nothing was sent beyond what the output says"
    UNKNOWN = 5, "the outcome of a batch is unknown and must be settled: `pwl-tui settle BATCH`"
    SERVICE = 6, "the service is unreachable or down, rate-limits you, or returns an invalid response"
    TIMEOUT = 7, "`--timeout` ran out; nothing is lost"
    INTERRUPTED = 130, "interrupted; nothing is lost"
