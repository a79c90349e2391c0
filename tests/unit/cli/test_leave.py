"""How a command leaves while an answer that is paid for is on its way."""

import io
from typing import TYPE_CHECKING, cast

import pytest

from pwl_tui.cli.follow import CUT_SECONDS, GRACE_SECONDS, PATIENCE_SECONDS, leave
from pwl_tui.cli.output import Output

if TYPE_CHECKING:
    from pwl_tui.engine.engine import Engine

QUIET = 0.2
"""The wait without a word."""


class Leaving:
    """An engine whose answer comes never, or in one of the waits, or in which a signal does.

    Args:
        waits: for each wait, whether the answer comes; None is a signal.
    """

    def __init__(self, *waits: bool | None) -> None:
        self.waits = iter(waits)
        self.log: list[object] = []

    def stop(self) -> None:
        self.log.append("stop")

    def drain(self, seconds: float) -> bool:
        self.log.append(seconds)
        ended = next(self.waits)
        if ended is None:
            raise KeyboardInterrupt
        return ended

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
        (False, False, [None, True], [QUIET, PATIENCE_SECONDS]),
        (False, False, [False, None, True], [QUIET, PATIENCE_SECONDS, PATIENCE_SECONDS]),
    ],
)
def test_an_answer_on_its_way_is_awaited_or_cut_and_never_just_left(
    interrupted: bool, insist: bool, waits: list[bool | None], log: list[object]
) -> None:
    engine = Leaving(*waits)
    output = Output(out=io.StringIO(), err=io.StringIO())
    sending = leave(cast("Engine", engine), output, interrupted=interrupted, insist=insist)
    assert engine.log == ["stop", *log, "close"]
    assert sending == (waits[0] is not True)
