"""Gives the shell its prompt back while the program still waits for a paid call, which must not be cut short.

The program forks before it does anything else. The shell waits for the parent, which passes on signals that
ask the program to end, and exits with the code that the child sends or ends with. The child does all the
work. If it is told to end while a batch is being sent, it lets the parent exit and stays, without a
terminal, until the answer is on disk. It cannot fork later: a process with an open connection cannot move to
the background, and threads do not survive a fork.
"""

import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType

_DRAWN_ON = (
    *("xterm", "screen", "tmux", "rxvt", "linux", "ansi", "vt1", "vt2", "vt3", "vt4", "alacritty", "foot"),
    *("kitty", "ghostty", "wezterm", "konsole", "gnome", "vte", "st-", "contour", "rio", "iterm", "nsterm"),
    *("mintty", "putty", "mlterm", "eterm", "cygwin", "ms-terminal", "hterm", "zellij", "terminology"),
)
"""How the names of terminals begin that understand ANSI sequences: servers often lack their terminfo."""
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
"""Not SIGINT, which a terminal sends to both."""


class Launcher:
    """The parent process, as the child knows it.

    Args:
        connection: to the parent; it closes when either process ends.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        threading.Thread(target=self._end_with_parent, name="launcher", daemon=True).start()

    def detach(self, exit_code: int) -> None:
        """Let the parent exit with a code, and continue without the terminal."""
        abandon_terminal()
        with suppress(OSError):  # the parent was killed, so nobody is waiting
            self._connection.sendall(bytes([exit_code]))

    def _end_with_parent(self) -> None:
        """If the parent is killed, the terminal belongs to another process: end as if it had been closed."""
        self._connection.recv(1)
        os.kill(os.getpid(), signal.SIGHUP)


def on_terminal() -> bool:
    """Whether the screen can open: Textual draws on standard error, so all three must be the terminal.

    It must also be one that can be drawn on. On others Textual draws nothing and waits for nothing.
    """
    terminal = all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    return terminal and can_draw_on(os.environ.get("TERM", ""))


def can_draw_on(term: str) -> bool:
    """Whether a terminal of that type understands ANSI sequences, which is all that Textual knows.

    It does if its name is one of theirs, ends as theirs do, or if terminfo moves its cursor with ``ESC [``.

    Args:
        term: the value of TERM.
    """
    name = term.lower()
    if name == "st" or name.startswith(_DRAWN_ON) or name.endswith(("-256color", "-direct")):
        return True
    try:
        import curses  # rarely needed, and missing from some builds of Python

        curses.setupterm(term, sys.stdout.fileno())
        return (curses.tigetstr("cup") or b"").startswith(b"\x1b[")
    except (ImportError, OSError, ValueError):
        return False
    except curses.error:  # terminfo does not know it either
        return False


def fork_behind() -> Launcher:
    """Fork, and return in the child. Call it before there is a thread or an open state file.

    Raises:
        SystemExit: In the parent, with the exit code of the program.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child:
        theirs.close()
        raise SystemExit(_wait(child, ours))
    ours.close()
    return Launcher(theirs)


def abandon_terminal() -> None:
    """Read from and write to nowhere from now on, so that no terminal can end or block this process."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def leave_undisturbed() -> None:
    """Ignore every signal that can be ignored; what remains to be done must be bounded."""
    for number in (*_PASSED_ON, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _wait(child: int, connection: socket.socket) -> int:
    """Wait until the child ends or lets us go, and return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def pass_on(number: int, _: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has ended just now
            os.kill(child, number)

    for number in _PASSED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    if code := connection.recv(1):
        return code[0]
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return ended if ended >= 0 else 128 - ended
