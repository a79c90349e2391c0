"""What the operating system reports about a file, as a sentence and a remedy. The one table for it."""

import errno
from pathlib import Path


def is_full(error: BaseException | None) -> bool:
    """Return whether a full disk, or a used up quota, is what an error, or what it comes from, reports."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        error = error.__cause__ or error.__context__
    return False


def is_out_of_descriptors(error: BaseException | None) -> bool:
    """Return whether this process, or the system, may open no more files."""
    return isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}


class NotOursError(OSError):
    """A file of the program's own is a link, a device, or another user's.

    Args:
        reason: what it is, without its name: "belongs to another user".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EPERM, reason)
        self.reason = reason


def os_sentences(error: OSError, path: Path | str) -> tuple[str, str]:
    """Return what went wrong with `path` and what to do: ``raise StateError(*os_sentences(error, path))``.

    Args:
        error: as the system raised it.
        path: the file or directory as the person knows it.
    """
    if isinstance(error, NotOursError):
        return f"{path} {error.reason}.", "Move it out of the way, or choose another location."
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full: could not write {path}.", "Free some space there, then try again."
        case errno.EROFS:
            return f"{path} is on a read-only file system.", "Choose a location you can write to."
        case errno.EACCES | errno.EPERM:
            return f"Permission denied: {path}.", "Give yourself access to it, or choose another location."
        case errno.ENOENT:
            return f"{path} does not exist.", "Check the path."
        case errno.EEXIST:
            return f"{path} already exists.", "Choose another name, or move it out of the way."
        case errno.ENOTDIR:
            return f"A file is in the way: part of {path} is not a directory.", "Choose another location."
        case errno.EISDIR:
            return f"{path} is a directory, not a file.", "Choose a file."
        case errno.ELOOP:
            return f"{path} is a symbolic link that leads back to itself.", "Choose another location."
    reason = error.strerror or str(error)
    return f"Could not use {path}: {reason}.", "Fix the cause, or choose another location."
