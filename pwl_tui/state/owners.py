"""Names of processes in leases, and whether they are still there."""

import os
import secrets


def new_owner() -> str:
    """Return a name for something in this process that will hold leases."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def is_alive(owner: str) -> bool:
    """Whether the process that gave itself this name is still there, as far as this machine knows.

    A process id that was given anew, or that is another machine's, counts as alive: the lease expires then.
    """
    pid, _, _ = owner.partition("-")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return True
