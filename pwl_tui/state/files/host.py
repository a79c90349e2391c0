"""Which machine this is, to tell a state directory at its place from a moved or copied one; who uses it."""

import hashlib
import os
import pwd
import socket
from pathlib import Path
from typing import NamedTuple

from pwl_tui.os_errors import is_out_of_descriptors
from pwl_tui.text import clean

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"), Path("/run/systemd/container"))
_CONTAINER_VARIABLES = ("container", "KUBERNETES_SERVICE_HOST")
_MOUNTS = Path("/proc/self/mounts")
_LONGEST_NAME = 40
"""Characters of a user or a machine."""


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

    Raises:
        OSError: it cannot be told now, because there are no descriptors left.
    """
    name, machine = socket.gethostname(), _machine_id()
    contained = any(name in os.environ for name in _CONTAINER_VARIABLES) or _is_contained()
    own = f"pwl-tui {machine} {name if contained or not machine else ''}"
    return Host(hashlib.sha256(own.encode()).hexdigest()[:32], name)


def person_at(host: Host) -> str:
    """Return who runs this process, as ``user@host``: one line of plain text of at most 81 characters."""
    number = os.geteuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container that is run with a user of the host
        user = str(number)
    return f"{clean(user, _LONGEST_NAME)}@{clean(host.name, _LONGEST_NAME)}"


def _machine_id() -> str:
    for path in _MACHINE_IDS:
        try:
            if found := path.read_text(encoding="ascii").strip():
                return found
        except (OSError, UnicodeDecodeError) as error:  # not every system has one
            # Taken for another machine, it would be asked about, or work on as one.
            if is_out_of_descriptors(error):
                raise
    return ""


def _is_contained() -> bool:
    """Return whether this is a container. Not each leaves a mark, but an image is mounted as layers."""
    if any(mark.exists() for mark in _CONTAINER_MARKS):
        return True
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        if is_out_of_descriptors(error):
            raise
        return False
    roots = [fields[2] for line in mounts if len(fields := line.split()) > 2 and fields[1] == "/"]
    return roots[-1:] in (["overlay"], ["aufs"], ["fuse.fuse-overlayfs"])
