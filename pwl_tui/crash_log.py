"""Keeps a file of internal errors, which people can attach to a report without reading it first.

An entry says where in the code an error arose, and what the program runs on. It has no message, no variable,
and no line of source: each of them could quote a key, a phone number, or a list.
"""

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType

from pwl_tui import __version__
from pwl_tui.paths import append_private
from pwl_tui.text import clean

FILE_NAME = "crash.log"
_MOST_BYTES = 100_000
"""The size at which the file becomes ``crash.log.1`` and a new one begins."""
_MOST_PLACES = 50
"""How many calls of a traceback are written, the innermost: endless recursion has a thousand."""
_MOST_ERRORS = 5
"""How many errors that led to one another are written."""


class _Log:
    """One run of the program, as its errors are written.

    Args:
        directory: returns where the file goes; it is asked when an error occurs.
        command: the command's name, without its arguments.
    """

    def __init__(self, directory: Callable[[], Path], command: str) -> None:
        self._directory = directory
        self._command = command
        self._written: set[str] = set()

    def write(self, error: BaseException) -> Path:
        """Append an error to the file; one that keeps occurring at the same place is written once."""
        path = self._directory() / FILE_NAME
        errors = "".join(_described(one) for one in islice(_chain(error), _MOST_ERRORS))
        if errors not in self._written:
            entry = f"{self._surroundings()}{errors}\n"
            append_private(path, entry.encode(errors="replace"), _MOST_BYTES)
            self._written.add(errors)
        return path

    def _surroundings(self) -> str:
        # What only an error needs is loaded here, not by every start.
        import platform
        from importlib.metadata import version

        names = ("TERM", "COLORTERM", "TERM_PROGRAM", "TMUX", "STY", "SSH_CONNECTION")
        # Of the last three, the values say where the person is.
        terminal = [
            name if name in names[3:] else f"{name}={clean(os.environ[name], 40)}"
            for name in names
            if os.environ.get(name)
        ]
        return (
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}  pwl-tui {__version__}, command {self._command}\n"
            f"  Python {platform.python_version()}, Textual {version('textual')},"
            f" {platform.system()} {platform.release()} {platform.machine()}\n"
            f"  {' '.join(terminal) or 'no terminal'}\n"
        )


_log: _Log | None = None


@contextmanager
def kept(directory: Callable[[], Path], command: str) -> Iterator[list[BaseException]]:
    """Have `record` write to ``crash.log`` in a directory, and record what ends a thread.

    Args:
        directory: returns the directory, which need not exist. It is called when an error occurs.
        command: the command's name, without its arguments.

    Returns:
        The errors that ended threads, which nobody else can report; it grows.
    """
    global _log
    before, _log = _log, _Log(directory, command)
    hook = threading.excepthook
    of_threads: list[BaseException] = []

    def thread_ended(ended: "threading.ExceptHookArgs") -> None:
        error = ended.exc_value
        # With EIO, the thread that writes to the terminal ends when the terminal is closed: no fault of ours.
        if isinstance(error, Exception) and getattr(error, "errno", None) != errno.EIO:
            record(error)
            of_threads.append(error)
        if hook is not threading.__excepthook__:  # Python's own prints the message, and over the screen
            hook(ended)

    threading.excepthook = thread_ended
    try:
        yield of_threads
    finally:
        threading.excepthook = hook
        _log = before


def record(error: BaseException) -> str | None:
    """Write an internal error to the file, and return the file's path as people write it.

    Returns:
        None where there is no file to write to, or it cannot be written. Nothing is raised: an error that
        cannot be recorded must not hide the one that occurred.
    """
    with suppress(Exception):
        if _log is not None:
            return _shown(_log.write(error))
    return None


def _shown(path: Path) -> str:
    home = Path.home()
    return clean(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it, the last one first."""
    led: BaseException | None = error
    while led is not None:
        yield led
        led = led.__cause__ or (None if led.__suppress_context__ else led.__context__)


def _described(error: BaseException) -> str:
    code = ""
    if isinstance(error, OSError) and error.errno is not None:
        code = errno.errorcode.get(error.errno, str(error.errno))
    elif (name := getattr(error, "sqlite_errorname", None)) is not None:
        code = str(name)
    places = "".join(f"    {place}\n" for place in deque(_places(error.__traceback__), _MOST_PLACES))
    return f"  {type(error).__module__}.{type(error).__qualname__} {code}".rstrip() + f"\n{places}"


def _places(traceback: TracebackType | None) -> Iterator[str]:
    """Yield where each call of a traceback was, the outermost first."""
    while traceback is not None:
        code, module = traceback.tb_frame.f_code, traceback.tb_frame.f_globals.get("__name__")
        positions = next(islice(code.co_positions(), traceback.tb_lasti // 2, None), (None,) * 4)
        columns = "" if positions[2] is None else f", columns {positions[2]}-{positions[3]}"
        yield f"{module}, line {traceback.tb_lineno}{columns}, in {code.co_qualname}"
        traceback = traceback.tb_next
