from pathlib import Path

import pytest

from tests.cases.case import Case
from tests.cases.every import CASES


@pytest.mark.parametrize(
    "case", [case for cases in CASES.values() for case in cases], ids=lambda case: case.name
)
def test_a_case_is_as_expected(case: Case, tmp_path: Path) -> None:
    assert case.get(tmp_path) == case.expected


def test_no_two_cases_share_a_name() -> None:
    names = [case.name for cases in CASES.values() for case in cases]
    assert len(set(names)) == len(names)
