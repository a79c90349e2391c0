"""Windows on results, reuse, balances, leases, the sender's lock and the journal."""

import platform
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pwl_tui.answer import Outcome
from pwl_tui.problem import Kind, Problem
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.journal import Entry, Journal
from pwl_tui.state.files.owners import is_alive, new_owner
from pwl_tui.state.models import BalanceReading, Binding, JobState
from pwl_tui.state.money import Charge
from pwl_tui.state.polls import Lease
from pwl_tui.state.queries.find import parse_find
from pwl_tui.state.store import Store
from tests.unit.fake_service import BINDING, FIRST, NOW, accepted, add_job, answer

if TYPE_CHECKING:
    from pwl_tui.filters import Which

PROBLEM = Problem(kind=Kind.NETWORK, message="lost", charged="unknown", remedy="settle")


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
    assert [
        r.number - FIRST for r in store.results.page(job, "all", 0, 9, find=parse_find("+1 415 555 003"))
    ] == list(range(30, 39))
    assert store.results.count(job, "pending", find=parse_find("0049")) == 1


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
    assert store.results.reusable(Binding(BINDING.base_url, "other"), wanted, 0) == {}


def test_the_latest_answer_is_reused_whichever_job_has_it(store: Store) -> None:
    for batch_id, at, on in (("a", NOW + 50, False), ("b", NOW + 99, True), ("c", NOW, False)):
        batch = accepted(store, add_job(store, FIRST, 1), batch_id=batch_id)
        store.polls.learn(batch, [answer(FIRST, on=on)], done=True, now=at, next_poll=None)
    assert store.results.reusable(BINDING, [FIRST], 0)[FIRST].answered == NOW + 99
    assert store.results.reusable(BINDING, [FIRST], 0)[FIRST].answer.on_whatsapp is True


def test_a_balance_is_stored_when_it_changes(store: Store) -> None:
    for at, balance in ((1.0, 10), (2.0, 10), (3.0, 7), (4.0, 7), (5.0, 10)):
        store.balances.add(BINDING, BalanceReading(at, "wavalidation", balance))
    store.balances.add(BINDING, BalanceReading(4.5, "phonevalidation", 3))
    latest, history = store.balances.known(BINDING, "wavalidation", 2)
    assert [(reading.at, reading.balance) for reading in history] == [(4.0, 7), (5.0, 10)]
    assert {service: reading.balance for service, reading in latest.items()} == {
        "wavalidation": 10,
        "phonevalidation": 3,
    }
    assert latest == store.balances.latest(BINDING)


# -- leases, locks, journal


def test_a_batch_is_polled_by_one(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW) is None
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 5) is not None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 6) is None
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 66) is not None
    store.polls.give_back("1-b", NOW + 69)
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 68) is None
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 69) is not None


