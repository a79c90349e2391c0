from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.answers import (
    fields_of,
    read_balance,
    read_batch,
    read_check,
    read_submitted,
    usable_id,
)
from pwl_tui.api.models import Balance, BatchAnswer, Check, NumberAnswer, Submitted
from pwl_tui.api.tolerant import Fields

DOCUMENTED_POLL: dict[str, Any] = {
    "batch_id": "550e8400",
    "status": "processing",
    "total_numbers": 4,
    "completed": 2,
    "failed": 0,
    "pending": 2,
    "results": [
        {
            "phone_number": "+14155552671",
            "status": "completed",
            "wa_status": "VALID_CONFIRMED",
            "numberstatus": True,
            "businessnumber": False,
            "formatted_number": "+14155552671",
            "carrier": "T-Mobile",
            "country": "US",
        },
        {"phone_number": "+919876543210", "status": "pending"},
    ],
}


def poll(**changes: object) -> BatchAnswer:
    answer = read_batch(DOCUMENTED_POLL | changes, "550e8400")
    assert answer is not None
    return answer


def number(*, done: bool = False, **fields: object) -> Answer:
    status = "completed" if done else "processing"
    return poll(status=status, results=[{"phone_number": "+14155552671"} | fields]).results[0].answer


def test_the_documented_poll() -> None:
    assert poll() == BatchAnswer(
        batch_id="550e8400",
        done=False,
        status="processing",
        total_numbers=4,
        completed=2,
        failed=0,
        pending=2,
        results=[
            NumberAnswer("+14155552671", Answer(Outcome.COMPLETED, True, False, "T-Mobile", "US")),
            NumberAnswer("+919876543210", Answer(Outcome.PENDING)),
        ],
    )


@pytest.mark.parametrize(
    ("done", "fields", "outcome", "on_whatsapp"),
    [
        (False, {"status": "completed", "wa_status": "VALID_CONFIRMED"}, "completed", True),
        (False, {"status": "completed", "wa_status": "INVALID"}, "completed", False),
        (False, {"status": "completed", "numberstatus": True}, "completed", True),
        (False, {"status": "completed", "wa_status": "INVALID", "numberstatus": True}, "completed", False),
        (False, {"status": "completed", "wa_status": "NEW_WORD", "numberstatus": False}, "completed", False),
        (False, {"status": "completed", "wa_status": "NEW_WORD"}, "completed", None),
        (False, {"status": "verified", "numberstatus": False}, "completed", False),
        (False, {"numberstatus": True}, "completed", True),
        (False, {"wa_status": "valid_confirmed"}, "completed", True),
        (False, {"wa_status": " Invalid "}, "completed", False),
        (False, {"wa_status": None, "numberstatus": "true"}, "completed", True),
        (False, {"status": "completed", "numberstatus": "FALSE"}, "completed", False),
        (False, {"status": "processing", "wa_status": "PENDING"}, "pending", None),
        (False, {"status": "processing", "wa_status": ""}, "pending", None),
        (False, {"status": "in_progress", "numberstatus": False}, "pending", None),
        (False, {"wa_status": "NEW_WORD"}, "pending", None),
        (False, {"numberstatus": 1}, "pending", None),
        (True, {"wa_status": "NEW_WORD"}, "completed", None),
        (True, {"numberstatus": 1}, "completed", None),
        (True, {"wa_status": " "}, "failed", None),
        (True, {"wa_status": True}, "completed", None),
        (True, {"wa_status": ["INVALID"]}, "completed", None),
        (False, {"status": "unprocessed", "wa_status": "UNKNOWN"}, "pending", None),
        (False, {"status": "not completed", "wa_status": "UNKNOWN"}, "pending", None),
        (False, {"status": "allDone", "wa_status": "UNKNOWN"}, "completed", None),
        (False, {"status": "completed"}, "pending", None),
        (False, {"status": "queued"}, "pending", None),
        (False, {}, "pending", None),
        (False, {"status": "pending", "numberstatus": False}, "pending", None),
        (False, {"status": "failed"}, "failed", None),
        (False, {"status": "lookup_error"}, "failed", None),
        (False, {"status": "failed", "numberstatus": False}, "failed", None),
        (True, {"status": "pending"}, "pending", None),
        (True, {"status": "waiting", "wa_status": "NEW_WORD"}, "completed", None),
        (True, {"status": "completed"}, "failed", None),
        (True, {"status": "pending", "numberstatus": True}, "completed", True),
    ],
)
def test_what_became_of_a_number(
    done: bool, fields: dict[str, object], outcome: str, on_whatsapp: bool | None
) -> None:
    answer = number(done=done, **fields)
    assert (answer.outcome, answer.on_whatsapp) == (outcome, on_whatsapp)


