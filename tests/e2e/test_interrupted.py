"""Told to end while the service keeps it waiting: soon over, with what came kept and the outcome told."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from pwl_tui.cli import follow
from pwl_tui.simulator.faults import Rule
from tests.e2e.harness import RUN_SECONDS, Place, Run, spent, until, value

NUMBER = "+14155552671"
Called = Literal["balance", "submit", "poll", "check"]


@pytest.fixture
def signaled(machine: Place) -> Iterator[Callable[..., None]]:
    """Send this process signals, once the service was asked for something."""
    threads: list[threading.Thread] = []

    def arrange(call: str, *signals: signal.Signals, then: Callable[[], object] = lambda: True) -> None:
        def send() -> None:
            until(lambda: then() and any(one.call == call for one in machine.simulator.requests), call)
            for number in signals:
                os.kill(os.getpid(), number)

        threads.append(threading.Thread(target=send, daemon=True))
        threads[-1].start()

    yield arrange
    for thread in threads:
        thread.join(RUN_SECONDS)


@pytest.mark.parametrize(
    "fault",
    [Rule(call="submit", garbled="stalled"), Rule(call="submit", silent=True)],
    ids=["half", "nothing"],
)
def test_a_paid_call_that_hangs_is_cut_after_a_grace_and_what_came_is_kept(
    machine: Place,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    signaled: Callable[..., None],
    fault: Rule,
) -> None:
    monkeypatch.setattr(follow, "GRACE_SECONDS", 0.1)
    machine.simulator.add_fault(fault)
    signaled("submit", signal.SIGTERM, then=lambda: machine.world.ledger)
    code, _, err = run("submit", "list.csv", "--yes")
    assert code == 5, err
    assert "Waiting up to 0 seconds" in err
    assert "pwl-tui settle 1.1" in err
    (batch,) = value(run, "show", "1")["batches"]
    assert (batch["state"], batch["error"]["message"]) == (
        "unknown",
        "pwl-tui was stopped before the answer arrived.",
    )
    if not fault.silent:  # the ID that came proves itself
        assert run("watch")[0] == 0
        assert list(machine.world.batches) == [value(run, "show", "1")["batches"][0]["batch_id"]]
    assert spent(machine) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "call", "code"),
    [(("submit", "list.csv", "--yes"), "submit", 5), (("lookup", NUMBER, "--json"), "check", 130)],
    ids=["submit", "lookup"],
)
def test_the_second_signal_waits_no_longer(
    machine: Place, command: tuple[str, ...], call: Called, code: int
) -> None:
    machine.simulator.add_fault(Rule(call=call, silent=True))
    process = machine.start(*command)
    assert process.stderr is not None
    until(lambda: machine.world.ledger, "the service to be paid")
    process.send_signal(signal.SIGTERM)
    assert any(b"Waiting up to 10 seconds" in line for line in iter(process.stderr.readline, b""))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=RUN_SECONDS)
    assert process.returncode == code, err
    if call == "check":
        (found,) = json.loads(out)
        assert (found["error"]["charged"], found["error"]["message"]) == (
            "unknown",
            "pwl-tui was stopped before the answer arrived.",
        )
    again = machine.run(*command)
    assert "unknown" in again.out if call == "check" else again.code == 5
    assert len(machine.world.ledger) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("command", "call"),
    [
        (("balance",), "balance"),
        (("lookup", NUMBER), "balance"),
        (("submit", "list.csv", "--yes"), "balance"),
        (("adopt", "some-id"), "poll"),
    ],
    ids=lambda one: one if isinstance(one, str) else one[0],
)
def test_any_signal_ends_a_command_that_pays_nothing_at_once(
    machine: Place,
    run: Run,
    signaled: Callable[..., None],
    command: tuple[str, ...],
    call: Called,
    number: signal.Signals,
) -> None:
    machine.simulator.add_fault(Rule(call=call, silent=True))
    signaled(call, number)
    code, _, err = run(*command)
    assert (code, "Interrupted; nothing is lost." in err) == (130, True)
    assert machine.world.ledger == []
