"""Real processes on a machine that fails them."""

from pathlib import Path

import pytest

from tests.security.machine_faults import EVERYWHERE, MOUNTED, MachineFault, mountable, play

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", EVERYWHERE.values(), ids=EVERYWHERE)
def test_a_machine_that_fails_loses_nothing(fault: MachineFault, tmp_path: Path) -> None:
    assert play(fault, tmp_path / "machine") == []


@pytest.mark.timeout(600)
@pytest.mark.skipif(not mountable(), reason="no file system may be mounted here")
@pytest.mark.parametrize("fault", MOUNTED.values(), ids=MOUNTED)
def test_a_disk_that_fails_loses_nothing(fault: MachineFault, tmp_path: Path) -> None:
    assert play(fault, tmp_path / "machine") == []
