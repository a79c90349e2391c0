"""What one step of sending comes to."""

from dataclasses import dataclass
from typing import TypeAlias

from pwl_tui.problem import Problem
from pwl_tui.state.models import Batch


@dataclass(frozen=True, slots=True)
class Idle:
    """There is nothing to send."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another process is sending for this key."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A batch of this key is in doubt: nothing is sent until it is settled."""

    batch: Batch
    news: bool
    """Whether the doubt arose just now, or the balance was read for it."""
    until: float | None
    """When the balance is to be read for it next; none: all readings are in."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch was accepted, and its id is on disk."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class Held:
    """A job stands still for a reason that lies with it or with the person."""

    job: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Delayed:
    """The service is not to be bothered before `until`."""

    job: int
    problem: Problem
    until: float


Step: TypeAlias = Idle | Busy | Frozen | Sent | Held | Delayed
