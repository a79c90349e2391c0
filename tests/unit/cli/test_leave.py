"""How a command leaves while an answer that is paid for is on its way."""

import io
import signal
from typing import TYPE_CHECKING, cast

import pytest

from pwl_tui.cli.follow import CUT_SECONDS, GRACE_SECONDS, PATIENCE_SECONDS, leave
from pwl_tui.cli.output import Output
from pwl_tui.cli.signals import Interrupted, Pending, pending_signals

if TYPE_CHECKING:
    from pwl_tui.engine.engine import Engine

QUIET = 0.2
"""The wait without a word."""


class Leaving:
    """An engine whose answer comes never, or in one of the waits, or in which a signal does.

    Args:
        signals: take it in.
        waits: for each wait, whether the answer comes; None is a signal.
    """

    def __init__(self, signals: Pending, *waits: bool | None) -> None:
        self.signals = signals
        self.waits = iter(waits)
        self.log: list[object] = []

    def stop(self) -> None:
        self.log.append("stop")

    def drain(self, seconds: float) -> bool:
        self.log.append(seconds)
        ended = next(self.waits)
        if ended is None:
            self.signals.handle(signal.SIGTERM, None)
        return bool(ended)

    def cut(self) -> None:
        self.log.append("cut")

    def close(self) -> None:
        self.log.append("close")


@pytest.mark.parametrize(
    ("interrupted", "insist", "waits", "log"),
    [
        (False, True, [True], [QUIET]),
        (False, True, [False, True], [QUIET, PATIENCE_SECONDS]),
        (True, True, [False, True, True], [QUIET, GRACE_SECONDS, "cut", CUT_SECONDS]),
        # A second signal cuts at once, however soon it comes.
        (True, True, [None, True], [QUIET, "cut", CUT_SECONDS]),
        (True, True, [False, None, True], [QUIET, GRACE_SECONDS, "cut", CUT_SECONDS]),
        # The first one while it leaves by itself.
        (False, True, [None, True, True], [QUIET, GRACE_SECONDS, "cut", CUT_SECONDS]),
        (
            False,
            True,
            [False, None, False, True],
            [QUIET, PATIENCE_SECONDS, GRACE_SECONDS, "cut", CUT_SECONDS],
        ),
        # A worker waits for the answer, whatever signals come.
        (True, False, [False, True], [QUIET, PATIENCE_SECONDS]),
        (False, False, [None, None], [QUIET, PATIENCE_SECONDS]),
    ],
)
def test_an_answer_on_its_way_is_awaited_or_cut_and_never_just_left(
    interrupted: bool, insist: bool, waits: list[bool | None], log: list[object]
) -> None:
    engine = Leaving(signals := Pending(), *waits)
    output = Output(out=io.StringIO(), err=io.StringIO())
    hurry = signals if insist else None
    sending = leave(cast("Engine", engine), output, hurry, interrupted=interrupted)
    assert engine.log == ["stop", *log, "close"]
    assert sending == (waits[0] is not True)


class Noisy(io.StringIO):
    """Standard error where a signal comes with the first line: before anything waits for the answer."""

    def write(self, text: str) -> int:
        if not self.tell():
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_a_signal_between_two_waits_ends_the_next() -> None:
    with pending_signals() as signals:
        engine = Leaving(signals, False, False, True)
        output = Output(out=io.StringIO(), err=Noisy())
        assert leave(cast("Engine", engine), output, signals, interrupted=True)
    assert engine.log == ["stop", QUIET, "cut", CUT_SECONDS, "close"]
    assert not signals.left


def test_a_signal_that_came_too_early_or_too_late_is_not_forgotten() -> None:
    with pending_signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        assert signals.left
        with pytest.raises(Interrupted), signals.interrupting():
            pytest.fail("it goes on")
        signal.raise_signal(signal.SIGTERM)
        assert signals.left
