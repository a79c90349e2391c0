"""What the engine tells its listener: immutable events about facts that are already on disk.

The listener is called on the engine's threads and must return at once; a screen posts the event to itself.
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
    """Credits of one service could not be read; the last reading is still shown."""

    service: str
    problem: Problem


class JobChanged(Struct, frozen=True):
    """A job or its batches have changed; read them again from the store."""

    job: int


class JobFinished(Struct, frozen=True):
    """The last result of a job is stored."""

    job: int


class ServiceDown(Struct, frozen=True):
    """The service cannot be reached or refuses all calls; it is tried again at `next_try`."""

    problem: Problem
    next_try: float


class ServiceUp(Struct, frozen=True):
    """The service answers again."""


class SenderBusy(Struct, frozen=True):
    """Another process is sending with this key; this one waits for it."""


class EngineFailed(Struct, frozen=True):
    """The state file or the disk failed; nothing is sent that could not be recorded."""

    problem: Problem


class ChangedElsewhere(Struct, frozen=True):
    """Another process has changed something in the database, or may have; read from the store what it is."""


class StateAway(Struct, frozen=True):
    """The database cannot be reached: nothing is sent or polled until it is back."""

    problem: Problem


class StateBack(Struct, frozen=True):
    """The database can be reached again, and everything continues."""


class HookFailed(Struct, frozen=True):
    """The person's own command could not be started; nothing else is wrong."""

    problem: Problem


Event: TypeAlias = (
    BalanceRead
    | BalanceFailed
    | JobChanged
    | JobFinished
    | ServiceDown
    | ServiceUp
    | SenderBusy
    | EngineFailed
    | ChangedElsewhere
    | StateAway
    | StateBack
    | HookFailed
)
