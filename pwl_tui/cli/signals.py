"""The signals that ask the program to end, and what each of them does."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_LEAVE_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """The person or the system asked the program to end."""


class Pending:
    """Signals that wait until something can be interrupted.

    An exception that a signal raises wherever the main thread is may come a moment before the place that
    expects it, and take away what had to be done there.
    """

    def __init__(self) -> None:
        self._count = 0
        self._open = False

    @property
    def left(self) -> bool:
        """Whether a signal came that has interrupted nothing yet."""
        return self._count > 0

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let one signal interrupt the block, even if it came before.

        Raises:
            Interrupted: it came.
        """
        self._open = True
        try:
            self._interrupt()
            yield
        finally:
            self._open = False

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Take in a signal."""
        self._count += 1
        self._interrupt()

    def _interrupt(self) -> None:
        if self._open and self._count:
            self._open = False
            self._count -= 1
            raise Interrupted


@contextmanager
def pending_signals() -> Iterator[Pending]:
    """Let signals interrupt only the blocks that are ready for it, each of them once."""
    pending = Pending()
    with _handled(pending.handle):
        yield pending


@contextmanager
def leave_signals(*steps: Callable[[], None]) -> Iterator[None]:
    """Take one of the steps on each signal that asks the program to end; the next one interrupts at once.

    Args:
        steps: called on the main thread, wherever it is.
    """

    def handle(signal_number: int, frame: FrameType | None) -> None:
        step = next(left, None)
        if step is None:
            signal.default_int_handler(signal_number, frame)
        step()

    left = iter(steps)
    with _handled(handle):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Signals that are ignored stay ignored: `nohup` relies on it.
    heard = [one for one in _LEAVE_SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, handler) for one in heard}
    try:
        yield
    finally:
        for one, earlier in before.items():
            signal.signal(one, earlier)
