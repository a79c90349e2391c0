"""The person's command: run for finished jobs and for what needs them, once each, whoever sees it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pwl_tui.engine.events import Event, HookFailed, JobChanged, JobFinished, StateBack
from pwl_tui.engine.hook import Hook
from pwl_tui.engine.problems import credits_short
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret
from pwl_tui.state.errors import AwayError
from pwl_tui.state.models import Job
from pwl_tui.state.store import Store
from pwl_tui.state.told import QUIET_SECONDS
from tests.unit.fake_service import (
    BINDING,
    FIRST,
    KEY,
    Clock,
    Listener,
    WorldService,
    accepted,
    add_job,
    finish,
    in_doubt,
    open_store,
)

REFUSED = Problem(kind=Kind.AUTH, status=401, message="Invalid API key.", remedy="Enter another key.")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The environments of all commands that were run."""
    environments: list[dict[str, str]] = []
    monkeypatch.setattr("subprocess.Popen", lambda _, env, **__: environments.append(env))
    return environments


Tell = Callable[[Event], None]


def hooked(store: Store, clock: Clock, listener: Listener, **environ: str) -> Tell:
    """Return what a process that just started tells its events to."""
    return Hook("notify-send", store, BINDING, Secret(KEY), clock, environ).behind(listener)


def events(runs: list[dict[str, str]]) -> list[str]:
    return [environ["PWL_TUI_EVENT"] for environ in runs]


def test_a_finished_job_is_told_once_by_two_processes_and_again_when_more_of_it_finishes(
    store: Store, service: WorldService, clock: Clock, listener: Listener, runs: list[dict[str, str]]
) -> None:
    job = add_job(store, FIRST, 3)
    finish(store, service, clock)
    first, second = (hooked(store, clock, listener) for _ in range(2))
    for tell in (first, second, first):
        tell(JobFinished(job))
    assert events(runs) == ["finished"]
    assert (runs[0]["PWL_TUI_NUMBERS"], runs[0]["PWL_TUI_MESSAGE"]) == ("3", "")


def test_what_happens_while_the_database_is_away_is_told_once_it_is_back(
    store: Store,
    service: WorldService,
    clock: Clock,
    listener: Listener,
    runs: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = add_job(store, FIRST, 3)
    finish(store, service, clock)
    tell = hooked(store, clock, listener)

    def away(_: int) -> Job:
        raise AwayError("gone", "wait")

    with monkeypatch.context() as patched:
        patched.setattr(store.jobs, "get", away)
        tell(JobFinished(job))
        tell(StateBack())  # it was away again at once
        assert events(runs) == []
    tell(StateBack())
    tell(StateBack())
    assert events(runs) == ["finished"]
    assert listener.of(HookFailed) == []


def test_a_batch_in_doubt_is_told_once_and_not_for_every_poll(
    tmp_path: Path,
    store: Store,
    service: WorldService,
    clock: Clock,
    listener: Listener,
    runs: list[dict[str, str]],
) -> None:
    tell = hooked(store, clock, listener)
    batch = in_doubt(store, service, clock, paid=True)
    for _ in range(3):
        tell(JobChanged(batch.job))
    again = open_store(tmp_path)
    hooked(again, clock, listener)(JobChanged(batch.job))
    again.close()
    assert events(runs) == ["in_doubt"]
    assert runs[0]["PWL_TUI_BATCH"] == batch.label
    assert f"pwl-tui settle {batch.label}" in runs[0]["PWL_TUI_MESSAGE"]


def test_one_cause_is_told_once_for_many_jobs_and_again_only_after_it_was_gone_for_long(
    store: Store, clock: Clock, listener: Listener, runs: list[dict[str, str]]
) -> None:
    jobs = [add_job(store, FIRST + 10 * n, 3) for n in range(2)]
    tell = hooked(store, clock, listener)

    def hold(problem: Problem | None) -> None:
        for job in jobs:
            store.jobs.release(job) if problem is None else store.jobs.hold(job, problem, None)
            tell(JobChanged(job))

    hold(credits_short(3, 0))
    assert events(runs) == ["credits_short"]
    hold(None)
    clock.now += QUIET_SECONDS / 2
    hold(credits_short(3, 0))
    assert events(runs) == ["credits_short"], "it comes and goes"
    hold(None)
    clock.now += QUIET_SECONDS
    hold(credits_short(3, 0))
    assert events(runs) == ["credits_short"] * 2


def test_a_refused_key_and_results_that_expire_are_told_by_the_process_that_starts(
    store: Store, clock: Clock, listener: Listener, runs: list[dict[str, str]]
) -> None:
    old, refused = add_job(store, FIRST, 3), add_job(store, FIRST + 10, 3)
    accepted(store, old)
    store.jobs.hold(refused, REFUSED, None)
    clock.now += 12 * 86_400
    for _ in range(2):
        hooked(store, clock, listener)
    assert events(runs) == ["expiring", "key_refused"]
    assert runs[0]["PWL_TUI_JOB"] == str(old)


def test_the_command_gets_neither_a_number_nor_the_key(
    store: Store, clock: Clock, listener: Listener, runs: list[dict[str, str]]
) -> None:
    job = add_job(store, FIRST, 3)
    told = replace(REFUSED, message="No WhatsApp check of +14155552671 with this key.")
    store.jobs.hold(job, told, None)
    hooked(store, clock, listener, HOME="/home/ada", PROWEBLOOK_API_KEY="x", MINE=f"key={KEY}")
    [environ] = runs
    assert (environ["HOME"], environ["PWL_TUI_MESSAGE"][:18]) == ("/home/ada", "No WhatsApp check ")
    text = str(environ)
    assert not [secret for secret in (KEY, "4155552671", "PROWEBLOOK_API_KEY") if secret in text]


def test_a_command_that_cannot_be_started_is_reported_and_nothing_else_is_wrong(
    store: Store, clock: Clock, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    job = add_job(store, FIRST, 3)
    monkeypatch.setattr("subprocess.Popen", fail)
    tell = hooked(store, clock, listener)
    tell(JobFinished(job))
    [failed] = listener.of(HookFailed)
    assert isinstance(failed, HookFailed)
    assert "notify-send" in failed.problem.message


def test_a_job_that_was_forgotten_meanwhile_is_passed_over(
    store: Store, clock: Clock, listener: Listener, runs: list[dict[str, str]]
) -> None:
    add_job(store, FIRST, 3)
    hooked(store, clock, listener)(JobChanged(999))
    assert (runs, listener.of(HookFailed)) == ([], [])
