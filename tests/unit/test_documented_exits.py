"""What a script learns of the service's errors: the exit code, the JSON, and the words beside it."""

import json
from functools import partial
from pathlib import Path

import httpx
import pytest

from pwl_tui.api.client import Client
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.main import main
from tests.unit.contract import CASES, Case, Gateway
from tests.unit.fake_service import BINDING, FIRST, KEY, add_job, open_store


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def commands(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the commands meet the gateway; return the list to submit."""
    monkeypatch.setattr("pwl_tui.api.client.Client", partial(Client, transport=httpx.MockTransport(gateway)))
    for name, value in {
        "PROWEBLOOK_API_KEY": KEY,
        "PROWEBLOOK_BASE_URL": BINDING.base_url,
        "PWL_TUI_CONFIG": str(tmp_path / "none.toml"),
        "PWL_TUI_STATE_DIR": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "list.txt"
    path.write_text(f"+{FIRST}\n")
    return path


# The exit code follows the kind and the money alone: one case of each stands for all that are like it.
ALIKE = {(case.kind, case.charged, case.job, case.asking_exits, case.sending_exits): case for case in CASES}
each_alike = pytest.mark.parametrize("case", ALIKE.values(), ids=[case.name for case in ALIKE.values()])


@each_alike
@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("call", ["balance", "check"])
def test_commands_that_ask(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], call: str, case: Case
) -> None:
    gateway.breaks(call, case.status, case.body)
    command = ("balance", "--json") if call == "balance" else ("lookup", f"+{FIRST}", "--json")
    assert main(command) == case.asking_exits
    said = json.loads(capsys.readouterr().out)
    error = said["error"] if call == "balance" else said[0]["error"]
    assert (error["kind"], error["status"]) == (case.kind, case.status)
    assert error["charged"] == (case.charged if call == "check" else "no")


@pytest.mark.parametrize(
    "case", [case for case in ALIKE.values() if case.sending_exits is not None], ids=lambda case: case.name
)
def test_the_command_that_sends(
    gateway: Gateway, commands: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    gateway.breaks("submit", case.status, case.body)
    assert main(("submit", str(commands), "--yes", "--json")) == case.sending_exits
    captured = capsys.readouterr()
    job = json.loads(captured.out)
    assert job["batches"][0]["state"] == case.batch
    assert (job["error"]["kind"], job["error"]["charged"]) == (case.kind, case.charged)
    helps = "settle" if case.job == "frozen" else case.remedy
    assert helps in captured.err
    assert gateway.calls.count("submit") == 1


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(
    "case",
    [case for case in ALIKE.values() if case.polling == "gone" or case.asking_exits == Exit.REFUSED],
    ids=lambda case: case.name,
)
def test_the_command_that_polls_ends_where_polling_on_is_in_vain(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    store = open_store(tmp_path)
    batch = store.batches.get(add_job(store, FIRST, 1), 1)
    store.batches.intend(batch, now=0.0, balance=1)
    store.batches.accept(batch, batch_id="id-1", charged=1, now=0.0, next_poll=0.0, error=None)
    store.close()
    gateway.breaks("poll", case.status, case.body)
    assert main(("watch", "--json")) == case.asking_exits
    captured = capsys.readouterr()
    state = "unreachable" if case.polling == "gone" else "processing"
    assert [job["batches"][0]["state"] for job in json.loads(captured.out)] == [state]
    assert case.remedy in captured.err
