"""The steps at which the crash harness kills: what they are put into can be called as before."""

import inspect
import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from pwl_tui.api.client import Client
from pwl_tui.api.network import Network
from pwl_tui.lists.write import files
from pwl_tui.state.engines.sqlite import SQLiteFile
from pwl_tui.state.files.journal import Journal
from pwl_tui.state.files.second_copy import SecondCopy
from tests.crash.child_process import Steps, mark_steps

postgres = pytest.importorskip("pwl_tui.state.engines.postgres")
PLACES = [
    (postgres.Postgres, "transaction"),
    (SQLiteFile, "transaction"),
    (Journal, "append"),
    (SecondCopy, "complete"),
    (Network, "handle_request"),
    (Client, "submit"),
    (Client, "check"),
    (files, "_draft"),
    (files, "_give_name"),
]
ORIGINALS: list[Callable[..., Any]] = [getattr(owner, name) for owner, name in PLACES]


@pytest.fixture
def marked() -> Iterator[None]:
    write = os.write
    mark_steps(Steps(0), (SQLiteFile, postgres.Postgres))
    try:
        assert os.write is not write
        yield
    finally:
        patch.stopall()
    assert os.write is write


@pytest.mark.usefixtures("marked")
def test_a_step_takes_what_the_place_that_it_is_put_into_takes() -> None:
    for (owner, name), original in zip(PLACES, ORIGINALS, strict=True):
        mortal = getattr(owner, name)
        assert mortal is not original, f"{name} has no step"
        assert _parameters(mortal) == _parameters(original), f"{name} is called in another way by now"


def _parameters(function: Callable[..., Any]) -> list[tuple[str, object, object]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]
