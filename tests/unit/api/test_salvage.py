"""Whatever came with a 2xx of the paid call is kept, and an ID in it is found."""

import gzip
import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import Reply, Submitted
from pwl_tui.api.salvage import MAX_KEPT, ascii_in, body_in, ids_in, reply_of, submitted_in, unpacked
from pwl_tui.secret import Redactor, Secret, redact
from pwl_tui.simulator.faults import Rule
from pwl_tui.simulator.garble import GARBLES, Garble
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World
from tests.unit.fake_service import cut_off

KEY = "pk+live/7f=3a&9c"
ID = "550e8400-e29b-41d4-a716-446655440000"
OTHER = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
TRUE = json.dumps({"batch_id": ID, "total_numbers": 1, "status": "processing"}).encode()
READ_AS_USUAL: set[Garble] = {
    *("bom", "utf-16", "latin-1", "nan", "surrogate", "control", "result"),
    *("before", "after", "nested", "gzip label"),
}
"""Whole answers with one ID: whatever is around it, it is the service's word."""


def submit(response: httpx.Response) -> Submitted | Reply:
    """Return what the client makes of an answer."""
    transport = httpx.MockTransport(lambda _: response)
    with Client("https://lookup.test", Secret(KEY), transport=transport) as client:
        return outcome(client)


def outcome(client: Client) -> Submitted | Reply:
    try:
        return client.submit(["+14155552671"])
    except ApiError as error:
        failure = error
    assert failure.problem.charged == "unknown"
    return failure.reply


def ids_from(response: httpx.Response) -> set[str]:
    came = submit(response)
    return {came.batch_id} if isinstance(came, Submitted) else set(came.ids)


@pytest.mark.parametrize("kind", GARBLES)
def test_an_id_that_came_in_any_form_is_kept(kind: Garble) -> None:
    world = World()
    world.add_key(KEY, wavalidation=9)
    with Simulator(world, [Rule(call="submit", garbled=kind)]) as service:
        timeout = httpx.Timeout(0.3, connect=5.0)
        with Client(service.base_url, Secret(KEY), paid_timeout=timeout) as client:
            came = outcome(client)
    (batch_id,) = world.batches
    if kind in READ_AS_USUAL:
        assert came == Submitted(batch_id, 1, "processing")
    else:
        assert isinstance(came, Reply)
        assert batch_id in came.ids
        assert batch_id in came.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch_id": "%s", "data": {"batch_id": "%s"}}' % (ID.encode(), OTHER.encode()),
        b'{"batch_id": "%s", "batch_id": "%s"}' % (OTHER.encode(), ID.encode()),
        b'{"isSuccess": false, "batch_id": "%s"}{"batch_id": "%s"}' % (ID.encode(), OTHER.encode()),
    ],
)
def test_of_two_ids_none_is_believed_and_none_is_lost(body: bytes) -> None:
    came = submit(httpx.Response(202, content=body))
    assert isinstance(came, Reply)
    assert set(came.ids) == {ID, OTHER}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('{"batch_id": "b-1"}', ["b-1"]),
        ('{"batch_id": 42, "x"', ["42"]),
        ("{'batch_id': 'b-1'}", ["b-1"]),
        ("<batch_id>b-1</batch_id>", ["b-1"]),
        ("batch_id=b-1&status=processing", ["b-1"]),
        ('"{\\"batchId\\": \\"b-1\\"}"', ["b-1"]),
        ("&quot;batch_id&quot;:&quot;b-1&quot;", ["b-1"]),
        ('{"batch_id": "a/b ü"}', ["a/b ü"]),
        ('{"batch_id": "b-1', ["b-1"]),
        (f'{{"batch_id": "{ID[:20]}', []),
        (f'tch_id": "{ID}', [ID]),
        (f'{{"batch_id": "{ID}", "request_id": "{OTHER}"', [ID, OTHER]),
        ('{"batch_id": null}', []),
        ('{"batch_id": "", "status": "processing"}', []),
        ('{"batch_id": NaN}', []),
        ("No batch_id is known.", []),
        ('{"batch_id": "caf\ufffd"}', []),
        ("", []),
    ],
)
def test_what_may_be_an_id_in_a_text(text: str, ids: list[str]) -> None:
    assert ids_in(text) == ids


