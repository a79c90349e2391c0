"""Converts rows to the values of `models`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import astuple

from pwl_tui.answer import COLUMNS, Answer
from pwl_tui.problem import Problem
from pwl_tui.state.database import Connection, Row
from pwl_tui.state.models import Batch, BatchState, Binding, Counts, Job, JobState, Result, Wish, WrittenFile

BATCHES = "SELECT * FROM batches"

_ATTENTION = (BatchState.UNKNOWN, BatchState.REJECTED, BatchState.UNREACHABLE)


_COUNTED = tuple((state, f"n_{state}") for state in BatchState)
_STATES = "".join(f", count(CASE state WHEN '{state}' THEN 1 END) AS {column}" for state, column in _COUNTED)
_JOBS = f"""
SELECT j.*, b.base_url, b.fingerprint, a.*, w.*,
    e.path AS wish, e.written AS wish_written, e.files AS wish_files, e.problem AS wish_problem,
    (SELECT error FROM batches WHERE job=j.id AND error IS NOT NULL
        AND state IN ({",".join(f"'{state}'" for state in _ATTENTION)}) ORDER BY seq LIMIT 1) AS error{{1}}
FROM jobs j JOIN bindings b ON b.id=j.binding LEFT JOIN (
    SELECT job, sum(on_whatsapp) AS on_whatsapp, sum(business) AS business,
        sum(not_on_whatsapp) AS not_on_whatsapp, sum(failed) AS failed, sum(pending) AS pending,
        sum(charged) AS charged, max(last_poll) AS last_poll, min(submitted) AS started,
        min(CASE state WHEN '{BatchState.PROCESSING}' THEN next_poll END) AS next_poll,
        min(CASE WHEN state IN ('{BatchState.PROCESSING}', '{BatchState.UNREACHABLE}') THEN submitted END)
            AS unfetched_since,
        min(CASE state WHEN '{BatchState.PROCESSING}' THEN trouble END) AS trouble,
        max(completed) AS completed, sum(CASE WHEN state<>'{BatchState.RELEASED}' THEN size END) AS in_batches
        {_STATES}
    FROM batches {{0}} GROUP BY job) a ON a.job=j.id LEFT JOIN (
    SELECT f.job AS follower, sum(f.pending) AS under_way, group_concat(DISTINCT f.payer) AS payers,
        min(CASE p.state WHEN '{BatchState.PROCESSING}' THEN p.next_poll END) AS payers_poll
    FROM (SELECT * FROM follows {{0}}) f LEFT JOIN batches p ON p.job=f.payer AND p.seq=f.seq GROUP BY f.job
) w ON w.follower=j.id LEFT JOIN wishes e ON e.job=j.id
WHERE j.ready=1
"""
JOBS = _JOBS.format("", "")
"""Every job with the totals of its batches."""
JOB = f"{_JOBS.format('WHERE job=?1', '')} AND j.id=?1"
"""One job; without the second condition SQLite would add up the batches of all."""
_DONE = (BatchState.COMPLETED, BatchState.LOST, BatchState.RELEASED)
_OPEN = ",".join(f"'{state}'" for state in BatchState if state not in _DONE)
_TOTAL = ", (SELECT count(*) FROM jobs WHERE ready=1) AS total"
FOREMOST_JOBS = f"""
WITH foremost AS (
    SELECT id FROM (SELECT id FROM jobs WHERE ready=1 ORDER BY id DESC LIMIT ?1) newest
    UNION SELECT job FROM batches WHERE state IN ({_OPEN})
    UNION SELECT job FROM follows
) {_JOBS.format("WHERE job IN (SELECT id FROM foremost)", _TOTAL)} AND j.id IN (SELECT id FROM foremost)
"""
"""All jobs that are not complete, and the newest ?1 of all; last, how many jobs exist."""

ANSWER = ", ".join(COLUMNS)
"""The columns of ``numbers`` that an `Answer` is made of."""
RESULTS = f"""
SELECT json_group_array(json_array(idx, number, batch, json_array({ANSWER}), json(was)))
FROM (SELECT idx, number, batch, {ANSWER}, (SELECT json_array(e.on_whatsapp, e.business) FROM earlier e
    WHERE e.job=numbers.job AND e.idx=numbers.idx) AS was FROM numbers WHERE job=?{{}}) shown
