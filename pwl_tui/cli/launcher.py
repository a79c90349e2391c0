"""Lets the program give the shell back before it has ended, since a paid call must not be broken off.

The program forks before it does anything. The parent is what the shell waits for: it passes on signals that
ask to leave, and ends as the child tells it or as the child ended. The child does all the work; when it is to
leave while a batch is being sent, it lets the parent go and stays, without a terminal, until the answer is on
disk. Nothing else would do: a process that holds an open connection cannot put itself into the background,
and threads do not survive a fork.
"""

import os
import signal
import socket
import sys
import threading
from contextlib import suppress

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
"""Not SIGINT: a terminal sends it to both."""


class Launcher:
    """The parent, as the child knows it.

    Args:
        line: connects the two; it closes when either ends.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        threading.Thread(target=self._leave_with_it, name="front", daemon=True).start()

    def detach(self, exit_code: int) -> None:
        """Let the parent end with a code, and go on without the terminal."""
        abandon_terminal()
        with suppress(OSError):  # it was killed: then nobody waits
            self._line.sendall(bytes([exit_code]))

    def _leave_with_it(self) -> None:
        """When the parent was killed the terminal is another's: leave as if it had been closed."""
        self._line.recv(1)
        os.kill(os.getpid(), signal.SIGHUP)


def on_terminal() -> bool:
    """Whether a screen can be opened: Textual draws on standard error, so all three must be the terminal."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def fork_behind() -> Launcher:
    """Fork, and return in the child; to be called before there is a thread or an open state file.

    Raises:
        SystemExit: in the parent, with the code with which the program is to end.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child:
        theirs.close()
        raise SystemExit(_wait(child, ours))
    ours.close()
    return Launcher(theirs)


def abandon_terminal() -> None:
    """Read from and write to nowhere from now on; no terminal can end or hold this process any more."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def leave_undisturbed() -> None:
    """Let no signal but SIGKILL end this process any more; what remains to be done must be bounded."""
    for number in (*_PASSED_ON, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _wait(child: int, line: socket.socket) -> int:
    """Stay until the child ends or lets us go, and return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _PASSED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: os.kill(child, number))
    if told := line.recv(1):
        return told[0]
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return ended if ended >= 0 else 128 - ended
