"""The services' contract about errors, written out by hand, and a gateway that answers so over HTTP.

Nothing here is made from the program's own tables: it is what those are held against.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from pwl_tui.api.client import Client
from pwl_tui.secret import Secret
from tests.unit.fake_service import BINDING, FIRST, KEY

Body = dict[str, object] | bytes


class Case(NamedTuple):
    """One answer, and what it must come to."""

    name: str
    status: int
    body: Body
    kind: str
    charged: str
    """What the paid call has cost that ends so."""
    batch: str
    """Where the submission leaves its batch."""
    job: str
    """held: until the person resumes it; short: until there are credits; delayed: for a while; frozen: with
    all of its key, until the batch is settled."""
    polling: str
    """Whom a failed poll holds back: all, this one alone; or the batch is gone."""
    asking_exits: int
    """The exit code of `balance` and `lookup`."""
    sending_exits: int | None
    """The exit code of `submit`; none: it goes on by itself."""
    remedy: str
    """Words of the remedy that say what helps, where nothing is in doubt."""


# code               status kind              charged  batch     job      poll  exits  the remedy
DIGICHAT = """
missing_auth_headers  401  auth              no       rejected  held     all   3 3   signed requests
invalid_token         401  auth              no       rejected  held     all   3 3   a valid key
token_inactive        401  auth              no       rejected  held     all   3 3   Activate the key
token_expired         401  auth              no       rejected  held     all   3 3   a new key
unauthorized          401  auth              no       rejected  held     all   3 3   a valid key
missing_signature     401  auth              no       rejected  held     all   3 3   signed requests
invalid_signature     401  auth              no       rejected  held     all   3 3   signed requests
signature_expired     401  auth              no       rejected  held     all   3 3   machine's clock
insufficient_balance  402  credits           no       planned   short    all   4 4   Buy credits
ip_not_allowed        403  forbidden         no       rejected  held     all   3 3   allowlist
token_deleted         403  forbidden         no       rejected  held     all   3 3   a new key
no_api_access         403  forbidden         no       rejected  held     all   3 3   fill the wallet
payg_confirm_required 409  consent_required  no       rejected  held     all   1 1   Agree to the charge
validation_error      422  invalid_request   no       rejected  held     one   1 1   Correct
already_exists        422  invalid_request   no       rejected  held     one   1 1   Correct
invalid_json          422  invalid_request   no       rejected  held     one   1 1   Correct
invalid_amount_format 422  invalid_request   no       rejected  held     one   1 1   Correct
invalid_otp           422  invalid_request   no       rejected  held     one   1 1   Correct
otp_expired           422  invalid_request   no       rejected  held     one   1 1   Correct
test_message_failed   422  invalid_request   no       rejected  held     one   1 1   Correct
rate_limit_exceeded   429  rate_limited      no       planned   delayed  all   6 -   automatically
plan_limit_reached    429  limit_reached     no       planned   held     all   6 6   Waiting does not help
payg_limit_reached    429  limit_reached     no       planned   held     all   6 6   owner must raise
otp_wait_required     429  rate_limited      no       planned   delayed  all   6 -   automatically
otp_resend_limit      429  limit_reached     no       planned   held     all   6 6   Waiting does not help
too_many_attempts     429  rate_limited      no       planned   delayed  all   6 -   automatically
internal_error        500  server_error      unknown  unknown   frozen   all   6 5   automatically
send_message_failed   502  server_error      unknown  unknown   frozen   all   6 5   automatically
send_media_failed     502  server_error      unknown  unknown   frozen   all   6 5   automatically
server_down           503  unavailable       no       planned   delayed  all   6 -   automatically
session_not_ready     503  unavailable       no       planned   delayed  all   6 -   automatically
maintenance_mode      503  unavailable       no       planned   delayed  all   6 -   maintenance is planned
"""
CONNEXEASE = """
AUTH_001              401  auth              no       rejected  held     all   3 3   a valid key
AUTH_002              401  auth              no       rejected  held     all   3 3   signed requests
AUTH_003              401  auth              no       rejected  held     all   3 3   signed requests
AUTH_004              500  unavailable       no       planned   delayed  all   6 -   automatically
WABA_001              401  auth              no       rejected  held     all   3 3   WhatsApp Business
BILL_001              402  credits           no       planned   short    all   4 4   Buy credits
BILL_002              400  invalid_request   no       rejected  held     one   1 1   billing account
RATE_001              429  rate_limited      no       planned   delayed  all   6 -   automatically
"""
# The shape without a documented code: the services' own statuses, and the gateway's "also plain" ones.
PLAIN = """
bad_request           400  invalid_request   no       rejected  held     one   1 1   Correct
bad_key               401  auth              no       rejected  held     all   3 3   a valid key
no_credits            402  credits           no       planned   short    all   4 4   Buy credits
forbidden             403  forbidden         no       rejected  held     all   3 3   Ask the provider
not_found             404  not_found         no       rejected  held     gone  1 1   the key that submitted
time-out              408  timeout           unknown  unknown   frozen   all   6 5   automatically
conflict              409  invalid_request   no       rejected  held     one   1 1   Correct
unprocessable         422  invalid_request   no       rejected  held     one   1 1   Correct
too_many              429  rate_limited      no       planned   delayed  all   6 -   automatically
server_error          500  server_error      unknown  unknown   frozen   all   6 5   automatically
bad_gateway           502  unavailable       unknown  unknown   frozen   all   6 5   automatically
unavailable           503  unavailable       unknown  unknown   frozen   all   6 5   automatically
gateway_time-out      504  timeout           unknown  unknown   frozen   all   6 5   automatically
"""
# What is no dialect at all: whoever answered, the service behind may have done the work before.
NOT_OURS = """
portal                200  bad_answer        unknown  unknown   frozen   one   6 5   base_url and the proxy
accepted              202  bad_answer        unknown  unknown   frozen   one   6 5   base_url and the proxy
redirect              302  bad_answer        unknown  unknown   frozen   one   6 5   base_url and the proxy
not_found             404  bad_answer        unknown  unknown   frozen   one   6 5   base_url and the proxy
of_the_proxy          407  network           no       planned   delayed  all   6 -   HTTPS_PROXY
time-out              408  timeout           unknown  unknown   frozen   all   6 5   automatically
too_many              429  rate_limited      no       planned   delayed  all   6 -   automatically
server_error          500  server_error      unknown  unknown   frozen   all   6 5   automatically
bad_gateway           502  unavailable       unknown  unknown   frozen   all   6 5   automatically
unavailable           503  unavailable       unknown  unknown   frozen   all   6 5   automatically
gateway_time-out      504  timeout           unknown  unknown   frozen   all   6 5   automatically
of_the_cdn            520  server_error      unknown  unknown   frozen   all   6 5   automatically
"""
# A page refuses no key: it is a firewall's or a portal's, and in the way of every call.
PAGE = """
unauthorized          401  bad_answer        unknown  unknown   frozen   all   6 5   base_url and the proxy
forbidden             403  bad_answer        unknown  unknown   frozen   all   6 5   base_url and the proxy
not_allowed           405  bad_answer        unknown  unknown   frozen   all   6 5   base_url and the proxy
"""
NO_PAGE = """
forbidden             403  forbidden         unknown  unknown   frozen   all   3 5   Ask the provider
"""

FOREIGN: dict[str, bytes] = {
    "html": b"<!doctype html><title>502 Bad Gateway</title>",
    "empty": b"",
    "truncated": b'{"batch_id": "id-9", "balance": 12',
    "foreign": b'{"hello": ["world"]}',
}
SENTENCE = "A sentence of the service."


def digichat(code: str) -> Body:
    return {"error": code, "message": SENTENCE}


def connexease(code: str, **params: str) -> Body:
    errors = {"code": code, "group": "GROUP", "description": SENTENCE, "params": params}
    return {"isSuccess": False, "errors": errors}


def proweblook(_: str) -> Body:
    return {"error": SENTENCE}


def plain_connexease(_: str) -> Body:
    return {"isSuccess": False, "errors": {"group": "GROUP", "description": SENTENCE}}


def cases() -> Iterator[Case]:
    for name, table, body in (
        ("digichat", DIGICHAT, digichat),
        ("connexease", CONNEXEASE, connexease),
        ("proweblook", PLAIN, proweblook),
        ("connexease", PLAIN, plain_connexease),
        *(
            (name, NOT_OURS + (PAGE if name == "html" else NO_PAGE), lambda _, raw=raw: raw)
            for name, raw in FOREIGN.items()
        ),
    ):
        for line in filter(None, table.splitlines()):
            code, status, kind, charged, batch, job, polling, asking, sending, remedy = line.split(None, 9)
            yield Case(
                f"{name} {status} {code}",
                int(status),
                body(code),
                kind,
                charged,
                batch,
                job,
                polling,
                int(asking),
                None if sending == "-" else int(sending),
                remedy,
            )
    # An error by its own word, whatever its status says: its code holds if it is documented.
    said = connexease("RATE_001"), plain_connexease("")
    yield Case(
        "200 RATE_001",
        200,
        said[0],
        "rate_limited",
        "no",
        "planned",
        "delayed",
        "all",
        6,
        None,
        "jobs resume",
    )
    yield Case(
        "200 no code",
        200,
        said[1],
        "server_error",
        "unknown",
        "unknown",
        "frozen",
        "all",
        6,
        5,
        "jobs resume",
    )


CASES = list(cases())


@dataclass
class Gateway:
    """Answers every call as the service does, but the one that is broken."""

    broken: str = ""
    status: int = 500
    body: Body = b""
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        call = _call(request)
        self.calls.append(call)
        if call == self.broken:
            raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
            return httpx.Response(self.status, headers=self.headers, content=raw)
        return httpx.Response(200, json=self._true_answer(call, request))

    def client(self) -> Client:
        return Client(BINDING.base_url, Secret(KEY), transport=httpx.MockTransport(self))

    def breaks(self, call: str, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
        self.broken, self.status, self.body, self.headers = call, status, body, headers or {}

    def _true_answer(self, call: str, request: httpx.Request) -> dict[str, object]:
        match call:
            case "balance":
                return {"balance": 1_000, "service": "wavalidation"}
            case "submit":
                numbers = json.loads(request.content)["phone_numbers"]
                batch_id = f"id-{self.calls.count('submit')}"
                return {"batch_id": batch_id, "total_numbers": len(numbers), "status": "processing"}
            case "poll":
                return {
                    "batch_id": request.url.path.rpartition("/")[2],
                    "status": "processing",
                    "results": [],
                }
            case _:
                return {"status": "VALID_CONFIRMED", "formatted_number": f"+{FIRST}"}


def _call(request: httpx.Request) -> str:
    if request.url.path.endswith("/balance"):
        return "balance"
    if request.url.path.endswith("/wavalidation"):
        return "check"
    return "submit" if request.method == "POST" else "poll"
