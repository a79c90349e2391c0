"""A moment of fuzzing for every target; ``python -m tests.security.fuzz`` takes minutes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.fuzz_targets import TARGETS, seeds

EXAMPLES = 25
SLOW = {"plan_command": 5, "lists": 15}
_EDITS = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 12), st.binary(max_size=12)), max_size=5)


def spoiled(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Put other bytes in place of some."""
    for place, length, instead in edits:
        at = place % (len(data) + 1)
        data = data[:at] + instead + data[at + length :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_read_raises_what_nobody_should_see(name: str) -> None:
    inputs = st.binary(max_size=300) | st.builds(spoiled, st.sampled_from(seeds(name)), _EDITS)

    @settings(max_examples=SLOW.get(name, EXAMPLES), suppress_health_check=list(HealthCheck))
    @given(inputs)
    def survives(data: bytes) -> None:
        TARGETS[name](data)

    survives()