def test_what_is_not_called_an_id_does_not_count_where_nothing_was_accepted() -> None:
    page = f"<h1>502</h1> Request {OTHER}".encode()
    assert submit(httpx.Response(502, content=page)) == Reply(page.decode(), ())
    assert ids_from(httpx.Response(502, content=TRUE)) == {ID}


def test_an_id_in_the_location_counts() -> None:
    response = httpx.Response(202, headers={"location": f"/api/v1/wavalidation/batch/{ID}"})
    assert ids_from(response) == {ID}


def test_an_error_with_an_id_that_came_with_a_success_is_in_doubt() -> None:
    body = {"isSuccess": False, "errors": {"code": "AUTH_004"}, "note": f"batch {ID}"}
    came = submit(httpx.Response(202, json=body))
    assert isinstance(came, Reply)
    assert came.ids == (ID,)


@pytest.mark.parametrize("status", [303, 307])
def test_a_redirect_to_the_batch_has_its_id(status: int) -> None:
    response = httpx.Response(status, headers={"location": f"/api/v1/wavalidation/batch/{ID}"})
    assert ids_from(response) == {ID}


@pytest.mark.parametrize("status", [400, 403, 409, 422, 429])
def test_a_refusal_with_the_id_of_a_batch_is_in_doubt(status: int) -> None:
    came = submit(httpx.Response(status, json={"error": "Duplicate.", "batch_id": ID}))
    assert isinstance(came, Reply)
    assert came.ids == (ID,)


@pytest.mark.parametrize("error", ["batch_id: must be omitted", f"Request {OTHER} was refused."])
def test_a_refusal_that_only_mentions_ids_is_a_refusal(error: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(400, json={"error": error}))
    with (
        Client("https://lookup.test", Secret(KEY), transport=transport) as client,
        pytest.raises(ApiError) as failure,
    ):
        client.submit(["+14155552671"])
    assert (failure.value.problem.charged, failure.value.reply) == ("no", Reply())


@pytest.mark.parametrize("head", [{"isSuccess": True}, {"success": True, "status": "ok"}])
def test_a_paid_check_in_a_wrapper_is_read(head: dict[str, object]) -> None:
    data = {"status": "VALID_CONFIRMED", "formatted_number": "+14155552671"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=head | {"data": data}))
    with Client("https://lookup.test", Secret(KEY), transport=transport) as client:
        check = client.check("+14155552671")
    assert (check.number, check.answer.on_whatsapp) == ("+14155552671", True)


