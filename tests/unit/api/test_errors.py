import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.api.documented import CODES, SETTLE
from pwl_tui.api.errors import decode_error
from pwl_tui.problem import Problem

# code: status, kind, what a paid call has cost
DIGICHAT = {
    "missing_auth_headers": (401, "auth", "no"),
    "invalid_token": (401, "auth", "no"),
    "token_inactive": (401, "auth", "no"),
    "token_expired": (401, "auth", "no"),
    "unauthorized": (401, "auth", "no"),
    "missing_signature": (401, "auth", "no"),
    "invalid_signature": (401, "auth", "no"),
    "signature_expired": (401, "auth", "no"),
    "insufficient_balance": (402, "credits", "no"),
    "ip_not_allowed": (403, "forbidden", "no"),
    "token_deleted": (403, "forbidden", "no"),
    "no_api_access": (403, "forbidden", "no"),
    "payg_confirm_required": (409, "consent_required", "no"),
    "validation_error": (422, "invalid_request", "no"),
    "already_exists": (422, "invalid_request", "no"),
    "invalid_json": (422, "invalid_request", "no"),
    "invalid_amount_format": (422, "invalid_request", "no"),
    "invalid_otp": (422, "invalid_request", "no"),
    "otp_expired": (422, "invalid_request", "no"),
    "test_message_failed": (422, "invalid_request", "no"),
    "rate_limit_exceeded": (429, "rate_limited", "no"),
    "plan_limit_reached": (429, "limit_reached", "no"),
    "payg_limit_reached": (429, "limit_reached", "no"),
    "otp_wait_required": (429, "rate_limited", "no"),
    "otp_resend_limit": (429, "limit_reached", "no"),
    "too_many_attempts": (429, "rate_limited", "no"),
    "internal_error": (500, "server_error", "unknown"),
    "send_message_failed": (502, "server_error", "unknown"),
    "send_media_failed": (502, "server_error", "unknown"),
    "server_down": (503, "unavailable", "no"),
    "session_not_ready": (503, "unavailable", "no"),
    "maintenance_mode": (503, "unavailable", "no"),
}
CONNEXEASE = {
    "AUTH_001": (401, "auth", "no"),
    "AUTH_002": (401, "auth", "no"),
    "AUTH_003": (401, "auth", "no"),
    "AUTH_004": (500, "unavailable", "no"),
    "WABA_001": (401, "auth", "no"),
    "BILL_001": (402, "credits", "no"),
    "BILL_002": (400, "invalid_request", "no"),
    "RATE_001": (429, "rate_limited", "no"),
}
PROWEBLOOK = [
    (400, {"error": "PhoneNumber is missing in the request."}, "invalid_request", "no"),
    (400, {"error": "Batch size exceeds …", "submitted": 1500, "max_allowed": 1000}, "invalid_request", "no"),
    (401, {"error": "Invalid API key."}, "auth", "no"),
    (402, {"error": "Insufficient phone API credits."}, "credits", "no"),
    (404, {"error": "Batch not found or access denied."}, "not_found", "no"),
    (500, {"error": "Internal server error."}, "server_error", "unknown"),
]
CODED = [(code, {"error": code, "message": "A sentence."}, *row) for code, row in DIGICHAT.items()] + [
    (code, {"isSuccess": False, "errors": {"code": code, "group": "G", "description": "A sentence."}}, *row)
    for code, row in CONNEXEASE.items()
]
HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


def decode(status: int, body: object, headers: dict[str, str] | None = None, *, paid: bool = True) -> Problem:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return decode_error(status, headers or {}, raw, paid=paid)


def test_the_table_has_exactly_the_documented_codes() -> None:
    assert set(CODES) == set(DIGICHAT) | set(CONNEXEASE)


@pytest.mark.parametrize(("code", "body", "status", "kind", "charged"), CODED)
def test_every_documented_code(code: str, body: Any, status: int, kind: str, charged: str) -> None:
    paid, free = decode(status, body), decode(status, body, paid=False)
    assert (paid.kind, paid.charged, paid.code, paid.status) == (kind, charged, code, status)
    assert (free.kind, free.charged) == (kind, "no")
    assert paid.message == "A sentence."
    assert paid.remedy == (SETTLE if charged == "unknown" else free.remedy)