HOLD = """
import sys, time
from pathlib import Path
from pwl_tui.state.models import Binding
from pwl_tui.state.files.locks import sender_lock
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


@pytest.mark.state_file
def test_a_lease_of_a_dead_process_is_taken_over(store: Store) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    store.polls.claim(BINDING, Lease(f"{platform.node()}:{dead.pid}:x", 600), NOW + 5)
    store.polls.take_over(NOW + 7)
    # The dead may have polled just before it died.
    assert store.polls.claim(BINDING, Lease(new_owner(), 600), NOW + 6) is None
    assert store.polls.claim(BINDING, Lease(new_owner(), 600), NOW + 7) is not None
    store.polls.take_over(NOW + 7)
    assert store.polls.claim(BINDING, Lease("else", 600), NOW + 8) is None


@pytest.mark.parametrize("owner", ["elsewhere:{dead}:x", "", "1", "{here}:no number:x", "{here}:1:x"])
def test_who_cannot_be_judged_counts_as_alive(owner: str) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    assert is_alive(owner.format(dead=dead.pid, here=platform.node()))
    assert not is_alive(f"{platform.node()}:{dead.pid}:x")


def test_an_answer_that_comes_too_late_changes_nothing(store: Store) -> None:
    batch = accepted(store, add_job(store, FIRST, 2))
    answers = [answer(FIRST), answer(FIRST + 1)]
    done = store.polls.learn(batch, answers, done=True, now=NOW + 5, next_poll=None)
    store.polls.fail(batch, PROBLEM, now=NOW + 200, next_poll=NOW + 300)
    store.polls.unreachable(batch, PROBLEM, now=NOW + 200)
    store.polls.learn(batch, [], done=False, now=NOW + 200, next_poll=NOW + 300)
    store.polls.learn(batch, answers, done=True, now=NOW + 200, next_poll=None)
    assert store.batches.get(batch.job, 1) == done
    assert [entry.event for entry in store.activity.newest(0, 99, job=batch.job)].count("completed") == 1


def test_an_unreachable_batch_is_polled_again_when_the_person_says_so(store: Store) -> None:
    batch = accepted(store, add_job(store, FIRST, 2))
    store.polls.unreachable(batch, PROBLEM, now=NOW + 5)
    assert store.jobs.get(batch.job).state is JobState.ATTENTION
    assert store.polls.claim(BINDING, Lease("a", 60), NOW + 999) is None
    assert store.polls.try_again(batch.job, now=NOW + 1000) == 1
    assert store.polls.claim(BINDING, Lease("a", 60), NOW + 1000) is not None


def test_only_what_was_taken_between_the_intent_and_a_reading_was_spent_otherwise(store: Store) -> None:
    for at, amount in ((NOW - 1, 100), (NOW, 10), (NOW + 1, 1), (NOW + 2, 1_000)):
        store.charges.add(BINDING, Charge(at, amount, None, None, None, at))
    store.charges.add(Binding(BINDING.base_url, "other"), Charge(NOW + 1, 50, None, None, None, NOW))
    assert store.charges.between(BINDING, NOW, NOW + 1) == 1
    assert len(store.charges.all(BINDING)) == 4


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


@example(junk=b'{"at": "\x802026-11-29", "size": 1}\n')
@given(junk=st.binary(max_size=200).filter(lambda junk: b'"batch_id"' not in junk))
def test_whatever_else_is_in_the_journal_the_ids_are_read(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.log")
    journal.append(Entry(at="a", batch_id="one", size=1))
    with journal.path.open("ab") as file:
        file.write(junk)
    journal.append(Entry(at="b", batch_id="two", size=1))
    assert [entry.batch_id for entry in journal.entries()] == ["one", "two"]


def test_a_journal_that_cannot_be_written_stops_everything_before_it_costs(store: Store) -> None:
    store.require_room()
    store.journal.path.unlink()
    store.journal.path.mkdir()
    with pytest.raises(StateError) as caught:
        store.require_room()
    assert str(store.journal.path) in caught.value.problem.message
    with pytest.raises(StateError):
        list(store.journal.entries())


def test_a_plan_does_not_change_what_was_asked_meanwhile(store: Store) -> None:
    job = add_job(store, FIRST, 6, batch_size=3)
    for seq in (1, 2):
        accepted(store, job, seq, batch_id=f"id-{seq}")
    standings = store.polls.standings(BINDING, NOW)
    assert [(one.key, one.size, one.answered, one.last_poll) for one in standings] == [
        ((job, 1), 3, 0, None),
        ((job, 2), 3, 0, None),
    ]
    store.polls.learn(
        store.batches.get(job, 1), [answer(FIRST)], done=False, now=NOW + 10, next_poll=NOW + 40
    )
    store.polls.plan(standings, {(job, 1): NOW + 11, (job, 2): NOW + 99})
    assert [store.batches.get(job, seq).next_poll for seq in (1, 2)] == [NOW + 40, NOW + 99]
    assert [one.answered for one in store.polls.standings(BINDING, NOW)] == [1, 0]


def test_a_batch_that_ended_still_tells_how_fast_for_a_while(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    answers = [answer(FIRST + index) for index in range(3)]
    store.polls.learn(store.batches.get(job, 1), answers, done=True, now=NOW + 10, next_poll=None)
    (one,) = store.polls.standings(BINDING, NOW + 9)
    assert (one.done, one.answered) == (True, 3)
    assert store.polls.standings(BINDING, NOW + 10) == []
    assert store.polls.standings(Binding(BINDING.base_url, "another"), NOW) == []


def test_a_lease_from_before_the_clock_was_set_back_ends(store: Store) -> None:
    job = add_job(store, FIRST, 3)
    accepted(store, job)
    assert store.polls.claim(BINDING, Lease("1-a", 60), NOW + 5) is not None
    store.polls.end_leases_after(NOW + 65)
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 6) is None
    store.polls.end_leases_after(NOW + 64)
    assert store.polls.claim(BINDING, Lease("1-b", 60), NOW + 6) is not None