def test_a_refusal_keeps_nothing() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "Invalid API key."}))
    with pytest.raises(ApiError) as failure:
        Client("https://lookup.test", Secret(KEY), transport=transport).submit(["+1"])
    assert failure.value.reply == Reply()


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        KEY.replace("/", "\\/"),
        KEY.replace("+", "\\u002B"),
        KEY.replace("&", "&amp;").replace("=", "&#61;").replace("/", "&#x2F;"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_key_is_not_kept_however_it_is_written(written: str, encoding: str) -> None:
    body = f'{{"batch_id": "{ID}", "asked": "/batch?k={written}"'.encode(encoding)
    came = submit(httpx.Response(202, content=body))
    assert isinstance(came, Reply)
    assert came.ids == (ID,)
    assert "k=•••" in came.text
    assert "7f" not in came.text.replace(ID, "")


def test_a_key_that_is_cut_off_is_not_kept() -> None:
    came = submit(cut_off(f'{{"batch_id": "{ID}", "asked": "{KEY[:9]}'.encode()))
    assert isinstance(came, Reply)
    assert came.text.endswith('"asked": "•••')


def test_an_id_that_is_the_key_is_none() -> None:
    assert reply_of([f'"batch_id": "{KEY}", x'], Secret(KEY)).ids == ()


def test_what_is_kept_is_bounded() -> None:
    page = '{"batch_id": "b-1", ' + "x" * 10 * MAX_KEPT
    kept = reply_of([page + f'"batch_id": "{ID}"'], Secret(KEY))
    assert (len(kept.text), kept.ids) == (MAX_KEPT, ("b-1", ID))
    assert len(reply_of(["".join(f'"batch_id": "{n}",' for n in range(999))], Secret(KEY)).ids) == 32


def test_of_a_flood_of_ids_few_are_searched_for_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    values = Redactor.values

    def counted(self: Redactor, value: object, name: str = "") -> object:
        searched.append(name)
        return values(self, value, name)

    monkeypatch.setattr(Redactor, "values", counted)
    flood = json.dumps([{"batch_id": f"{n:08}{ID[8:]}"} for n in range(2_000)])
    assert len(reply_of([flood], Secret(KEY)).ids) == 32
    assert len(searched) < 300


def test_a_compressed_answer_that_explodes_is_cut_off() -> None:
    content, whole = unpacked(gzip.compress(b" " * 50 * 2**20), "gzip")
    assert (len(content), whole) == (2**20, False)


@pytest.mark.parametrize("cut", [0, 4])
def test_an_id_in_an_answer_that_is_compressed_twice_is_found(cut: int) -> None:
    twice = gzip.compress(gzip.compress(TRUE))
    assert ids_from(httpx.Response(202, content=twice[: len(twice) - cut])) == {ID}


def test_what_is_nested_without_end_is_no_answer() -> None:
    assert submitted_in('{"a":' * 100_000) is None
    assert submitted_in('{"batch_id": "b-1", "n": ' + "9" * 5000 + "}") is None


@pytest.mark.parametrize(
    ("received", "status", "body"),
    [
        (b"HTTP/1.1 202 Accepted\r\nA: b\r\n\r\nbody", 202, b"body"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", 200, b"body"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n",
            200,
            b"body\r\n",
        ),
        (b"body", None, b"body"),
        (b"odd\r\n\r\nbody", None, b"body"),
        (b"", None, b""),
    ],
)
def test_the_body_is_found_below_http(received: bytes, status: int | None, body: bytes) -> None:
    assert body_in(received) == (status, body)


# -- whatever is done to an answer

odd = st.sampled_from(["NaN", "-Infinity", "null", '""', "[]", '"\\ud800"', '"é"', "{}", "1e999"])
noise = st.binary(max_size=40).filter(lambda noise: b"{" not in noise and b"batch" not in noise)


@given(cut=st.integers(0, len(TRUE)), before=noise, after=noise, packed=st.booleans(), lost=st.booleans())
@example(cut=len(TRUE), before=b"\xef\xbb\xbf", after=b"", packed=False, lost=False)
def test_an_id_is_found_exactly_if_all_of_it_came(
    cut: int, before: bytes, after: bytes, packed: bool, lost: bool
) -> None:
    came = before + TRUE[:cut] + (after if cut == len(TRUE) else b"")
    headers = {"Content-Encoding": "gzip"} if packed else {}
    response = cut_off(came) if lost else httpx.Response(202, stream=httpx.ByteStream(came), headers=headers)
    assert ids_from(response) == ({ID} if ID.encode() in came else set())


@given(
    field=odd, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"])
)
def test_odd_values_and_encodings_do_not_hide_an_id(field: str, encoding: str) -> None:
    text = f'{{"total_numbers": {field}, "batch_id": "{ID}", "status": {field}}}'
    assert ids_from(httpx.Response(202, content=text.encode(encoding))) == {ID}


@given(cut=st.integers(0, 400))
def test_of_a_compressed_answer_that_is_cut_off_all_that_came_is_read(cut: int) -> None:
    packed = gzip.compress(TRUE, 0)
    whole = ID.encode() in packed[:cut]
    response = httpx.Response(
        202, stream=httpx.ByteStream(packed[:cut]), headers={"Content-Encoding": "gzip"}
    )
    assert ids_from(response) == ({ID} if whole else set())


@given(st.binary(max_size=300), st.integers(200, 599))
def test_no_bytes_make_the_client_fail_in_another_way(body: bytes, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=httpx.ByteStream(body)))
    with Client("https://lookup.test", Secret(KEY), transport=transport) as client, pytest.raises(ApiError):
        client.submit(["+14155552671"])


@given(st.text(max_size=60), st.text(st.characters(exclude_categories=["Cs"]), min_size=5, max_size=20))
def test_no_text_is_left_with_a_key_in_it(text: str, key: str) -> None:
    secret = Secret(key)
    if secret and "•" not in key:
        assert secret.reveal() not in redact(f"{text}{key}{text}", secret)


def test_a_text_in_utf_16_can_be_read_wherever_it_is_cut() -> None:
    encoded = TRUE.decode().encode("utf-16-be")
    assert ascii_in(encoded) == ascii_in(encoded[1:]) == TRUE.decode()
