import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError
from pwl_tui.secret import Secret

KEY = "pk-live-7f3a9c"
CALLS: list[Callable[[Client], object]] = [
    lambda client: client.balance(),
    lambda client: client.poll("b-1"),
    lambda client: client.submit(["+14155552671"]),
    lambda client: client.check("+14155552671"),
]


def tell_tale(request: httpx.Request) -> httpx.Response:
    """Say back everything that was asked, the key included."""
    said = f"Refused {request.url} {request.content.decode()}"
    return httpx.Response(400, json={"error": KEY, "message": said}, headers={"x-asked": str(request.url)})


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(f"lost {request.url}", request=request)


def chatty(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"asked": str(request.url), "body": request.content.decode()})


def moved(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"location": f"https:{request.url.query.decode()}"})


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("handler", [tell_tale, broken, chatty, moved])
def test_no_error_gives_the_key_away(
    call: Callable[[Client], object],
    handler: Callable[[httpx.Request], httpx.Response],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client("https://lookup.test", Secret(KEY), transport=httpx.MockTransport(handler))
    with pytest.raises(ApiError) as failure:
        call(client)
    error = failure.value
    assert error.__cause__ is error.__context__ is None
    # What a crash screen would print: every frame from here down, with its variables.
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    for text in (shown, str(error), repr(error), repr(error.problem), repr(client), caplog.text):
        assert KEY not in text
        assert "api_key=pk" not in text
    assert "api/client.py" in shown  # the frames that handle the answer are among those looked at


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("plain", "escaped"), [("/", "\\/"), ("+", "\\u002b")])
def test_a_key_that_json_writes_in_another_way_is_not_given_away(
    call: Callable[[Client], object], plain: str, escaped: str
) -> None:
    key = "pk/live+7f3a9c"
    written = key.replace(plain, escaped)
    said = f'{{"error": "{written}", "message": "Refused {written}"}}'.encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(400, content=said))
    with pytest.raises(ApiError) as failure:
        call(Client("https://lookup.test", Secret(key), transport=transport))
    assert failure.value.problem.message == "Refused •••."
    assert failure.value.problem.code == "•••"


def test_httpx_itself_never_learns_the_key() -> None:
    seen: list[httpx.Request] = []

    def broken_below(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("lost")

    class Spy(httpx.Client):
        def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
            seen.append(request)
            return super().send(request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "Client", Spy)
        client = Client("https://lookup.test", Secret(KEY), transport=httpx.MockTransport(broken_below))
        for call in CALLS:
            with pytest.raises(ApiError):
                call(client)
    assert len(seen) == len(CALLS)
    assert not [
        request for request in seen if KEY in f"{request.url} {request.content!r} {request.headers!r}"
    ]


def test_what_the_network_library_logs_is_not_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.proxy"):
        logging.getLogger(name).critical("GET https://lookup.test/?api_key=%s", KEY)
    assert caplog.records == []