"""
"""The results of a job that a condition selects, all in one row: after each row Python lets other threads
run, so a page of a hundred rows would wait a hundred times while a poll is being stored."""


def binding_row(c: Connection, binding: Binding) -> int:
    """Return the row ID of a binding, stored now if it is new; `c` is in a transaction."""
    values = (binding.base_url, binding.fingerprint)
    c.execute("INSERT INTO bindings (base_url, fingerprint) VALUES (?,?) ON CONFLICT DO NOTHING", values)
    found = c.execute("SELECT id FROM bindings WHERE base_url=? AND fingerprint=?", values).fetchone()
    return int(found["id"])


def problem_from(text: str | None) -> Problem | None:
    """Return the `Problem` in a column. None means there is none."""
    return None if text is None else msgspec.json.decode(text, type=Problem)


def to_json(value: Problem | None) -> str | None:
    """Return a `Problem` as a column stores it. None means there is none."""
    return None if value is None else msgspec.json.encode(value).decode()


def job_state(batches: dict[BatchState, int], *, paused: bool, held: bool, under_way: int = 0) -> JobState:
    """Derive the state of a job from how many of its batches are in which state.

    Numbers `under_way` in batches of other jobs are processing as far as this job is concerned.
    """
    left = batches.get(BatchState.PLANNED, 0) + batches.get(BatchState.SENDING, 0)
    if any(batches.get(state) for state in _ATTENTION):
        return JobState.ATTENTION
    if left and paused:
        return JobState.PAUSED
    if left and held:
        return JobState.WAITING
    if left == sum(batches.values()) and left and not batches.get(BatchState.SENDING):
        return JobState.PLANNED
    if left:
        return JobState.SUBMITTING
    return JobState.PROCESSING if batches.get(BatchState.PROCESSING) or under_way else JobState.COMPLETED


def job_from(row: Row, *, shared: bool, more: int = 0) -> Job:
    """Return the job that a row of `JOBS` describes; it says who made it only where others could have.

    The row may have so many `more` columns at its end.
    """
    end = len(row) - more
    return _job(tuple(row.keys())[:end], tuple(row)[:end], shared)


@lru_cache(4096)
def _job(names: tuple[str, ...], values: tuple[Any, ...], shared: bool) -> Job:
    """Return the same job for the same row: all are read at each look, and hardly any has changed since."""
    row = dict(zip(names, values, strict=True))
    batches = {state: n for state, column in _COUNTED if (n := row[column])}
    hold = problem_from(row["hold"])
    under_way = row["under_way"] or 0
    state = job_state(batches, paused=bool(row["paused"]), held=hold is not None, under_way=under_way)
    reused, reused_on = row["reused"], row["reused_on_whatsapp"]
    ends = [end for end in (row["completed"], row["followed"]) if end is not None]
    finished = max(ends, default=row["created"]) if state is JobState.COMPLETED else None
    polls = [poll for poll in (row["next_poll"], row["payers_poll"]) if poll is not None]
    return Job(
        id=row["id"],
        name=row["name"],
        source=row["source"],
        binding=Binding(row["base_url"], row["fingerprint"]),
        profile=row["profile"],
        created=row["created"],
        state=state,
        rows=row["rows"],
        blank=row["blank"],
        rejected=row["rejected"],
        duplicates=row["duplicates"],
        numbers=row["numbers"],
        reused=reused,
        # A released batch's numbers belong to the batch that replaces it.
        left_out=row["numbers"] - reused - under_way - row["failed_elsewhere"] - (row["in_batches"] or 0),
        paused=bool(row["paused"]),
        hold=hold,
        hold_until=row["hold_until"],
        counts=Counts(
            on_whatsapp=(row["on_whatsapp"] or 0) + reused_on,
            business=(row["business"] or 0) + row["reused_business"],
            not_on_whatsapp=(row["not_on_whatsapp"] or 0) + reused - reused_on,
            failed=(row["failed"] or 0) + row["failed_elsewhere"],
            pending=(row["pending"] or 0) + under_way,
        ),
        charged=row["charged"] or 0,
        batches=batches,
        last_poll=row["last_poll"],
        next_poll=min(polls, default=None),
        started=row["started"],
        unfetched_since=row["unfetched_since"],
        finished=finished,
        error=problem_from(row["error"]) or hold,
        retry_of=row["retry_of"],
        under_way=under_way,
        failed_elsewhere=row["failed_elsewhere"],
        follows=tuple(sorted(int(payer) for payer in (row["payers"] or "").split(",") if payer)),
        trouble=problem_from(row["trouble"]),
        recheck_of=row["recheck_of"],
        wish=_wish(row),
        by=row["who"] if shared else "",
    )


def _wish(row: dict[str, Any]) -> Wish | None:
    if row["wish"] is None:
        return None
    files = msgspec.json.decode(row["wish_files"], type=tuple[WrittenFile, ...])
    return Wish(row["wish"], row["wish_written"], files, problem_from(row["wish_problem"]))


def batch_from(row: Row) -> Batch:
    """Return the batch that a row of `BATCHES` describes."""
    return Batch(
        job=row["job"],
        seq=row["seq"],
        state=BatchState(row["state"]),
        first=row["first"],
        size=row["size"],
        digest=row["digest"],
        batch_id=row["batch_id"],
        submitted=row["submitted"],
        completed=row["completed"],
        last_poll=row["last_poll"],
        next_poll=row["next_poll"],
        attempts=row["attempts"],
        charged=row["charged"],
        balance_before=row["balance_before"],
        replaces=row["replaces"],
        counts=Counts(
            on_whatsapp=row["on_whatsapp"],
            business=row["business"],
            not_on_whatsapp=row["not_on_whatsapp"],
            failed=row["failed"],
            pending=row["pending"],
        ),
        error=problem_from(row["error"]),
        trouble=problem_from(row["trouble"]),
        received=row["received"] or "",
    )


def results_from(row: Row | None) -> list[Result]:
    """Return the results that the row of `RESULTS` describes."""
    if row is None or row[0] is None:
        return []
    return msgspec.json.decode(row[0], type=list[Result], strict=False)  # a column holds 1 for true


@lru_cache(1_000)  # most numbers of a job have one of a few answers
def values_of(answer: Answer) -> tuple[str | int | None, ...]:
    """Return the columns of `ANSWER` for an answer.

    SQLite's module binds plain types in half the time of a subclass, such as an enumeration or a bool.
    """
    return tuple(
        str(value) if isinstance(value, str) else int(value) if isinstance(value, bool) else value
        for value in astuple(answer)
    )


def answer_from(values: Sequence[object]) -> Answer:
    """Return the answer that the columns of `ANSWER` hold."""
    return msgspec.convert(values, Answer, strict=False)  # a column holds 1 for true
