"""Commands about batches whose record is not what it should be: adopt and settle."""

import json
import sqlite3
import stat

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, OTHER_KEY, RUN_SECONDS, Place, Run, spent, value

SUBMITTED_ELSEWHERE = ["+14155552671", "+442079460958"]


# -- adopt


def elsewhere(machine: Place, key: str = KEY) -> str:
    batch_id: str = machine.world.submit(key, SUBMITTED_ELSEWHERE)[1]["batch_id"]
    return batch_id


@pytest.mark.parametrize("source", ["ids.txt", "-"])
def test_ids_from_a_file_become_one_job_and_a_wrong_one_is_named(
    machine: Place, source: str, run: Run
) -> None:
    ids = [elsewhere(machine), elsewhere(machine)]
    text = f"# from the dashboard\n{ids[0]}  # the first\n\nno-such-id\n{ids[1]}\n{ids[1]}\n"
    (machine.directory / "ids.txt").write_text(text)
    ran = machine.run("adopt", "--from", source, "--name", "theirs", "--json", stdin=text.encode())
    assert ran.code == 1
    assert "no-such-id: " in ran.err
    assert ids[0] not in ran.err
    assert (ran.json["name"], [batch["batch_id"] for batch in ran.json["batches"]]) == ("theirs", ids)
    assert len(value(run, "jobs")) == 1