@pytest.mark.parametrize(("status", "body", "kind", "charged"), PROWEBLOOK)
def test_proweblooks_own_statuses(status: int, body: Any, kind: str, charged: str) -> None:
    problem = decode(status, body)
    assert (problem.kind, problem.charged, problem.code) == (kind, charged, None)
    assert problem.message == body["error"]


@pytest.mark.parametrize(
    ("context", "counts"),
    [
        ({"required": 500, "available": 120}, (500, 120)),
        ({"required": "500", "available": -1}, (None, None)),
        ({"required": True, "available": 0}, (None, 0)),
        ({}, (None, None)),
    ],
)
def test_credits_short_tells_the_numbers_where_they_are_there(
    context: dict[str, object], counts: tuple[int | None, int | None]
) -> None:
    problem = decode(402, {"error": "Insufficient WA API credits."} | context)
    assert (problem.required, problem.available) == counts


@pytest.mark.parametrize(
    ("status", "kind", "charged"),
    [
        (200, "bad_answer", "unknown"),
        (302, "bad_answer", "unknown"),
        (400, "invalid_request", "unknown"),
        (401, "auth", "unknown"),
        (402, "credits", "unknown"),
        (403, "forbidden", "unknown"),
        (404, "bad_answer", "unknown"),  # of a proxy: it does not mean that the batch is not there
        (407, "network", "no"),
        (408, "timeout", "unknown"),
        (413, "invalid_request", "unknown"),
        (429, "rate_limited", "no"),
        (500, "server_error", "unknown"),
        (502, "unavailable", "unknown"),
        (503, "unavailable", "unknown"),
        (504, "timeout", "unknown"),
        (520, "server_error", "unknown"),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b'{"error": "Invalid AP', b"[1]", b'{"error": {"a": 1}}', b'{"detail": "x"}']
)
def test_what_speaks_no_dialect_may_have_been_charged(
    status: int, body: bytes, kind: str, charged: str
) -> None:
    problem = decode(status, body)
    assert (problem.kind, problem.charged, problem.code) == (kind, charged, None)
    assert str(status) in problem.message
    assert decode(status, body, paid=False).charged == "no"


@pytest.mark.parametrize(
    ("status", "body", "kind", "charged"),
    [
        # isSuccess: false is an error whatever the status, and its code then says what it cost
        (200, {"isSuccess": False, "errors": {"code": "RATE_001"}}, "rate_limited", "no"),
        (200, {"isSuccess": False, "errors": {"code": "NEW_009"}}, "server_error", "unknown"),
        (200, {"isSuccess": False, "errors": ["odd"]}, "server_error", "unknown"),
        (403, {"isSuccess": False}, "forbidden", "no"),
        (502, {"isSuccess": False, "errors": {"description": "Meta"}}, "unavailable", "unknown"),
        # a code under a status that is not its own: the status decides about the money
        (503, {"error": "unauthorized", "message": "x"}, "auth", "unknown"),
        (400, {"error": "insufficient_balance", "message": "x"}, "credits", "no"),
        (200, {"error": "unauthorized", "message": "x"}, "auth", "unknown"),
        # codes and sentences that nobody documents
        (403, {"error": "new_code", "message": "x"}, "forbidden", "no"),
        (409, {"error": "Conflict."}, "invalid_request", "no"),
        (418, {"error": "Teapot."}, "invalid_request", "unknown"),
        (500, {"error": "server is melting"}, "server_error", "unknown"),
        (200, {"error": "Something broke."}, "server_error", "unknown"),
    ],
)
def test_contradictions_and_new_words(status: int, body: Any, kind: str, charged: str) -> None:
    problem = decode(status, body)
    assert (problem.kind, problem.charged) == (kind, charged)


