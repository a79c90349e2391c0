"""A child process that runs a module of this program, connected by pipes."""

import contextlib
import os
import subprocess
import sys

from pwl_tui.config.tables import KEY_VARIABLE


class Child:
    """``python -m module``, with pipes as its standard input and output; its standard error goes nowhere.

    Args:
        module: one of the program's own modules.
        arguments: its arguments.

    Attributes:
        stdin: writes to its standard input.
        stdout: reads from its standard output.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        paths = os.pathsep.join(filter(None, sys.path))  # the child finds what this process found
        theirs = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
        self._process = subprocess.Popen(  # noqa: S603 - no shell; what runs is our own module
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the terminal belongs to the screen
            env={**theirs, "PYTHONPATH": paths},
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("it was started with pipes")
        self.stdin, self.stdout = self._process.stdin, self._process.stdout

    def wait(self) -> int:
        """Wait until it has ended; return its exit code, or the negative of the signal that killed it."""
        return self._process.wait()

    def end(self) -> None:
        """Kill it, unless it has ended, and close its pipes."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):  # what it has not read is not needed
            self.stdin.close()
        self.stdout.close()
        self._process.wait()
