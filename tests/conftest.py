"""What holds for all tests."""

import pytest
from hypothesis import settings

# An example that takes long tells of a busy machine, not of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_QUICK_SIZE = "80x24"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the snapshots of all terminal sizes but one; continuous integration takes them all."""
    for item in items:
        if item.path.stem.startswith("test_snapshots") and not item.name.endswith(f"{_QUICK_SIZE}]"):
            item.add_marker(pytest.mark.slow)
