"""The permissions of new files: whatever this process makes, also through a library, is its owner's alone."""

import os

_before: int | None = None


def be_private() -> None:
    """Let only their owner read files that this process makes from now on, whatever the umask was."""
    global _before
    before = os.umask(0o077)
    _before = before if _before is None else _before


def umask_before() -> int:
    """Return the umask that the person has set, for programs of theirs; -1 if it was left alone."""
    return -1 if _before is None else _before
