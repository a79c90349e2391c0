"""The key, said back by the service, is in nothing that a call returns or raises."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import Submitted
from pwl_tui.secret import MASK, Redactor, Secret, redact
from tests.bench.poll_intake import body_of
from tests.notations import NOTATIONS

KEY = "pk+live/7f=3a&9c_Zq"
NUMBER = "+14155552671"
ID = "550e8400-e29b-41d4-a716-446655440000"


def client_of(response: httpx.Response, key: str = KEY) -> Client:
    return Client("https://lookup.test", Secret(key), transport=httpx.MockTransport(lambda _: response))


def polled(result: dict[str, Any], key: str = KEY, **fields: Any) -> Any:
    body = {"batch_id": "b-1", "status": "completed", "results": [result], **fields}
    return client_of(httpx.Response(200, json=body), key).poll("b-1")


def answer(**fields: Any) -> dict[str, Any]:
    return {
        "phone_number": NUMBER,
        "status": "completed",
        "wa_status": "VALID_CONFIRMED",
        "numberstatus": True,
        "carrier": "T-Mobile",
        "country": "US",
        **fields,
    }


CALLS: list[Callable[[Client], object]] = [
    lambda client: client.balance(),
    lambda client: client.poll("b-1"),
    lambda client: client.submit([NUMBER]),
    lambda client: client.check(NUMBER),
]


def everything(said: str) -> dict[str, Any]:
    """Say something in every field that any answer has, in names and far within."""
    return {
        said: said,
        "batch_id": "b-1",
        "balance": 7,
        "service": f"Service {said}",
        "status": f"completed {said}",
        "total_numbers": 1,
        "pending": 0,
        "formatted_number": f"{NUMBER} {said}",
        "numberstatus": True,
        "carrier": said,
        "linetype": f"<{said}>",
        "countrycode": said,
        "message": said,
        "data": {"nested": [{said: [said]}]},
        "results": [
            answer(
                carrier=f"Carrier {said}", country=said, formatted_number=said, status=f"completed/{said}"
            ),
            answer(phone_number=f"{said} {NUMBER}", status="failed", error=f"No such key: {said}"),
        ],
    }


def outcome(call: Callable[[Client], object], response: httpx.Response) -> str:
    """Return all that a call returns or raises, as text."""
    try:
        return repr(call(client_of(response)))
    except ApiError as error:
        return f"{error} {error.problem!r} {error.received} {error.reply!r}"


@pytest.mark.parametrize(
    "notation",
    # One in three each time, and all of them in the slow set.
    [
        pytest.param(notation, marks=() if place % 3 == 0 else pytest.mark.slow)
        for place, notation in enumerate(NOTATIONS)
    ],
)
def test_no_answer_and_no_error_has_the_key_in_it(notation: str) -> None:
    said = NOTATIONS[notation](KEY)
    fields = everything(said)
    raw = json.dumps(fields, ensure_ascii=False)
    # Where the notation is JSON's own, the service's encoder is not to write it once more.
    bodies = [raw.encode(), raw.replace("\\\\", "\\").encode(), raw.encode("utf-16"), raw.encode()[:-20]]
    bodies += [f"<p>Refused {said}</p>".encode(), json.dumps({"error": said, "message": said}).encode()]
    headers = {"X-Batch-Key": said.encode("ascii", "ignore").decode().replace("\r\n", ""), "Location": "/?k"}
    for call in CALLS:
        for body in bodies:
            for status in (200, 302, 400):
                came = outcome(call, httpx.Response(status, content=body, headers=headers))
                assert redact(came, Secret(KEY)) == came
                assert KEY not in came


@given(
    st.lists(
        st.sampled_from(["{}", "%{:02x}", "%{:02X}", "\\u{:04x}", "&#{};", "&#x{:X};", "%25{:02x}"]),
        min_size=19,
    )
)
def test_each_character_may_be_written_in_a_way_of_its_own(forms: list[str]) -> None:
    said = "".join(
        letter if form == "{}" else form.format(ord(letter)) for form, letter in zip(forms, KEY, strict=False)
    )
    assert polled(answer(carrier=f"Carrier {said} US")).results[0].answer.carrier == "Carrier ••• US"


def test_what_is_around_it_is_kept() -> None:
    came = polled(answer(carrier=f"Vodafone {KEY} Ltd.", formatted_number=f"{NUMBER} {KEY}"))
    (one,) = came.results
    assert (one.number, one.other, one.answer.carrier) == (NUMBER, "+14155552671 •••", "Vodafone ••• Ltd.")
    assert one.answer.on_whatsapp


def test_a_number_in_place_of_which_the_key_is_said_costs_no_answer() -> None:
    body = {"status": "VALID_CONFIRMED", "formatted_number": KEY, "numberstatus": True}
    check = client_of(httpx.Response(200, json=body)).check(NUMBER)
    assert (check.number, check.answer.on_whatsapp) == ("", True)
    assert polled(answer(formatted_number=KEY)).results[0].other == ""


def test_an_id_with_the_key_in_it_is_none_and_the_batch_is_in_doubt() -> None:
    for batch_id in (KEY, f"b-{KEY}-1"):
        with pytest.raises(ApiError) as failure:
            client_of(httpx.Response(202, json={"batch_id": batch_id, "total_numbers": 1})).submit([NUMBER])
        assert failure.value.problem.charged == "unknown"
        assert failure.value.reply.ids == ()
        assert KEY not in failure.value.reply.text


@pytest.mark.parametrize(
    "key", ["4155", "1", "US", "b-1", "14155552671", "+14155552671", "550e", "e29b", "VALID"]
)
def test_a_weak_key_destroys_no_answer(key: str) -> None:
    came = polled(answer(formatted_number="+1 415 555 2671"), key)
    (one,) = came.results
    assert (one.number, one.other) == (NUMBER, "+1 415 555 2671")
    assert (one.answer.on_whatsapp, one.answer.country) == (True, "US")
    accepted = {"batch_id": ID, "total_numbers": 1, "status": "processing"}
    assert client_of(httpx.Response(202, json=accepted), key).submit([NUMBER]) == Submitted(
        ID, 1, "processing"
    )
    cut = httpx.Response(202, content=json.dumps(accepted).encode()[:-3])
    with pytest.raises(ApiError) as failure:
        client_of(cut, key).submit([NUMBER])
    assert failure.value.reply.ids == (ID,)


@pytest.mark.parametrize("key", ["4155", "tEst", "14155552671"])
def test_a_weak_key_is_taken_out_as_a_word_of_its_own(key: str) -> None:
    note = f"The key {key} is unknown (contest-{key}-x {key}0)."
    one = polled(answer(status="failed", error=note, carrier=key), key).results[0]
    assert one.answer.note == f"The key ••• is unknown (contest-{key}-x {key}0)."


def test_digits_that_are_longer_than_a_number_are_a_key_like_any_other() -> None:
    key = "31415926535897932384"
    assert polled(answer(carrier=f"x{key}x", error=int(key)), key).results[0].answer.carrier == "x•••x"


def test_most_answers_need_no_second_look() -> None:
    redactor = Redactor(Secret(KEY))
    body = body_of("b-1", 14_155_550_000)
    assert not redactor.may_be_in(body)
    assert not redactor.may_be_in(body.replace(b"T-Mobile", "Telefónica & AT&T".encode()))
    assert redactor.may_be_in(body.replace(b"T-Mobile", KEY.encode(), 1))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_an_answer_without_the_key_stays_as_it_is(value: Any) -> None:
    assert Redactor(Secret(KEY)).values(value) == value


@given(json_values, st.sampled_from(sorted(NOTATIONS)), st.booleans())
def test_no_value_keeps_it_and_what_is_skipped_has_none(value: Any, notation: str, escaped: bool) -> None:
    said = {"a": [value, {"b": f"x{NOTATIONS[notation](KEY)}y"}]}
    encoded = json.dumps(said, ensure_ascii=escaped).encode("utf-8", "replace")
    redactor = Redactor(Secret(KEY))
    assert redactor.may_be_in(encoded)
    assert MASK in str(redactor.values(msgspec.json.decode(encoded)))
    assert not re.search(re.escape(KEY), str(redactor.values(said)), re.IGNORECASE)


@pytest.mark.parametrize("spelled", [list(KEY), [KEY[:9], KEY[9:]] * 4])
def test_a_list_that_spells_it_is_masked(spelled: list[Any]) -> None:
    assert Redactor(Secret(KEY)).values({"a": spelled, "b": 1}) == {"a": [MASK], "b": 1}


CODES = [ord(letter) for letter in KEY]


def nested(depth: int) -> dict[str, Any]:
    """Return codes of most of the key in an object in codes in an object, and so on."""
    inner: dict[str, Any] = {}
    for n in range(depth):
        inner = {"x": [*CODES[1:9], n, inner]}
    return inner


@pytest.mark.parametrize(
    "spelled",
    [
        CODES,
        {"type": "Buffer", "data": CODES},
        {str(place): letter for place, letter in enumerate(KEY)},
        {str(place): code for place, code in enumerate(CODES)},
        [{"c": letter} for letter in KEY],
        [{"c": code} for code in CODES],
        [[letter] for letter in KEY],
        [[[code] for code in CODES[:9]], [[code] for code in CODES[9:]]],
        {"a": list(KEY[:9]), "b": list(KEY[9:])},
    ],
)
def test_a_structure_that_spells_it_is_masked_where_an_answer_is_shown(spelled: Any) -> None:
    said = json.dumps({"balance": 7, "error": {"why": "No such key as this", "x": spelled}})
    assert Redactor(Secret(KEY)).may_be_in(said.encode())
    came = redact(said, Secret(KEY))
    assert came.startswith('{"balance": 7, "error": {"why": "No such key as this", "x": ')
    assert MASK in came
    assert not re.search("9.{0,12}c.{0,12}_|57.{0,12}99.{0,12}95", came)


@given(
    st.lists(
        st.from_regex(r"\+[1-9]\d{6,14}", fullmatch=True).map(
            lambda number: {
                **answer(phone_number=number),
                "digits": list(number),
                "codes": list(number.encode()),
            }
        ),
        max_size=20,
    )
)
def test_lists_of_digits_and_codes_of_numbers_stay_as_they_are(results: list[dict[str, Any]]) -> None:
    said = {"batch_id": ID, "status": "completed", "results": results}
    assert Redactor(Secret(KEY)).values(said) == said


@pytest.mark.parametrize(
    "said",
    [
        {"error": "%2525252525" * 100_000},
        {"service": "&#37;25\\\\u0025" * 50_000},
        {"results": ["%25" * 20] * 10_000},
        {"results": [[{"c": 112}] * 20] * 10_000},
        nested(150),
        {"%25" * 1000 + str(n): n for n in range(100)},
    ],
)
def test_an_answer_that_is_full_of_escapes_is_masked_in_bounded_time(said: dict[str, Any]) -> None:
    began = time.process_time()
    came = Redactor(Secret(KEY)).values(said)
    assert time.process_time() - began < 20  # it took a minute and a gigabyte without a bound
    assert len(str(came)) <= len(str(said))
