"""The clock of a server, as a machine knows it: its own may be wrong, and answers may take their time."""

import time
from pathlib import Path

import pytest

from pwl_tui.engine.polling.monitor import CHECK_SECONDS
from pwl_tui.provider import PROVIDER
from tests.unit.databases import databases
from tests.unit.fake_service import open_store

pytest.importorskip("psycopg")
clocks = pytest.importorskip("pwl_tui.state.engines.postgres_clock")

BEGIN = 1_000.0
"""By the machine's steady clock."""
THERE = 1_800_000_000.0
"""At that moment by the server's."""


class Line:
    """A machine and a server that answers."""

    def __init__(self) -> None:
        self.steady = BEGIN
        self.set_by = 0.0
        """By how much the server's clock was set."""
        self.clock = clocks.ServerClock(lambda: self.steady)

    @property
    def there(self) -> float:
        return THERE + self.steady - BEGIN + self.set_by

    def ask(self, out: float, back: float) -> None:
        """Ask the server; the question and the answer take so many seconds."""
        began = self.steady
        self.steady += out
        said = self.there
        self.steady += back
        self.clock.compare(said, began)


def test_the_time_of_the_server_goes_on_between_two_looks() -> None:
    line = Line()
    line.ask(0.25, 0.25)
    line.steady += 3_600
    assert line.clock() == line.there


def test_a_slow_answer_makes_it_no_worse_and_a_quick_one_better() -> None:
    line = Line()
    line.ask(4.0, 0.0)
    assert line.clock() == line.there + 2.0
    line.ask(0.0, 0.25)
    assert line.clock() == pytest.approx(line.there, abs=0.125)
    before = line.clock() - line.there
    line.ask(0.0, 60.0)
    assert line.clock() - line.there == before


def test_a_clock_of_the_server_that_was_set_is_followed() -> None:
    line = Line()
    line.ask(0.0, 0.0)
    line.set_by = -600.0
    assert line.clock() == line.there + 600
    assert not line.clock.is_due
    line.steady += 30
    assert line.clock.is_due
    line.ask(0.0, 0.0)
    assert line.clock() == line.there
    assert not line.clock.is_due


@pytest.mark.slow
@pytest.mark.usefixtures("always_on_postgres")
@pytest.mark.parametrize("ahead", [-600.0, 600.0])
def test_a_machine_whose_clock_is_wrong_goes_by_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    own = time.time
    monkeypatch.setattr(time, "time", lambda: own() + ahead)
    store = open_store(tmp_path)
    ((there,),) = databases.query(
        tmp_path / "state", "SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
    )
    assert abs(store.clock() - there) < abs(ahead) / 2
    store.close()


@pytest.mark.slow
@pytest.mark.usefixtures("always_on_postgres")
def test_the_servers_clock_is_looked_at_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = pytest.importorskip("pwl_tui.state.engines.postgres_identity")
    link = pytest.importorskip("pwl_tui.state.engines.postgres_link")
    store = open_store(tmp_path)
    was, passed = store.clock(), [0.0]
    long_ago = link.WHERE.replace(link.NOW, "CAST(0 AS DOUBLE PRECISION)")
    monkeypatch.setattr(identity, "WHERE", long_ago)  # as if it had been set
    monkeypatch.setattr(store.clock, "steady", lambda: clocks.steady() + passed[0])
    store.keep_time()
    assert store.clock() >= was
    passed[0] = 30.0
    store.keep_time()
    assert store.clock() < was
    store.close()


def test_a_machine_that_is_gone_is_noticed_within_half_a_minute() -> None:
    session = pytest.importorskip("pwl_tui.state.engines.postgres_link")._SESSION  # noqa: SLF001
    idle, interval, count = (int(session[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert session["tcp_user_timeout"] == f"{idle + interval * count}s"
    # Then another machine looks, and waits for the shortest pause between two polls.
    assert idle + interval * count + CHECK_SECONDS + PROVIDER.minimum_pause < 30
