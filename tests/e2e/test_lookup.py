"""``lookup`` as it is typed, in scripts, twice at once, and with a service that does not answer."""

import io
import json
import signal
from pathlib import Path

import pytest

from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import CONFIG, KEY, Place, Run, charged_twice, place, spent, until, value

A, B = "+14155552671", "+442079460958"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("garbage",), "'garbage' is not a phone number."),
        ((A, "n/a"), "'n/a' is not a phone number."),
        (("+1", "415", "555", "2671"), "Quote a number that has spaces"),
        (("--region", "XX", A), "XX"),
        (("",), "is empty"),
        (("0",), "as those of US; --region"),
    ],
)
def test_junk_costs_nothing_and_is_named(machine: Place, run: Run, given: tuple[str, ...], says: str) -> None:
    code, out, err = run("lookup", *given)
    assert (code, out) == (2, "")
    assert says in err
    assert machine.simulator.requests == []


def test_a_national_number_needs_a_region(machine: Place, run: Run) -> None:
    (machine.directory / "config.toml").write_text(CONFIG.replace('region = "US"', ""))
    code, out, err = run("lookup", "020 7946 0958", "--json")
    assert code == 2
    assert "has no country code" in out
    assert "--region GB" in out
    assert machine.simulator.requests == [], err
    assert run("lookup", "020 7946 0958", "--region", "gb", "--json")[1].startswith(f'[{{"number":"{B}"')
    assert spent(machine) == 1


@pytest.mark.parametrize("command", ["lookup", "known"])
def test_a_region_in_the_configuration_that_is_none_is_named(machine: Place, run: Run, command: str) -> None:
    (machine.directory / "config.toml").write_text(CONFIG.replace('region = "US"', 'region = "UK"'))
    code, _, err = run(command, "020 7946 0958")
    assert code == 2
    assert "'UK' is not a region code." in err
    assert "GB" in err
    assert machine.simulator.requests == []


def test_one_number_is_paid_for_once_and_says_where_its_answer_is_from(machine: Place, run: Run) -> None:
    (asked,) = value(run, "lookup", "(415) 555-2671")
    assert list(asked)[-3:] == ["source", "at", "job"]
    assert (asked["source"], asked["job"], asked["error"]) == ("asked", None, None)
    (known, other) = value(run, "lookup", A, "wa.me/14155552671", B)
    assert known == asked | {"source": "known"}
    assert other["source"] == "asked"
    assert "as of" in run("lookup", A)[1]
    assert "asked now, 1 credit" in run("lookup", A, "--fresh")[1]
    assert spent(machine) == 3


def test_what_a_job_knows_is_free(machine: Place, run: Run) -> None:
    run("submit", "list.csv", "--yes", "--wait")
    (known,) = value(run, "lookup", A)
    assert (known["source"], known["job"], known["line_type"]) == ("known", "1", "")
    assert "(job 1)" in run("lookup", A)[1]
    assert spent(machine) == 2


def test_what_was_looked_up_is_reused_by_a_list(machine: Place, run: Run) -> None:
    run("lookup", A)
    assert (value(run, "plan", "list.csv")["reused"], spent(machine)) == (1, 1)