def test_a_word_that_cannot_be_read_is_kept() -> None:
    assert number(done=True, wa_status="NEW_\nWORD").note == "the service said NEW_ WORD"
    assert number(done=True, wa_status="NEW_WORD", numberstatus=True).note == ""


def test_a_failed_number_says_why() -> None:
    assert number(status="failed", error="No route\n", carrier="X").note == "No route"
    assert number(status="failed", error={"code": 1}).note == "the service gave no reason"


@pytest.mark.parametrize("odd", [None, 5, "5", ["x"], {"a": 1}])
def test_optional_fields_of_any_type_do_no_harm(odd: object) -> None:
    answer = poll(total_numbers=odd, completed=odd, failed=odd, pending=odd, news=odd, results=[odd])
    assert answer.total_numbers == (5 if odd == 5 else None)
    one = number(numberstatus=True, businessnumber=odd, carrier=odd, country=odd, status=odd, more=odd)
    assert (one.outcome, one.business) == ("completed", None)
    assert one.carrier == ("5" if odd == "5" else "")


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_id": "another"},
        {"batch_id": None},
        {"status": None, "results": None},
        {"status": "error", "results": None},  # of the call, perhaps
        {"status": "completed", "results": None},  # an end without answers would make failures of them all
    ],
)
def test_what_is_no_poll_of_this_batch(changes: dict[str, object]) -> None:
    assert read_batch(DOCUMENTED_POLL | changes, "550e8400") is None


def test_a_poll_before_there_are_results() -> None:
    assert poll(results=None).results == []


ANSWERED = DOCUMENTED_POLL["results"][:1]


@pytest.mark.parametrize(
    ("status", "pending", "results", "done", "ended_early"),
    [
        ("completed", 2, None, True, False),
        ("Completed", 2, None, True, False),
        ("done", 0, None, True, False),
        ("FINISHED", 0, None, True, False),
        ("success", 0, None, True, False),
        ("partially_completed", 0, None, True, False),
        ("completed_with_errors", 0, None, True, False),
        ("completedWithErrors", 0, None, True, False),
        ("done", None, ANSWERED, True, False),
        ("done", 2, None, False, False),
        ("done", None, None, False, False),
        ("success", 2, None, False, False),  # of the call
        ("partially_completed", 2, None, False, False),  # so far
        ("failed", 2, None, True, True),
        ("Cancelled", 2, None, True, True),
        ("expired", None, None, True, True),
        ("finishing", 0, None, False, False),
        ("processing", 0, None, False, False),
        ("en cours", 2, None, False, False),
        (None, 2, None, False, False),
    ],
)
def test_whether_more_answers_come_by_the_batchs_own_word(
    status: str | None, pending: int | None, results: object, done: bool, ended_early: bool
) -> None:
    answer = poll(status=status, pending=pending, results=results or DOCUMENTED_POLL["results"])
    assert (answer.done, answer.ended_early) == (done, ended_early)


def test_a_batch_may_fail_before_there_are_results() -> None:
    answer = poll(status="failed", results=None)
    assert (answer.done, answer.ended_early, answer.results) == (True, True, [])


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("+14155552671", "+14155552671"),
        (14155552671, "14155552671"),
        (14155552671.0, "14155552671"),
        ("+1 415\u00a0555 2671\u200e", "+1 415 555 2671"),
        (True, ""),
        (1.5, ""),
        (float("nan"), ""),
        (None, ""),
        (["+14155552671"], ""),
    ],
)
def test_a_number_may_be_a_number(value: object, number: str) -> None:
    assert poll(results=[{"phone_number": value}]).results[0].number == number
    assert poll(results=[{"formatted_number": value}]).results[0].other == number
    assert poll(results=[{"phone_number": value, "formatted_number": value}]).results[0].number == number


def test_results_that_are_none_are_counted() -> None:
    answer = poll(results=[*DOCUMENTED_POLL["results"], None, 5, "x"])
    assert (len(answer.results), answer.unreadable) == (2, 3)