NOON = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({}, None, None),
        ({}, "1 seconds", 1.0),
        ({}, "2 minutes", 120.0),
        ({}, "500 ms", 0.5),
        ({}, "250 milliseconds", 0.25),
        ({}, "1 hour", 3600.0),
        ({}, "2 days", 86_400.0),
        ({}, "3 fortnights", None),
        ({}, "soon", None),
        ({}, "-5 seconds", None),
        ({}, 7, 7.0),
        ({}, "99999999 hours", 86_400.0),
        ({"Retry-After": "30"}, None, 30.0),
        ({"retry-after": "30"}, "1 seconds", 30.0),
        ({"retry-after": "1"}, "1 minute", 60.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT", "date": NOON}, None, 90.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT", "date": NOON}, None, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT"}, None, None),
        ({"retry-after": "tomorrow", "date": NOON}, None, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], text: object, seconds: float | None) -> None:
    connexease = {"isSuccess": False, "errors": {"code": "RATE_001", "params": {"retry_after": text}}}
    digichat = {"error": "rate_limit_exceeded", "message": "Slow down.", "retry_after": text}
    assert decode(429, connexease, headers).retry_after == seconds
    assert decode(429, digichat, headers).retry_after == seconds


def test_foreign_words_are_made_safe_to_show() -> None:
    problem = decode(400, {"error": "a\x1b]52;c;!\x07", "message": "one\r\n\u202etwo"})
    assert (problem.code, problem.message) == ("a ]52;c;!", "one two.")


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**70) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_codes = st.sampled_from(sorted(CODES))
_dialects = st.fixed_dictionaries(
    {},
    optional={
        "error": _json | _codes,
        "message": _json,
        "isSuccess": _json,
        "required": _json,
        "retry_after": _json,
        "errors": _json
        | st.fixed_dictionaries(
            {},
            optional={
                "code": _json | _codes,
                "description": _json,
                "params": _json | st.just({"retry_after": "1e9"}),
            },
        ),
    },
)
_bodies = st.binary() | st.one_of(_json, _dialects).map(lambda value: json.dumps(value).encode())
_headers = st.dictionaries(
    st.sampled_from(["Retry-After", "date", "x"]),
    st.text() | st.dates().map(lambda day: f"{day:%a, %d %b %Y} 1:1:1 GMT"),
)


@given(st.integers(0, 999), _headers, _bodies, st.booleans())
def test_any_answer_ends_as_a_problem_that_says_something(
    status: int, headers: dict[str, str], body: bytes, paid: bool
) -> None:
    problem = decode_error(status, headers, body, paid=paid)
    assert problem.message.isprintable()
    assert problem.message
    assert problem.remedy
    assert paid or problem.charged == "no"
    assert problem.retry_after is None or 0 <= problem.retry_after <= 86_400


PAGES = [
    (HTML, {}, False),
    (b"Forbidden by policy 17", {}, False),
    (b"\xff\xfe", {}, False),
    (b"<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/'></script>", {}, True),
    (b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>", {}, True),
    (b"<p>Please solve this CAPTCHA", {}, True),
    (b"", {"X-Amzn-Waf-Action": "captcha"}, True),
    (b"<p>", {"CF-Mitigated": "challenge"}, True),
]


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 405, 413, 418])
@pytest.mark.parametrize(("body", "headers", "firewall"), PAGES)
def test_a_page_is_in_the_way_and_refuses_no_key(
    status: int, body: bytes, headers: dict[str, str], firewall: bool
) -> None:
    paid, free = decode(status, body, headers), decode(status, body, headers, paid=False)
    assert (free.kind, free.charged, free.kind.refuses_key) == ("bad_answer", "no", False)
    assert ("firewall" in free.message) == firewall
    assert (paid.kind, paid.charged, paid.remedy) == ("bad_answer", "unknown", SETTLE)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.decode().encode("utf-16"),
        lambda body: body[:-1] + b', "took": NaN}',
    ],
    ids=["bom", "utf-16", "nan"],
)
def test_an_error_is_read_though_its_json_is_not_quite(wrap: Callable[[bytes], bytes]) -> None:
    problem = decode(403, wrap(b'{"error": "ip_not_allowed", "message": "No."}'))
    assert (problem.code, problem.kind, problem.charged) == ("ip_not_allowed", "forbidden", "no")


def test_an_error_within_a_page_is_none() -> None:
    page = b'<html><script>var state = {"error": "Invalid API key."}</script>'
    assert (decode(401, page).kind, decode(401, page).charged) == ("bad_answer", "unknown")
