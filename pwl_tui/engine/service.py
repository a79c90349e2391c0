"""The service as the engine needs it; implemented by `pwl_tui.api.client.Client`."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pwl_tui.api.models import Balance, BatchAnswer, Check, Submitted
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.secret import Secret


class ServiceClient(Protocol):
    """Calls to ProWebLook with one key. All raise `ApiError`."""

    def balance(self, service: Service = PROVIDER.batch_service) -> Balance:
        """Read the credits of a service."""

    def submit(self, numbers: Sequence[str]) -> Submitted:
        """Pay for the numbers, given as E.164 with the plus."""

    def poll(self, batch_id: str) -> BatchAnswer:
        """Read how far a batch is, and its results."""

    def check(self, number: str, region: str | None = None) -> Check:
        """Pay for one number and return its result at once."""

    def cut(self) -> None:
        """End all calls at once, and begin no more; what came of a paid one is kept with its error."""

    def close(self) -> None:
        """Close the connections."""


Connect = Callable[[str, Secret], ServiceClient]
"""Opens the service at a base URL with a key."""
