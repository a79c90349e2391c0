"""What the engine tells whoever listens: immutable, about facts that are already on disk.

Listeners are called on the engine's threads and must return at once; a screen posts the event to itself.
"""

from dataclasses import dataclass
from typing import TypeAlias

from pwl_tui.problem import Problem


@dataclass(frozen=True, slots=True)
class BalanceRead:
    """Credits of one service were read."""

    service: str
    balance: int
    at: float


@dataclass(frozen=True, slots=True)
class BalanceFailed:
    """Credits of one service could not be read; the last reading stands, and ages."""

    service: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job or its batches are not what they were; read them again from the store."""

    job: int


@dataclass(frozen=True, slots=True)
class JobFinished:
    """The last answer of a job is stored."""

    job: int


@dataclass(frozen=True, slots=True)
class ServiceDown:
    """The service cannot be reached or refuses us; one probe speaks for everyone until `next_try`."""

    problem: Problem
    next_try: float


@dataclass(frozen=True, slots=True)
class ServiceUp:
    """The service answers again."""


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The state file or the disk failed; nothing is sent that could not be written down."""

    problem: Problem


Event: TypeAlias = (
    BalanceRead | BalanceFailed | JobChanged | JobFinished | ServiceDown | ServiceUp | EngineFailed
)
