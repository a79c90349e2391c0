"""What the engine tells whoever listens: immutable, about facts that are already on disk.

Listeners are called on the engine's threads and must return at once; a screen posts the event to itself.
"""

from typing import TypeAlias

from msgspec import Struct

from pwl_tui.problem import Problem


class BalanceRead(Struct, frozen=True):
    """Credits of one service were read."""

    service: str
    balance: int
    at: float


class BalanceFailed(Struct, frozen=True):
    """Credits of one service could not be read; the last reading stands, and ages."""

    service: str
    problem: Problem


class JobChanged(Struct, frozen=True):
    """A job or its batches are not what they were; read them again from the store."""

    job: int


class JobFinished(Struct, frozen=True):
    """The last answer of a job is stored."""

    job: int


class ServiceDown(Struct, frozen=True):
    """The service cannot be reached or refuses us; one probe speaks for everyone until `next_try`."""

    problem: Problem
    next_try: float


class ServiceUp(Struct, frozen=True):
    """The service answers again."""


class EngineFailed(Struct, frozen=True):
    """The state file or the disk failed; nothing is sent that could not be written down."""

    problem: Problem


Event: TypeAlias = (
    BalanceRead | BalanceFailed | JobChanged | JobFinished | ServiceDown | ServiceUp | EngineFailed
)
