"""A sample is paid for first, says what to expect, and the rest follows without paying twice."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped] # it has no types
import pytest

from pwl_tui.cli.render.sample import rates_text
from pwl_tui.engine.jobs.sampling import Rates, share
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import KEY, RUN_SECONDS, Place, Run, charged_twice, messy_csv, place

SAMPLE = ("submit", "list.csv", "--only-sample", "50", "--wait")
REST = "`pwl-tui submit --rest-of 1`"


class Terminal(io.StringIO):
    """Standard input as a person types it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def listed(machine: Place) -> Place:
    """A machine with a list of a few hundred numbers."""
    (machine.directory / "list.csv").write_text(messy_csv(400, seed=3)[0])
    return machine


def value(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json")[1])


def spent(machine: Place) -> int:
    return sum(charge.amount for charge in machine.world.ledger)


def test_rates_say_what_to_expect_of_the_rest() -> None:
    rates = Rates(500, share(305, 500), share(30, 500), share(2, 500))
    assert rates_text(rates, 24_002) == (
        "             of 500 answered   of the 24,002 left out, about\n"
        "on WhatsApp  61% (57% to 65%)  14,600 (13,600 to 15,600)\n"
        "business     6% (4% to 8%)     1,440 (1,020 to 2,020)\n"
        "failed       0% (0% to 1%)     96 (26 to 347)\n"
        "Drawn at random: with 95% confidence, the whole list is within these ranges."
    )


def test_a_sample_ends_with_its_rates_and_the_command_for_the_rest(listed: Place, run: Run) -> None:
    code, out, _ = run(*SAMPLE, "--yes")
    assert code == 0
    shown = value(run, "show", "1")
    rates = shown["rates"]
    assert (rates["answered"], shown["held"]) == (50, shown["numbers"] - 50)
    assert rates["on_whatsapp"]["value"] == shown["on_whatsapp"] / 50
    for part in rates.values():
        assert part == 50 or 0 <= part["low"] <= part["value"] <= part["high"] <= 1
    for text in (out, run("show", "1")[1]):
        assert "of 50 answered " in text
        assert f"of the {shown['held']:,} left out, about\n" in text
        assert f"sending them costs {shown['held']:,} credits at most." in text
        assert f"Send them with {REST}." in text
    assert spent(listed) == 50


def test_the_rest_of_a_sample_is_a_job_with_the_whole_list(listed: Place, run: Run) -> None:
    sample = value(run, *SAMPLE, "--yes")
    code, out, err = run("submit", "--rest-of", "1", "--yes", "--wait", "--json")
    assert code == 0
    rest = json.loads(out)
    assert (rest["name"], rest["state"], rest["rates"]) == ("list rest", "completed", None)
    assert (rest["numbers"], rest["charged"]) == (sample["numbers"], sample["held"])
    assert "--reuse-days" not in err, "what the sample has paid for cannot be asked for again this way"
    assert charged_twice(listed.world) == []
    assert run("export", "2", "-o", "answers.csv")[0] == 0
    with (listed.directory / "answers.csv").open(newline="") as file:
        outcomes = {row["wa_outcome"] for row in csv.DictReader(file)}
    assert outcomes - {"failed", "not_sent"} == {"completed", "rejected"}


def test_the_rest_is_not_sent_twice(listed: Place, run: Run) -> None:
    run(*SAMPLE, "--yes")
    listed.simulator.add_fault(Rule(call="poll", silent=True))
    assert run("submit", "--rest-of", "1", "--yes", "--name", "all of it")[0] == 0
    before = spent(listed)
    code, _, err = run("submit", "--rest-of", "1", "--yes")
    assert (code, "Job 2 already continues the list of job 1" in err) == (2, True)
    assert spent(listed) == before
    shown = run("show", "1")[1]
    assert "Job 2 all of it continues with this list." in shown
    assert REST not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("submit",), "LIST --rest-of is required"),
        (("submit", "list.csv", "--rest-of", "1"), "not allowed with argument"),
        (("submit", "--rest-of", "9"), "9"),
        (("submit", "--rest-of", "1", "--column", "phone"), "--column cannot be used with --rest-of"),
        (("submit", "--rest-of", "1", "--no-header"), "--no-header"),
        (("submit", "--rest-of", "1", "--no-in-text"), "--in-text"),
        (("submit", "--rest-of", "1", "--reuse-days", "0"), "--reuse-days"),
        (("submit", "--rest-of", "1", "--only-sample", "5"), "--only-sample"),
        (("submit", "--rest-of", "2"), "left no numbers out"),
        (("submit", "--rest-of", "1"), "No terminal to confirm on"),
    ],
)
def test_a_rest_that_cannot_be_sent(listed: Place, run: Run, arguments: tuple[str, ...], words: str) -> None:
    (listed.directory / "whole.txt").write_text("+14155552671\n")
    run(*SAMPLE, "--yes")
    run("submit", "whole.txt", "--yes", "--wait")
    before = spent(listed)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert spent(listed) == before