def test_what_is_there_already_is_no_failure_beside_something_new(machine: Place, run: Run) -> None:
    known, new = elsewhere(machine), elsewhere(machine)
    run("adopt", known)
    code, _, err = run("adopt", known, new)
    assert code == 0
    assert f"{known} is already batch 1.1 of job 1" in err
    code, _, err = run("adopt", known, new)
    assert code == 2
    assert "already" in err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "BATCH_ID"),
        (("id", "--journal"), "exactly one of them"),
        (("id", "--from", "list.csv"), "exactly one of them"),
        (("--from", "missing.txt"), "missing.txt"),
        (("--from", "empty.txt"), "no batch IDs"),
        (("--from", "binary.txt"), "not text"),
        (("--journal", "missing.log"), "missing.log"),
        (("--journal", "--name", "mine"), "--name"),
        (("a/b" * 100,), "not a batch ID"),
    ],
)
def test_what_cannot_be_adopted(machine: Place, run: Run, arguments: tuple[str, ...], word: str) -> None:
    (machine.directory / "empty.txt").write_text("# nothing\n\n")
    (machine.directory / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    code, out, err = run("adopt", *arguments)
    assert (code, out) == (2, "")
    assert word in err
    assert machine.simulator.requests == []
    assert value(run, "jobs") == []


@pytest.mark.usefixtures("machine")
def test_ids_that_the_service_does_not_know(run: Run) -> None:
    code, out, err = run("adopt", "one", "two", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (1, "not_found")
    assert "one: " in err
    assert "two: " in err
    assert value(run, "jobs") == []


def test_a_lost_state_file_is_noticed_and_rebuilt_for_its_key_only(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.world.add_key(OTHER_KEY, wavalidation=10)
    run("submit", "list.csv", "--yes", "--wait")
    for file in machine.state.glob("state.db*"):
        file.unlink()
    for command in (("jobs",), ("watch",), ("submit", "list.csv")):
        assert "pwl-tui adopt --journal" in run(*command)[2]
    monkeypatch.setenv("PROWEBLOOK_API_KEY", OTHER_KEY)
    assert "adopt" not in run("jobs")[2]
    assert "1 belongs to another key" in run("adopt", "--journal")[2]
    monkeypatch.setenv("PROWEBLOOK_API_KEY", KEY)
    assert "Rebuilt 1 job" in run("adopt", "--journal")[2]
    assert run("jobs")[2] == ""
    assert spent(machine) == 2


# -- settle


def test_a_batch_in_doubt_is_shown_before_it_is_decided(machine: Place, run: Run, in_doubt: str) -> None:
    code, out, _ = run("settle", in_doubt, "--json")
    shown = json.loads(out)
    assert code == 5
    assert list(shown) == [
        *("batch", "job", "size", "sent", "before", "readings", "spent_otherwise", "verdict", "complete"),
        "explanation",
    ]
    assert (shown["batch"], shown["job"], shown["size"], shown["before"]) == ("1.1", "1", 2, 100_000)
    assert [reading["balance"] for reading in shown["readings"]] == [99_998]
    assert (shown["verdict"], shown["complete"]) == ("charged", False)
    code, out, _ = run("settle", in_doubt)
    assert code == 5
    for words in ("--as free", "--as adopted --batch-id ID", "--as lost", "--report", shown["explanation"]):
        assert words in out
    assert shown["explanation"] in run("show", "1")[2]
    assert spent(machine) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("watch",), ""),
        (("settle", "1.1"), "this ID came with the answer"),
        (("settle", "1.1", "--as", "adopted", "--json"), ""),
    ],
)
def test_an_id_that_came_is_shown_and_is_taken_once_the_service_knows_it(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("pwl_tui.engine.money.proving.APPEARS_SECONDS", 0.0)
    machine.simulator.add_fault(Rule(call="submit", garbled="reset", times=1))
    machine.simulator.add_fault(Rule(call="poll", status=404))
    assert run("submit", "list.csv", "--yes")[0] == 5
    (batch_id,) = machine.world.batches
    code, out, _ = run("settle", "1.1", "--json")
    shown = json.loads(out)
    refusal = "The service does not know it with this key."
    assert code == 5
    assert shown["candidates"] == [{"batch_id": batch_id, "refusal": refusal, "final": False}]
    assert batch_id in shown["came"]
    code, out, _ = run("settle", "1.1")
    assert code == 5
    assert f"An ID came with the answer: {batch_id}. {refusal}" in out
    assert "--as adopted\n" in out
    assert batch_id in run("settle", "1.1", "--report")[1]
    machine.simulator.clear_faults()
    code, _, err = run(*arguments)
    assert code == 0
    assert said in err
    (batch,) = value(run, "show", "1")["batches"]
    assert batch["batch_id"] == batch_id
    assert spent(machine) == 2


@pytest.mark.usefixtures("machine")
def test_the_balance_is_watched_to_the_end_where_that_is_wanted(
    run: Run, in_doubt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pwl_tui.engine.money.evidence.READING_OFFSETS", (0.0, 0.01, 0.02, 0.03))
    code, out, _ = run("settle", in_doubt, "--wait", "--json")
    assert (code, json.loads(out)["complete"], len(json.loads(out)["readings"])) == (5, True, 4)


def test_a_balance_that_cannot_be_read_is_said(
    machine: Place, run: Run, in_doubt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(machine.state / "state.db") as state:
        state.execute("DELETE FROM readings WHERE job IS NOT NULL")
    state.close()
    machine.simulator.stop()
    monkeypatch.setattr("pwl_tui.cli.commands.batches._READING_SECONDS", 0.2)
    code, out, err = run("settle", in_doubt)
    assert code == 5
    assert "Could not read the balance" in err
    assert "--as free" in out


def test_the_report_is_printed_or_saved_once(machine: Place, run: Run, in_doubt: str) -> None:
    code, printed, _ = run("settle", in_doubt, "--report")
    assert code == 0
    assert "SHA-256" in printed
    assert "4155552671" not in printed
    file = machine.directory / "report.txt"
    assert run("settle", in_doubt, "--report", str(file))[0] == 0
    assert "SHA-256" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, _, err = run("settle", in_doubt, "--report", str(file))
    assert code == 2
    assert "already" in err


@pytest.mark.parametrize("arguments", [(), ("--report",), ("--as", "free")])
@pytest.mark.usefixtures("machine")
def test_only_a_batch_in_doubt_is_settled(run: Run, arguments: tuple[str, ...]) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    code, out, err = run("settle", "1.1", *arguments)
    assert (code, out) == (2, "")
    assert "nothing to settle" in err


def test_a_watch_that_runs_out_of_time_says_that_a_batch_is_in_doubt(run: Run, machine: Place) -> None:
    (machine.directory / "more.csv").write_text("+14155550111\n+14155550112\n")
    assert run("submit", "more.csv", "--yes")[0] == 0
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    assert run("submit", "list.csv", "--yes")[0] == 5
    machine.simulator.add_fault(Rule(call="poll", status=503))
    code, _, err = run("watch", "--timeout", "0.5")
    assert code == 5
    assert "pwl-tui settle 2.1" in err


# -- several at one moment


def at_once(machine: Place, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Run commands at the same time; return exit code and standard error of each."""
    processes = [machine.start(*command) for command in commands]
    ended = [process.communicate(timeout=RUN_SECONDS)[1].decode() for process in processes]
    return sorted(zip((process.returncode for process in processes), ended, strict=True))


def test_of_several_decisions_at_one_moment_one_is_made(in_doubt: str, machine: Place, run: Run) -> None:
    decisions = ("free", "lost", "free", "lost", "free")
    ended = at_once(machine, *(("settle", in_doubt, "--as", decision) for decision in decisions))
    assert [code for code, _ in ended] == [0, 2, 2, 2, 2], ended
    state = value(run, "show", "1")["batches"][0]["state"]
    assert all(f"is {state}" in err for _, err in ended[1:]), ended


def test_of_several_who_adopt_a_batch_one_does(machine: Place, run: Run) -> None:
    batch_id = elsewhere(machine)
    ended = at_once(machine, *[("adopt", batch_id)] * 5)
    assert [code for code, _ in ended] == [0, 2, 2, 2, 2], ended
    assert all("is already batch 1.1" in err for _, err in ended[1:]), ended
    assert len(value(run, "jobs")) == 1


def test_a_batch_that_is_forgotten_and_adopted_again_is_charged_once_in_the_books(
    machine: Place, run: Run
) -> None:
    batch_id = elsewhere(machine)
    for _ in range(3):
        assert run("adopt", batch_id)[0] == 0
        assert run("watch")[0] == 0
        job = value(run, "jobs")[0]["job"]
        assert run("forget", str(job), "--yes")[0] == 0
    assert value(run, "ledger")["spent"] == spent(machine) == len(SUBMITTED_ELSEWHERE)
