"""Looks up the service's name and reaches one of its addresses, all in one time limit.

The system's resolver waits as long as it likes, half an hour with some settings. And a name may have any
number of addresses, each of which may swallow what is sent to it.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import httpcore

_FEWEST_SECONDS: Final = 2.0
"""For an address, if there are many: enough for a connection around the world."""

T = TypeVar("T")


def addresses_of(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses that a name has, in the order in which they should be tried.

    Args:
        host: the name, or an address.
        port: where the service listens.
        seconds: how long it may take. None means as long as the system likes.

    Raises:
        httpcore.ConnectTimeout: it took longer.
        httpcore.ConnectError: it has none, or that cannot be looked up.
        UnicodeError: it is no name.
    """
    with suppress(OSError):
        return _looked_up(host, port, socket.AI_NUMERICHOST)
    found: list[list[str] | Exception] = []

    def look_up() -> None:
        try:
            found.append(_looked_up(host, port))
        except Exception as error:  # noqa: BLE001 - raised below, on the thread that waits
            found.append(error)

    # Nothing else can leave a resolver that does not return.
    thread = threading.Thread(target=look_up, name="pwl-resolver", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no more threads
        look_up()
    else:
        thread.join(seconds)
    match found:
        case [list() as addresses]:
            return addresses
        case [OSError() as error]:
            raise httpcore.ConnectError(str(error)) from error
        case [Exception() as error]:
            raise error
    raise httpcore.ConnectTimeout("the name was not looked up in time")


def reach(
    addresses: Sequence[str],
    connect: Callable[[str, float | None], T],
    seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Connect to the first of some addresses that can be reached.

    Args:
        addresses: at least one.
        connect: connects to an address within so many seconds.
        seconds: how long all of it may take; an address gets an equal share of what is left. None means any
            time.
        clock: seconds.

    Raises:
        httpcore.ConnectTimeout: the last one that was tried did not answer in time.
        httpcore.ConnectError: likewise, it could not be reached.
    """
    end = None if seconds is None else clock() + seconds
    failure: httpcore.ConnectTimeout | httpcore.ConnectError | None = None
    for place, address in enumerate(addresses):
        share: float | None = None
        if end is not None:
            left = end - clock()
            if left <= 0:
                break
            share = max(left / (len(addresses) - place), min(_FEWEST_SECONDS, left))
        try:
            return connect(address, share)
        except (httpcore.ConnectTimeout, httpcore.ConnectError) as error:
            failure = error
    raise failure or httpcore.ConnectTimeout("the connection was not made in time")


def _looked_up(host: str, port: int, flags: int = 0) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