@pytest.mark.parametrize(
    ("value", "batch_id"),
    [
        ("550e8400-e29b", "550e8400-e29b"),
        (77, "77"),
        ("a/../b?c#d", "a/../b?c#d"),
        ("x" * 200, "x" * 200),
        ("x" * 201, None),
        ("", None),
        ("..", None),
        ("a\x1b[2J", None),
        (" a", None),
        (True, None),
        (None, None),
        (["a"], None),
    ],
)
def test_which_ids_can_be_kept(value: object, batch_id: str | None) -> None:
    assert usable_id(value) == batch_id
    submitted = read_submitted({"batch_id": value})
    assert submitted == (None if batch_id is None else Submitted(batch_id, None, ""))


@pytest.mark.parametrize(
    ("total", "kept"),
    [(3, 3), ("3", None), (None, None), (True, None), (-1, None), (2**62, None), (2**63, None)],
)
def test_a_submission_with_an_odd_count_is_still_one(total: object, kept: int | None) -> None:
    assert read_submitted({"batch_id": "b", "total_numbers": total, "status": "processing"}) == Submitted(
        "b", kept, "processing"
    )


@pytest.mark.parametrize(
    ("fields", "balance"),
    [
        ({"balance": 48_210, "service": "wavalidation"}, Balance("wavalidation", 48_210)),
        ({"balance": 0}, Balance("wavalidation", 0)),
        ({"balance": "many"}, None),
        ({"balance": True}, None),
        ({"balance": 10**15 - 1}, Balance("wavalidation", 10**15 - 1)),
        ({"balance": 2**63}, None),
        ({"service": "wavalidation"}, None),
    ],
)
def test_balance(fields: Fields, balance: Balance | None) -> None:
    assert read_balance(fields, "wavalidation") == balance


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        (
            {
                "status": "VALID_CONFIRMED",
                "formatted_number": "+14155552671",
                "linetype": "mobile",
                "carrier": "T-Mobile",
                "countrycode": "US",
                "timezone": ["America/New_York"],
                "numberstatus": True,
                "businessnumber": True,
            },
            Check("+14155552671", Answer(Outcome.COMPLETED, True, True, "T-Mobile", "US"), "mobile"),
        ),
        ({"status": "INVALID"}, Check("", Answer(Outcome.COMPLETED, False), "")),
        ({"numberstatus": True}, Check("", Answer(Outcome.COMPLETED, True), "")),
        ({"status": "Valid confirmed"}, Check("", Answer(Outcome.COMPLETED, True), "")),
        ({"numberstatus": "False"}, Check("", Answer(Outcome.COMPLETED, False), "")),
        (
            {"status": "UNSURE", "formatted_number": "+1"},
            Check("+1", Answer(Outcome.COMPLETED, note="the service said UNSURE"), ""),
        ),
        ({"status": "ok"}, None),
        ({}, None),
    ],
)
def test_check(fields: Fields, check: Check | None) -> None:
    assert read_check(fields) == check


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"balance": 1}', {"balance": 1}),
        (b'{"isSuccess": true, "data": {"balance": 1}}', {"balance": 1}),
        (b'{"isSuccess": true, "data": 3}', {"isSuccess": True, "data": 3}),
        (b'{"data": {"balance": 1}}', {"data": {"balance": 1}}),
        (b"[]", {}),
        (b"null", {}),
        (b"", {}),
        (b"<html>", {}),
        (b'{"balance": 1', {}),
        (b"[" * 100_000, {}),
    ],
)
def test_the_fields_of_a_body(body: bytes, fields: Fields) -> None:
    assert fields_of(body) == fields


_texts = st.text() | st.sampled_from(["completed", "pending", "failed", "INVALID", "+14155552671"])
_values = _texts | st.none() | st.booleans() | st.integers() | st.lists(st.integers(), max_size=1)
_results = st.dictionaries(
    st.sampled_from(["phone_number", "status", "wa_status", "numberstatus", "carrier", "error"]), _values
)


@given(
    st.dictionaries(st.sampled_from(["total_numbers", "failed", "more"]), _values),
    st.booleans(),
    st.lists(_results),
)
def test_any_poll_is_read_and_safe_to_show(fields: Fields, done: bool, results: list[Fields]) -> None:
    status = "completed" if done else "processing"
    answer = read_batch({**fields, "batch_id": "b", "status": status, "results": results}, "b")
    assert answer
    assert len(answer.results) == len(results)
    for one in answer.results:
        known = one.answer
        texts = (one.number, known.carrier, known.country, known.note)
        assert all(text.isprintable() for text in texts)
        assert known.outcome == "completed" or known.on_whatsapp is known.business is None
        assert not (done and known.outcome == "pending")
