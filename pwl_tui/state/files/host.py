"""Which machine this is, for telling a state directory at its place from a moved or copied one."""

import hashlib
import os
import socket
from pathlib import Path
from typing import NamedTuple

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


class Host(NamedTuple):
    """A machine.

    Attributes:
        id: the same at each start of this machine, and different on others; reveals nothing about it.
        name: what people call it.
    """

    id: str
    name: str


def this_host() -> Host:
    """Return the machine that this process runs on.

    That is systemd's machine ID, hashed as machine-id(5) asks for. All containers of one image have the
    same, so in a container, and where there is none, the host name counts as well.
    """
    name, machine = socket.gethostname(), _machine_id()
    contained = "container" in os.environ or any(mark.exists() for mark in _CONTAINER_MARKS)
    own = f"pwl-tui {machine} {name if contained or not machine else ''}"
    return Host(hashlib.sha256(own.encode()).hexdigest()[:32], name)


def _machine_id() -> str:
    for path in _MACHINE_IDS:
        try:
            if found := path.read_text(encoding="ascii").strip():
                return found
        except (OSError, UnicodeDecodeError):  # not every system has one
            continue
    return ""
