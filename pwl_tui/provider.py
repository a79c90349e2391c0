"""The service's address, limits and manners, as its reference states them. The one place that knows them."""

from typing import Final, Literal

from msgspec import Struct

Service = Literal["phonevalidation", "wavalidation", "calleridvalidation", "blacklistchecker"]
"""What credits are counted for."""


class Provider(Struct, frozen=True, kw_only=True):
    """A validation service.

    Attributes:
        base_url: where it is, without a trailing slash.
        balance_path: reads the credits of a service.
        check_path: checks one number, for one credit.
        batch_path: takes a batch; with ``/ID`` after it, tells how far the batch is.
        services: what credits are counted for.
        batch_service: whose credits batches and single checks spend.
        batch_size: the most numbers in one batch.
        retention_days: how long results can be fetched, counted from submission; approximate.
        small_batch: numbers from which `small_pause` grows towards `large_pause`.
        large_batch: numbers from which `large_pause` holds.
        small_pause: shortest and longest pause between two polls of a small batch, in seconds.
        large_pause: the same for a large batch.
        minimum_pause: no batch may be polled more often, in seconds.
    """

    base_url: str
    balance_path: str
    check_path: str
    batch_path: str
    services: tuple[Service, ...]
    batch_service: Service
    batch_size: int
    retention_days: int
    small_batch: int
    large_batch: int
    small_pause: tuple[float, float]
    large_pause: tuple[float, float]
    minimum_pause: float

    @property
    def retention_seconds(self) -> float:
        """`retention_days` in seconds."""
        return self.retention_days * 86_400.0


PROVIDER: Final = Provider(
    base_url="https://lookup.proweblook.com",
    balance_path="/api/v1/balance",
    check_path="/api/v1/wavalidation",
    batch_path="/api/v1/wavalidation/batch",
    services=("phonevalidation", "wavalidation", "calleridvalidation", "blacklistchecker"),
    batch_service="wavalidation",
    batch_size=1_000,
    retention_days=14,
    small_batch=100,
    large_batch=1_000,
    small_pause=(5.0, 10.0),
    large_pause=(30.0, 60.0),
    minimum_pause=2.0,
)
"""ProWebLook, the only one so far."""
