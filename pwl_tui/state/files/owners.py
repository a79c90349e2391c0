"""Names of processes in leases, and whether they are still there."""

import os
import platform
import secrets


def new_owner() -> str:
    """Return a name for something in this process that will hold leases: ``MACHINE:PID:WORD``."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_alive(owner: str) -> bool:
    """Whether the process that gave itself this name is still there, as far as this machine knows.

    A process of another machine (or container), or whose id was given anew, counts as alive: its lease
    expires then.
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
