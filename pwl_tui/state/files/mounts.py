"""Whether a directory is on a network file system, where locks cannot be trusted."""

import os
from pathlib import Path
from typing import Final

from pwl_tui.state.errors import StateError

MOUNTS: Final = Path("/proc/self/mountinfo")
"""Linux's table of mounts; without it (on other systems) nothing is refused."""

_OF_OTHER_MACHINES: Final = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "orangefs", "smb2", "smb3", "smbfs"}
    | {f"fuse.{name}" for name in ("ceph", "davfs2", "gcsfuse", "glusterfs", "goofys", "rclone", "s3fs")}
    | {f"fuse.{name}" for name in ("curlftpfs", "juicefs", "mfs", "moosefs", "smbnetfs", "sshfs")}
)


def network_file_system(directory: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the type of the network file system that a directory is on. None means on none, or unknown.

    Args:
        directory: an existing one.
        mounts: a table in the format of Linux's ``mountinfo``.
    """
    device = directory.stat().st_dev
    name = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        # ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELDS…] - TYPE SOURCE OPTIONS
        before, _, after = line.partition(" - ")
        if before.split()[2:3] == [name] and after:
            kind = after.split()[0]
            return kind if kind in _OF_OTHER_MACHINES else None
    return None


def require_local(directory: Path, mounts: Path = MOUNTS) -> None:
    """Check that a directory is on a local disk.

    SQLite's write-ahead log needs memory that all its processes share, and the sender's lock needs a kernel
    that they share: over a network two senders could both believe that they are the only one.

    Args:
        directory: as for `network_file_system`.
        mounts: the same.

    Raises:
        StateError: it is on a network file system.
    """
    kind = network_file_system(directory, mounts)
    if kind is not None:
        raise StateError(
            f"{directory} is on a network file system ({kind}): its locks cannot keep two programs from"
            " paying for the same batch.",
            "Choose a directory on a local disk with --state-dir or PWL_TUI_STATE_DIR.",
        )
