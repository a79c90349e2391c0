"""Writes files that are complete or absent, and never replace others unless asked to.

Only their owner can read new files (0600): who is on WhatsApp is nobody else's business, and exports are
often made on machines that many people share. A file that is replaced keeps its permissions.
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.os_errors import os_sentences
from pwl_tui.paths import open_private, sync_directory
from pwl_tui.text import clean

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}


class Draft(Struct):
    """A file that is being written.

    Attributes:
        path: the name it will have.
        partial: the name it has until then.
        stream: where to write its contents.
        replaces: whether it replaces a file with that name.
        wanted: whether it should appear at all.
    """

    path: Path
    partial: Path
    stream: BinaryIO
    replaces: bool
    wanted: bool = True


def require_outside(path: Path, state: Path) -> None:
    """Refuse to write a file into the state directory: it could replace what remembers the paid work.

    Args:
        path: the file.
        state: the state directory.

    Raises:
        ListError: it would be there.
    """
    if os.path.realpath(path.parent) == os.path.realpath(state):
        raise ListError(f"{state} is the state directory of pwl-tui.", "Choose another directory.")


@contextmanager
def complete_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name once everything is written and on disk.

    Args:
        path: its name.
        force: replace a regular file with that name.

    Raises:
        ListError: it already exists, is not a regular file, or cannot be written. Nothing is left behind.
    """
    with complete_files([path], force=force) as [draft]:
        yield draft.stream


@contextmanager
def complete_files(
    paths: Sequence[Path], *, force: bool, begun: Callable[[Mapping[Path, Path]], None] | None = None
) -> Iterator[list[Draft]]:
    """Open several files that get their names together, once all are complete; see `complete_file`.

    Args:
        paths: their names.
        force: as for `complete_file`.
        begun: told before any of them is made which names they have until then, so that whatever a killed
            process leaves behind is known.

    Raises:
        ListError: one of them cannot be written. Then none of them appears.
    """
    partials = {path: path.parent / f".{secrets.token_hex(8)}.part" for path in paths}
    if begun is not None:
        begun(partials)
    with ExitStack() as stack:
        drafts = [stack.enter_context(_draft(path, partials[path], force=force)) for path in paths]
        yield drafts
        wanted = [draft for draft in drafts if draft.wanted]
        for draft in wanted:
            with _sentences(draft.path):
                draft.stream.flush()
                os.fsync(draft.stream.fileno())
        _publish(wanted, force=force)


@contextmanager
def _draft(path: Path, partial: Path, *, force: bool) -> Iterator[Draft]:
    with _sentences(path):
        mode = _mode_of_existing(path, force=force)
        try:
            descriptor = open_private(partial, os.O_WRONLY | os.O_EXCL)
            with os.fdopen(descriptor, "wb") as stream:
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                yield Draft(path, partial, stream, replaces=mode is not None)
        finally:
            partial.unlink(missing_ok=True)


def _mode_of_existing(path: Path, *, force: bool) -> int | None:
    """Return the permissions of the file to replace, or None if there is no such file."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "directory" if stat.S_ISDIR(found.st_mode) else "link or device"
        raise ListError(f"{_shown(path)} is a {kind}, not a regular file.", "Choose another name.")
    if not force:
        raise FileExistsError
    if found.st_uid != os.geteuid():
        raise ListError(f"{_shown(path)} belongs to another user.", "Choose another name.")
    return stat.S_IMODE(found.st_mode)


def _publish(drafts: Sequence[Draft], *, force: bool) -> None:
    """Give files their names. If one cannot have its name, the new ones among them are removed again."""
    with ExitStack() as undo:
        for draft in drafts:
            with _sentences(draft.path):
                _give_name(draft, force=force)
            if not draft.replaces:
                undo.callback(draft.path.unlink, missing_ok=True)
        undo.pop_all()
    for directory in {draft.path.parent for draft in drafts}:
        with suppress(OSError):  # the contents are on disk already: no reason to give up an export
            sync_directory(directory)


def _give_name(draft: Draft, *, force: bool) -> None:
    if not force:
        try:
            os.link(draft.partial, draft.path)  # unlike a rename, it fails if the name was taken meanwhile
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # On file systems without hard links: reserve the name first, then move the contents there.
            draft.path.touch(exist_ok=False)
            force = True
    if force:
        draft.partial.replace(draft.path)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what the operating system reports about a file into a `ListError`."""
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ListError:
    if isinstance(error, FileExistsError):
        return ListError(
            f"{_shown(path)} already exists.", "Choose another name, or use --force to replace it."
        )
    missing = isinstance(error, FileNotFoundError)  # for a new file, that means its directory
    return ListError(*os_sentences(error, path.parent if missing else _shown(path)))


def _shown(path: Path) -> str:
    return clean(path.name) or clean(str(path))
