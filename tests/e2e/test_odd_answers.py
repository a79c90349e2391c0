"""What the commands say and do when the service answers polls oddly."""

import json
from typing import get_args

import pytest

from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.garble import GARBLES, Garble, garble
from pwl_tui.simulator.spelling import Spelling, respelled
from tests.e2e.harness import KEY, Place, Run, charged_twice

READ: tuple[Garble, ...] = (
    *("bom", "utf-16", "nan", "latin-1", "surrogate", "control", "after", "before", "comma"),
    *("quoted", "gzip label"),
)
"""Answers to a poll that are read all the same."""

NUMBERS = "+525512345678\n+5511987654321\n+14155552671\n+442079460958\n"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what takes minutes in life."""
    monkeypatch.setattr("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 0.02)
    monkeypatch.setattr("pwl_tui.cli.follow._TICK_SECONDS", 0.02)


def submit(machine: Place, run: Run, *options: str) -> tuple[int, str, str]:
    (machine.directory / "numbers.txt").write_text(NUMBERS)
    return run("submit", "numbers.txt", "--yes", "--json", *options)


def answers(run: Run, machine: Place) -> list[tuple[str, object]]:
    """Return the answers of job 1 as exported."""
    run("export", "1", "-o", "out.jsonl", "--force")
    rows = [json.loads(line) for line in (machine.directory / "out.jsonl").read_text().splitlines()]
    return [(row["wa_number"], row["wa_on_whatsapp"]) for row in rows]


@pytest.mark.parametrize(
    "fault",
    [
        *(
            Rule(call="poll", spelling=spelling)
            for spelling in ("digits", "integer", "whatsapp", "formatted")
        ),
        *(Rule(call="poll", garbled=kind) for kind in READ),
        *(Rule(call="poll", word=word) for word in ("done", "finished", "partially_completed", "terminado")),
        Rule(call="balance", garbled="bom"),
        Rule(call="poll", foreign="html", times=2),
        Rule(call="poll", status=403, foreign="challenge", times=2),
        Rule(call="poll", status=404, times=2),
        Rule(call="poll", garbled="cut", times=2),
        Rule(call="poll", garbled="result", times=1),
    ],
    ids=str,
)
def test_every_answer_is_had_all_the_same(machine: Place, run: Run, fault: Rule) -> None:
    machine.simulator.add_fault(fault)
    code, out, _ = submit(machine, run, "--wait")
    assert (code, json.loads(out)["state"], json.loads(out)["pending"]) == (0, "completed", 0)
    expected = [
        (number, None if (truth := machine.world.truth(number)).fails else truth.on_whatsapp)
        for number in NUMBERS.split()
    ]
    assert answers(run, machine) == expected
    assert not charged_twice(machine.world)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Rule(call="poll", foreign="html"), "a format that is not the service's"),
        (Rule(call="poll", foreign="empty"), "a format that is not the service's"),
        (Rule(call="poll", garbled="cut"), "a format that is not the service's"),
        (Rule(call="poll", foreign="challenge"), "A firewall"),
        (Rule(call="poll", status=403, foreign="challenge"), "A firewall"),
        (Rule(call="poll", status=401, foreign="html"), "a format that is not the service's"),
        (Rule(call="poll", spelling="strangers"), "fits none of its 4 numbers"),
        (Rule(call="poll", garbled="result"), "leaves out 1 of its 4 numbers"),
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_used_is_said_everywhere_and_never_paid_for_again(
    machine: Place, run: Run, fault: Rule, words: str
) -> None:
    machine.simulator.add_fault(fault)
    code, out, err = submit(machine, run, "--wait")
    job = json.loads(out)
    assert (code, job["state"], job["error"]["kind"]) == (6, "processing", "bad_answer")
    assert words in job["batches"][0]["error"]["message"]
    assert err.count(words) >= 2, "once when it is met, once at the end"
    batch_id = job["batches"][0]["batch_id"]
    for command in (("watch", "--json"), ("watch", "--json", "--timeout", "60")):
        polls = sum(request.call == "poll" for request in machine.simulator.requests)
        code, out, err = run(*command)
        assert (code, json.loads(out)[0]["error"]["kind"]) == (6, "bad_answer")
        assert words in err
        assert sum(request.call == "poll" for request in machine.simulator.requests) > polls
    assert words in run("show", "1")[1]
    assert words in run("jobs")[1]
    code, _, err = run("retry", "1", "--yes")
    assert code == 2
    assert "nothing to retry" in err
    machine.simulator.clear_faults()
    assert run("watch")[0] == 0
    after = json.loads(run("show", "1", "--json")[1])
    assert (after["state"], after["error"]) == ("completed", None)
    assert (after["batches"][0]["batch_id"], after["charged"]) == (batch_id, 4)
    assert not charged_twice(machine.world)


@pytest.mark.parametrize("fault", [Rule(call="poll", foreign="html"), Rule(call="poll", status=502)], ids=str)
def test_a_timeout_during_which_nothing_could_be_read_says_why(
    machine: Place, run: Run, monkeypatch: pytest.MonkeyPatch, fault: Rule
) -> None:
    monkeypatch.setattr("pwl_tui.engine.polling.schedule._BACKOFF_SECONDS", 60.0)
    submit(machine, run)
    machine.simulator.add_fault(fault)
    code, out, err = run("watch", "--timeout", "1", "--json")
    assert code == 6
    job = json.loads(out)[0]
    assert job["error"]["message"] in err
    assert job["batches"][0]["error"] == job["error"]
    # What came is kept for the provider's support.
    assert ("It works!" in run("show", "1")[2]) == (fault.foreign is not None)


@pytest.mark.parametrize("word", ["failed", "Cancelled", "expired"])
def test_a_batch_that_the_service_ended_early_ends_with_a_sentence(
    machine: Place, run: Run, word: str
) -> None:
    results = [
        {"phone_number": number, "status": "completed", "numberstatus": True}
        for number in NUMBERS.split()[:2]
    ]
    submit(machine, run)
    batch_id = json.loads(run("show", "1", "--json")[1])["batches"][0]["batch_id"]
    body = {"batch_id": batch_id, "status": word, "pending": 2, "results": results}
    machine.simulator.add_fault(Rule(call="poll", status=200, body=body))
    code, out, err = run("watch", "--json")
    job = json.loads(out)[0]
    assert (code, job["state"], job["failed"], job["error"]) == (0, "completed", 2, None)
    sentence = f"with the status '{word}'; 2 of its 4 numbers have no answer"
    assert sentence in job["batches"][0]["error"]["message"]
    assert sentence in err
    assert sentence in run("show", "1")[1]
    assert "2 failed" in run("retry", "1")[2]


def test_a_batch_that_is_not_found_is_looked_for_and_found_by_the_next_watch(
    machine: Place, run: Run
) -> None:
    machine.simulator.add_fault(Rule(call="poll", status=404))
    code, out, err = submit(machine, run, "--wait")
    job = json.loads(out)
    assert (code, job["state"], job["batches"][0]["state"]) == (1, "attention", "unreachable")
    assert "Retrying" in err
    assert sum(request.call == "poll" for request in machine.simulator.requests) == 5
    assert run("watch")[0] == 1
    machine.simulator.clear_faults()
    code, out, _ = run("watch", "--json")
    job = json.loads(out)[0]
    assert (code, job["state"], job["batches"][0]["state"], job["error"]) == (
        0,
        "completed",
        "completed",
        None,
    )


def test_an_id_is_given_to_a_batch_in_doubt_though_its_numbers_are_written_otherwise(
    machine: Place, run: Run
) -> None:
    machine.simulator.add_fault(Rule(call="submit", cut="after", times=1))
    machine.simulator.add_fault(Rule(call="poll", spelling="whatsapp"))
    assert submit(machine, run)[0] == 5
    (batch_id,) = machine.world.batches
    assert run("settle", "1.1", "--as", "adopted", "--batch-id", batch_id)[0] == 0
    assert run("watch")[0] == 0
    assert not charged_twice(machine.world)


@pytest.mark.parametrize(
    "fault", [Rule(call="poll", spelling="digits"), Rule(call="poll", garbled="latin-1")], ids=str
)
def test_a_batch_from_elsewhere_is_adopted_however_it_is_written(
    machine: Place, run: Run, fault: Rule
) -> None:
    batch_id = machine.world.submit(KEY, NUMBERS.split())[1]["batch_id"]
    machine.simulator.add_fault(fault)
    assert run("adopt", batch_id)[0] == 0
    assert run("watch")[0] == 0
    assert [number for number, _ in answers(run, machine)] == NUMBERS.split()


def test_the_faults_are_what_they_say() -> None:
    body = b'{"batch_id": "b", "status": "completed", "results": [{"phone_number": "+525512345678"}]}'
    spelled = {respelled(body, spelling, None) for spelling in get_args(Spelling)}
    assert len(spelled) == len(get_args(Spelling))
    garbled = [garble(kind, body) for kind in GARBLES]
    assert len({(one.body, one.end, *one.headers.items()) for one in garbled}) == len(GARBLES)
