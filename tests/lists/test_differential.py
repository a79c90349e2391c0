import random

import pytest

from tests.lists.differential import REGIONS, difference

pytestmark = pytest.mark.slow


def test_numbers_of_forty_regions_are_read_as_phonenumbers_reads_them() -> None:
    draw = random.Random(3)
    tried = [difference(draw) for _ in range(5_000)]
    assert [told for _, told in tried if told is not None] == []
    assert len(REGIONS) == 40
    assert sum(is_valid for is_valid, _ in tried) > 3_000
