"""JSON that breaks the standard is read as far as it can be; what was cut off is not taken for a whole."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pwl_tui.api.tolerant import salvaged, whole

RESULTS = [
    {
        "phone_number": f"+1415555{place:04}",
        "status": "completed",
        "numberstatus": True,
        "carrier": "T-Mobile",
    }
    for place in range(12)
]
ANSWER: dict[str, Any] = {
    "batch_id": "550e8400",
    "status": "completed",
    "total_numbers": 12,
    "pending": 0,
    "results": RESULTS,
}
TEXT = json.dumps(ANSWER)

NEVER_IN_DOUBT: dict[str, bytes] = {
    "as it should be": TEXT.encode(),
    "bom": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 without bom": TEXT.encode("utf-16-le"),
    "utf-32": TEXT.encode("utf-32"),
    "nul padding": TEXT.encode() + b"\x00\x00",
    "a field twice": TEXT.replace("{", '{"status": "processing", ', 1).encode(),
}
WITH_A_FIELD: dict[str, tuple[bytes, object]] = {
    "infinity": (b"-Infinity", float("-inf")),
    "a number without end": (b"1e999", float("inf")),
    "latin-1": (b'"S\xe3o Paulo"', "S\xe3o Paulo"),
    "latin-1 beside utf-8": ('"S\xe3o"'.encode()[:-1] + b' \xe9"', "S\xe3o \xe9"),
    "lone surrogate": (b'"\\ud83d"', "\ud83d"),
    "control characters": (b'"a\x01\n\tb"', "a\x01\n\tb"),
}
AROUND: dict[str, bytes] = {
    "after": TEXT.encode() + b"\n<!-- cache 3 -->",
    "twice": TEXT.encode() + TEXT.encode(),
    "before": b"<br />\n<b>Warning</b>: slow\n" + TEXT.encode(),
    "guard": b")]}',\n" + TEXT.encode(),
    "call": b"callback(" + TEXT.encode() + b");",
    "in a list": b"[" + TEXT.encode() + b"]",
    "in a string": json.dumps(TEXT).encode(),
}


@pytest.mark.parametrize("body", NEVER_IN_DOUBT.values(), ids=NEVER_IN_DOUBT)
@pytest.mark.parametrize("read", [whole, salvaged])
def test_what_leaves_no_doubt_is_read(body: bytes, read: Callable[[bytes], object]) -> None:
    assert read(body) == ANSWER


@pytest.mark.parametrize(("raw", "value"), WITH_A_FIELD.values(), ids=WITH_A_FIELD)
def test_an_odd_field_costs_no_other(raw: bytes, value: object) -> None:
    body = TEXT.encode().replace(b"{", b'{"more": ' + raw + b", ", 1)
    assert whole(body) == salvaged(body) == {"more": value, **ANSWER}


@pytest.mark.parametrize("body", AROUND.values(), ids=AROUND)
def test_what_stands_around_an_answer_is_passed_over_but_not_around_an_error(body: bytes) -> None:
    assert salvaged(body) == ANSWER
    assert whole(body) == {}


@pytest.mark.parametrize("body", [b"", b"  ", b"null", b"[]", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_object_is_nothing(body: bytes) -> None:
    assert whole(body) == salvaged(body) == {}


@pytest.mark.parametrize("body", [b'{"a":' * 200_000, b'{"a": "' * 200_000 + b"]}"], ids=["deep", "long"])
def test_a_hostile_answer_is_given_up_soon(body: bytes) -> None:
    assert not salvaged(body).get("batch_id")


@given(st.integers(0, len(TEXT) - 1))
@example(TEXT.index("}") + 1)
def test_an_answer_that_was_cut_off_is_not_read(length: int) -> None:
    assert "results" not in salvaged(TEXT[:length].encode())


@given(st.data())
def test_damage_within_one_result_leaves_all_others_read(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RESULTS) - 1), "result")
    raw = json.dumps(RESULTS[place])
    begin = data.draw(st.integers(0, len(raw) - 1), "from")
    end = data.draw(st.integers(begin, min(begin + 20, len(raw))), "to")
    # Letters and digits: a piece of JSON could be made to swallow a neighbor, but no accident does that.
    noise = data.draw(st.binary(max_size=8).filter(lambda some: not set(some) & set(b'"\\[]{}:,')), "noise")
    damaged = raw[:begin].encode() + noise + raw[end:].encode()
    before, after = TEXT.encode().split(raw.encode())
    fields = salvaged(before + damaged + after)
    assert {**fields, "results": None} == {**ANSWER, "results": None}
    intact = [one for at, one in enumerate(RESULTS) if at != place]
    assert [one for one in fields["results"] if one in intact] == intact


def test_what_cannot_be_read_is_counted() -> None:
    body = TEXT.replace('"status": "completed", "numb', '"status": "completed, "numb', 2).encode()
    assert salvaged(body)["results"].count(None) == 2
    trailing = TEXT.replace("]}", ",]}").encode()
    assert salvaged(trailing) == {**ANSWER, "results": [*RESULTS, None]}


def test_results_that_are_not_found_are_not_taken_for_none() -> None:
    assert salvaged(TEXT.replace('"results"', '"resul"ts"').encode())["results"] == [None]