def test_a_number_under_way_in_a_job_is_not_paid_for_unless_asked_anew(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    assert run("submit", "list.csv", "--yes")[0] == 5
    before = spent(machine)
    code, out, _ = run("lookup", A, "--json")
    error = json.loads(out)[0]["error"]
    assert (code, error["kind"], error["charged"]) == (1, "consent_required", "no")
    assert "under way in job 1" in error["message"]
    assert spent(machine) == before
    assert run("lookup", A, "--fresh")[0] == 0
    assert spent(machine) == before + 1


def test_with_too_few_credits_nothing_is_paid(machine: Place, run: Run) -> None:
    machine.world.add_credits(KEY, "wavalidation", -99_999)
    code, out, _ = run("lookup", A, B, "--json")
    assert code == 4
    assert [one["error"]["kind"] for one in json.loads(out)] == ["credits", "credits"]
    assert spent(machine) == 0


def test_a_script_that_names_its_numbers_is_not_asked(machine: Place, run: Run) -> None:
    assert [one["source"] for one in value(run, "lookup", A, B)] == ["asked", "asked"]
    assert spent(machine) == 2


@pytest.mark.parametrize(("answer", "code", "paid"), [("y\n", 0, 2), ("\n", 2, 0), ("", 2, 0)])
def test_who_types_several_numbers_is_asked(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, paid: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    ended, _, err = run("lookup", A, B)
    assert "2 to ask, 2 credits; 99,998 left." in err
    assert "Spend 2 credits, leaving 99,998?" in err
    assert (ended, spent(machine)) == (code, paid)


def test_who_types_one_number_is_not_asked(machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert (run("lookup", A)[0], spent(machine)) == (0, 1)


@pytest.mark.slow
def test_numbers_from_standard_input_need_a_yes(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        piped = f"{A}\n\n020 7946 0958\n".encode()
        assert here.run("lookup", "-", "--region", "GB", stdin=piped).code == 2
        assert spent(here) == 0
        ran = here.run("lookup", "-", "--region", "GB", "--yes", "--json", stdin=piped)
        assert [one["number"] for one in ran.json] == [A, B]
        assert here.run("lookup", "-", stdin=b" \n").code == 2
        assert spent(here) == 2


def test_no_answer_may_have_cost_a_credit_and_is_not_tried_again_unasked(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="check", cut="after", times=1))
    code, out, _ = run("lookup", A, "--json")
    assert code == 6
    assert '"charged":"unknown"' in out
    code, out, _ = run("lookup", A)
    assert code == 6
    assert "1 credit may have been spent. The balance fell by 1." in out
    assert spent(machine) == 1
    found = value(run, "ledger")
    assert (found["spent"], len(found["lookups_in_doubt"]), found["unexplained"]) == (0, 1, [])
    assert "may have been charged" in run("ledger")[1]
    assert run("lookup", A, "--fresh")[0] == 0
    assert run("lookup", A)[0] == 0
    assert spent(machine) == 2


@pytest.mark.slow
def test_two_processes_pay_once_for_one_number(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        here.simulator.add_fault(Rule(call="check", delay=0.5))
        processes = [here.start("lookup", A, B, "--json") for _ in range(3)]
        for process in processes:
            process.communicate(timeout=60)
        assert [process.returncode for process in processes] == [0, 0, 0]
        assert charged_twice(here.world) == []
        assert spent(here) == 2


@pytest.mark.slow
def test_an_interrupted_lookup_keeps_what_it_paid_for(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        here.simulator.add_fault(Rule(call="check", delay=0.5))
        process = here.start("lookup", A, B, "--json")
        until(lambda: here.world.ledger, "the service to be paid")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert A in out.decode()
        assert spent(here) == 1
        ran = here.run("lookup", A, B, "--json")
        assert [one["source"] for one in ran.json] == ["known", "asked"]
        assert charged_twice(here.world) == []


def test_purging_forgets_what_was_looked_up(machine: Place, run: Run) -> None:
    run("lookup", A)
    assert "No finished job or lookup" in run("purge", "--older-than", "1", "--yes")[1]
    assert "Deleted 1 lookup." in run("purge", "--older-than", "0", "--yes")[1]
    number = A.removeprefix("+").encode()
    assert all(number not in file.read_bytes() for file in machine.state.iterdir() if file.is_file())
    assert value(run, "lookup", A)[0]["source"] == "asked"
    assert KEY not in run("ledger")[1]


def test_an_answer_about_another_number_is_not_taken(machine: Place, run: Run) -> None:
    body = {"status": "VALID_CONFIRMED", "formatted_number": B, "numberstatus": True}
    machine.simulator.add_fault(Rule(call="check", status=200, body=body, times=1))
    code, out, _ = run("lookup", A, "--json")
    (found,) = json.loads(out)
    assert (code, found["on_whatsapp"], found["error"]["kind"]) == (6, None, "bad_answer")
    assert "another number" in found["error"]["message"]
    assert value(run, "plan", "list.csv")["reused"] == 0


def test_a_list_does_not_pay_for_a_lookup_in_doubt_before_its_rest_is_sent(machine: Place, run: Run) -> None:
    machine.simulator.add_fault(Rule(call="check", cut="after", times=1))
    assert run("lookup", A, "--json")[0] != 0
    (machine.directory / "one.csv").write_text(f"phone\n{A}\n")
    plan = value(run, "plan", "one.csv")
    assert (plan["to_pay"], plan["in_doubt"]) == (0, 1)
    code, out, err = run("submit", "one.csv", "--yes", "--wait", "--json")
    job = json.loads(out)
    assert (code, job["charged"], job["held"], spent(machine)) == (0, 0, 1, 1)
    assert "1 number is left out: a lookup of it has no answer and may have been charged." in err
    code, out, err = run("submit", "--rest-of", "1", "--yes", "--wait", "--json")
    assert (code, json.loads(out)["charged"], spent(machine)) == (0, 1, 2)
    assert "1 number may be paid for a second time: a lookup of it got no answer." in err