# -- the offer


def test_on_a_terminal_the_rest_is_offered_at_once(listed: Place) -> None:
    arguments = ["-W", "error", "-m", "pwl_tui", *SAMPLE]
    terminal = pexpect.spawn(
        sys.executable,
        arguments,
        env=listed.environ(TERM="xterm"),
        cwd=str(listed.directory),
        timeout=RUN_SECONDS,
        dimensions=(50, 120),
    )
    try:
        terminal.expect_exact("Spend 50 credits, leaving 99,950? [y/N] ")
        terminal.sendline("y")
        terminal.expect_exact("of 50 answered")
        terminal.expect(r"Spend (\d+) credits, leaving ([\d,]+)\? \[y/N\] ")
        offered = int(terminal.match.group(1))
        assert int(terminal.match.group(2).replace(b",", b"")) == 100_000 - 50 - offered
        assert spent(listed) == 50
        terminal.sendline("y")
        terminal.expect_exact("Job 2 list rest: completed")
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close(force=True)
    assert terminal.exitstatus == 0
    assert spent(listed) == 50 + offered
    assert charged_twice(listed.world) == []


@pytest.mark.parametrize("answers", ["y\nn\n", "y\n\n", "y\n"])
def test_a_rest_that_is_not_wanted_now_is_no_failure(
    listed: Place, run: Run, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answers))
    code, _, err = run(*SAMPLE)
    assert (code, f"Nothing more was sent. Run {REST} to send the rest later." in err) == (0, True)
    assert spent(listed) == 50
    assert [job["job"] for job in value(run, "jobs")] == ["1"]


@pytest.mark.parametrize(
    "command", [(*SAMPLE, "--yes"), (*SAMPLE, "--json"), ("submit", "list.csv", "--only-sample", "50")]
)
def test_scripts_and_those_who_do_not_wait_are_offered_nothing(
    listed: Place, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    if "--wait" not in command:
        listed.simulator.add_fault(Rule(call="poll", silent=True))
    monkeypatch.setattr("sys.stdin", Terminal("y\ny\n"))
    code, out, err = run(*command)
    assert code == 0
    assert (out + err).count("Spend ") == (0 if "--yes" in command else 1)
    assert spent(listed) == 50
    if "--json" in command:
        assert json.loads(out)["rates"]["answered"] == 50


def test_a_rest_that_the_credits_do_not_pay_for_is_said_and_no_failure(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, credit=60) as machine:
        for name, setting in machine.environ().items():
            monkeypatch.setenv(name, setting)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "list.csv").write_text(messy_csv(400, seed=3)[0])
        monkeypatch.setattr("sys.stdin", Terminal("y\ny\n"))
        code, _, err = run(*SAMPLE)
        assert code == 0
        assert "credits missing" in err
        assert err.count("Spend ") == 1
        assert spent(machine) == 50
        assert run("submit", "--rest-of", "1", "--yes")[0] == 4
        assert spent(machine) == 50


def test_what_credits_left_out_has_no_rates_but_can_be_sent(tmp_path: Path) -> None:
    with place(tmp_path, credit=60) as machine:
        (tmp_path / "list.csv").write_text(messy_csv(400, seed=3)[0])
        short = machine.run("submit", "list.csv", "--yes", "--wait", "--when-short", "fit", "--json").json
        assert (short["charged"], short["rates"]) == (60, None), "the first numbers are no random ones"
        shown = machine.run("show", "1").out
        assert REST in shown
        assert "Drawn at random" not in shown
        machine.world.add_credits(KEY, "wavalidation", 1_000)
        rest = machine.run("submit", "--rest-of", "1", "--yes", "--wait", "--json").json
        assert rest["charged"] == short["held"]
        assert charged_twice(machine.world) == []


# -- purge


@pytest.mark.usefixtures("listed")
def test_a_purge_names_the_jobs_before_it_asks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = value(run, *SAMPLE, "--yes", "--name", "first")["numbers"]
    code, out, err = run("purge", "--older-than", "0")
    assert (code, out) == (2, "")
    assert "1  first" in err
    monkeypatch.setattr("sys.stdin", Terminal("n\ny\n"))
    code, out, err = run("purge", "--older-than", "0")
    assert (code, out) == (2, "")
    assert err.index("1  first") < err.index("Delete 1 job and all numbers for good? [y/N] ")
    code, out, _ = run("purge", "--older-than", "0")
    assert (code, out) == (0, f"Deleted job 1 first and its {numbers} numbers.\n")
    code, out, err = run("purge", "--older-than", "0")
    assert (code, err) == (0, "")
    assert "nothing was deleted" in out
