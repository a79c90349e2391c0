"""Windows on results, reuse, balances, leases, the sender's lock and the journal."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from pwl_tui.problem import Problem
from pwl_tui.state.journal import Entry, Journal
from pwl_tui.state.models import BalanceReading, Outcome, Which
from pwl_tui.state.polls import Lease
from pwl_tui.state.store import Store
from tests.unit.worldly import BINDING, FIRST, NOW, accepted, add_job, answer

PROBLEM = Problem(kind="network", message="lost", charged="unknown", remedy="settle")


# -- windows


def test_results_come_in_windows_by_filter_and_digits(store: Store) -> None:
    job = add_job(store, FIRST, 50)
    batch = accepted(store, job)
    answers = [answer(FIRST + i, on=i % 3 == 0) for i in range(40)]
    store.polls.learn(batch, answers, done=False, now=NOW, next_poll=NOW)
    assert [r.number for r in store.results.page(job, "all", 47, 10)] == [FIRST + i for i in (47, 48, 49)]
    filters: tuple[Which, ...] = ("all", "on-whatsapp", "not-on-whatsapp", "pending")
    counts = {which: store.results.count(job, which) for which in filters}
    assert counts == {"all": 50, "on-whatsapp": 14, "not-on-whatsapp": 26, "pending": 10}
    assert [r.number - FIRST for r in store.results.page(job, "on-whatsapp", 12, 5)] == [36, 39]
    assert [r.number - FIRST for r in store.results.page(job, "all", 0, 9, find="+1 415 555 003")] == list(
        range(30, 39)
    )
    assert store.results.count(job, "pending", find="0049") == 1


def test_only_complete_answers_of_the_same_key_are_reused(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    batch = accepted(store, job)
    answers = [
        answer(FIRST),
        answer(FIRST + 1, Outcome.FAILED, None),
        answer(FIRST + 2, Outcome.PENDING, None),
    ]
    store.polls.learn(batch, answers, done=False, now=NOW, next_poll=NOW)
    wanted = [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    assert set(store.results.reusable(BINDING, wanted, NOW - 1)) == {FIRST}
    assert store.results.reusable(BINDING, wanted, NOW + 1) == {}
    assert store.results.reusable(type(BINDING)(BINDING.base_url, "other"), wanted, 0) == {}


def test_a_balance_is_stored_when_it_changes(store: Store) -> None:
    for at, balance in ((1.0, 10), (2.0, 10), (3.0, 7), (4.0, 7), (5.0, 10)):
        store.balances.add(BINDING, BalanceReading(at, "wavalidation", balance))
    history = store.balances.history(BINDING, "wavalidation", 10)
    assert [(reading.at, reading.balance) for reading in history] == [(2.0, 10), (4.0, 7), (5.0, 10)]
    assert store.balances.latest(BINDING)["wavalidation"].balance == 10


# -- leases, locks, journal


def test_a_batch_is_polled_by_one(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW) is None
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 5) is not None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 6) is None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 66) is not None
    store.polls.give_back("1-b")
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 67) is not None


HOLD = """
import sys, time
from pathlib import Path
from pwl_tui.state.models import Binding
from pwl_tui.state.locks import sender_lock
with sender_lock(Path(sys.argv[1]), Binding(sys.argv[2], sys.argv[3])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


def test_a_killed_sender_gives_its_lock_up_at_once(store: Store) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.directory), BINDING.base_url, BINDING.fingerprint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "True\n"
    with store.sender(BINDING) as ours:
        assert not ours
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stdin.close()
    with store.sender(BINDING) as ours:
        assert ours


def test_a_lease_of_a_dead_process_is_taken_over(store: Store) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    store.polls.claim(BINDING, Lease(f"{dead.pid}-x", 600), NOW + 5)
    store.polls.take_over()
    assert store.polls.claim(BINDING, Lease(f"{os.getpid()}-y", 600), NOW + 5) is not None
    store.polls.take_over()
    assert store.polls.claim(BINDING, Lease("1-z", 600), NOW + 6) is None


def test_a_torn_line_costs_the_journal_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.log")
    assert list(journal.entries()) == []
    journal.append(Entry(at="a", batch_id="one", size=1))
    with journal.path.open("ab") as file:
        file.write(b'{"at": "b", "batch_id": "tw\0')
    journal.append(Entry(at="c", batch_id="three", size=3))
    with journal.path.open("ab") as file:
        file.write(b"\xff\xfe not ours\n\n[1, 2]\n")
    journal.append(Entry(at="d", batch_id="four", size=4))
    assert [entry.batch_id for entry in journal.entries()] == ["one", "three", "four"]


def test_many_write_the_journal_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.log")

    def write(name: str) -> None:
        for number in range(25):
            journal.append(Entry(at="t", batch_id=f"{name}{number}", size=1, name="x" * 300))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.batch_id for entry in journal.entries()}) == 100
