"""Every fault, at one call or another; `python -m tests.security` plays each at every call."""

from pathlib import Path

import pytest

from tests.security.fault_matrix import CALLS, Call, Expected, cells, play
from tests.security.transport_faults import FAULTS, Fault

SAMPLE = {
    "refused, submit",
    "closed after the work, submit",
    "half a body, submit",
    "a length too long, submit",
    "a redirect 307, submit",
    "three bombs, balance",
    "HTTP/2, poll",
    "TLS, expired, submit",
    "TLS, self-signed, balance",
    "a portal, 200, lookup",
    "digichat 429 plan_limit_reached, submit",
    "connexease 429 RATE_001, submit",
}
CELLS = list(cells())
IN_TURN = CELLS[:: len(CALLS) + 1]
"""Of each fault in turn another call."""


def _cell(name: str, fault: Fault, call: Call, expected: Expected) -> object:
    marks = () if name in SAMPLE else (pytest.mark.slow,)
    return pytest.param(fault, call, expected, id=name, marks=marks)


@pytest.mark.parametrize(
    ("fault", "call", "expected"),
    [_cell(*cell) for cell in CELLS if cell[0] in SAMPLE or cell in IN_TURN],
)
def test_a_fault_ends_in_its_state_exit_code_and_sentence(
    fault: Fault, call: Call, expected: Expected, tmp_path: Path
) -> None:
    assert play(fault, call, tmp_path).differs(expected) == []


def test_the_table_is_whole() -> None:
    names = [name for name, *_ in CELLS]
    assert len(set(names)) == len(names)
    assert set(names) >= SAMPLE
    assert len(FAULTS) >= 30
    assert len(names) % len(CALLS) == 0
