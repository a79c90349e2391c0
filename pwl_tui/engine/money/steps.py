"""What one step of sending comes to."""

from typing import TypeAlias

from msgspec import Struct

from pwl_tui.problem import Problem
from pwl_tui.state.models import Batch


class Idle(Struct, frozen=True):
    """There is nothing to send."""


class Busy(Struct, frozen=True):
    """Another process is sending for this key."""


class Frozen(Struct, frozen=True):
    """A batch of this key is in doubt: nothing is sent until it is settled."""

    batch: Batch
    news: bool
    """Whether the doubt arose just now, or the balance was read for it."""
    until: float | None
    """When the balance is to be read for it next; none: all readings are in."""


class Sent(Struct, frozen=True):
    """A batch was accepted, and its id is on disk."""

    batch: Batch


class Held(Struct, frozen=True):
    """A job stands still for a reason that lies with it or with the person."""

    job: int
    problem: Problem


class Delayed(Struct, frozen=True):
    """The service is not to be bothered before `until`."""

    job: int
    problem: Problem
    until: float


Step: TypeAlias = Idle | Busy | Frozen | Sent | Held | Delayed
