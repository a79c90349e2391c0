"""Services that say the key back: what is stored of it, shown and raised."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.secret import Secret
from tests.cases.case import Case
from tests.notations import NOTATIONS

_KEY = "pk+live/7f=3a&9c_Zq"
_NUMBER = "+14155552671"
_ANSWER = {
    "phone_number": _NUMBER,
    "status": "completed",
    "wa_status": "VALID_CONFIRMED",
    "numberstatus": True,
}


def _client(key: str, status: int, **answered: Any) -> Client:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, **answered))
    return Client("https://lookup.test", Secret(key), transport=transport)


def _polled(key: str, **said: str) -> Callable[[Path], str]:
    def get(_: Path) -> str:
        body = {"batch_id": "b-1", "status": "completed", "results": [_ANSWER | said]}
        (one,) = _client(key, 200, json=body).poll("b-1").results
        return f"{one.number} {one.answer.outcome} {one.answer.carrier} {one.answer.note}".strip()

    return get


def _raised(status: int, **answered: Any) -> Callable[[Path], str]:
    def get(_: Path) -> str:
        try:
            _client(_KEY, status, **answered).submit([_NUMBER])
        except ApiError as error:
            return f"{error.problem.message} {error.received} {error.reply.text}".strip()
        return "accepted"

    return get


def _around(get: Callable[[Path], str]) -> Callable[[Path], str]:
    """Leave out signs right beside the mask that are the key's, or its notation's, and no secret."""
    return lambda directory: re.sub(r"[^\w\s]*•••(?:[^\w\s]|_)*", "•••", get(directory))


_BEFORE = {
    "as a buffer": '{"type": "Buffer", "data": ',
    "by place": '{"0": ',
    "codes by place": '{"0": ',
    "in objects": '[{"c": ',
}
"""What stays in front of the mask of a key that is written out as JSON: it is none of the key."""

CASES: Sequence[Case] = (
    *(
        Case(
            f"a carrier with the key {name}",
            f"{_NUMBER} completed A {_BEFORE.get(name, '')}••• B",
            _around(_polled(_KEY, carrier=f"A {way(_KEY)} B")),
        )
        for name, way in NOTATIONS.items()
        if "Base64" not in name
    ),
    Case(
        "a number's error with the key",
        f"{_NUMBER} failed  No such key: •••",
        _polled(_KEY, status="failed", error=f"No such key: {_KEY}"),
    ),
    Case("a formatted number that is the key", f"{_NUMBER} completed", _polled(_KEY, formatted_number=_KEY)),
    Case("a key of digits as in the number", f"{_NUMBER} completed O2", _polled("4155552671", carrier="O2")),
    Case("a key of two letters as in a carrier", f"{_NUMBER} completed Usus", _polled("us", carrier="Usus")),
    Case("a short key as a word", f"{_NUMBER} completed ••• Ltd", _polled("4fZ1", carrier="4fZ1 Ltd")),
    Case("a refusal with the key", "No ••• here.", _raised(401, json={"error": f"No {_KEY} here."})),
    Case(
        "an ID that is the key",
        "The answer was 202 Accepted, in a format that is not the service's."
        ' {"batch_id":"•••"} {"batch_id":"•••"}',
        _raised(202, json={"batch_id": _KEY}),
    ),
    Case(
        "a redirect with the key",
        "The answer was 302 Found, in a format that is not the service's.",
        _raised(302, headers={"Location": f"/x?api_key={_KEY}"}),
    ),
)
