"""Names of processes in leases, and whether they are still alive."""

import os
import platform
import secrets


def new_owner() -> str:
    """Return a new name for a holder of leases in this process: ``MACHINE:PID:WORD``."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_alive(owner: str) -> bool:
    """Whether the process with this name is still alive, as far as this machine knows.

    A process on another machine (or in another container), or whose process ID was reused, counts as alive:
    its lease has to expire.
    """
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    if machine != platform.node():
        return True
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return True
