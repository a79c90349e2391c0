"""What `doctor` says of the way to the service, without a way."""

from types import SimpleNamespace

import httpx
import pytest

from pwl_tui.api.errors import ApiError
from pwl_tui.api.probe import Greeting, addresses, greet, proxy_to
from pwl_tui.config import Settings
from pwl_tui.engine.doctor import Finding, ServiceChecks

NOW = 1_795_255_200.0
DAY = 86_400.0


def way(greeting: Greeting) -> ServiceChecks:
    return ServiceChecks(Settings(), greet=lambda _: greeting)


@pytest.mark.parametrize(("days", "good"), [(90, True), (14, True), (13, False), (0, False)])
def test_a_certificate_that_ends_soon(days: int, good: bool) -> None:
    found = way(Greeting(NOW, 401, NOW, "TLSv1.3", NOW + days * DAY + 60)).service()
    assert f"good for {days} days" in found.message
    assert "TLSv1.3" in found.message
    assert (found.remedy == "") == good


def test_no_tls_on_this_machine() -> None:
    found = way(Greeting(NOW, 401, NOW, None, None)).service()
    assert "without TLS" in found.message
    assert found.remedy == ""


@pytest.mark.parametrize(
    ("ahead", "says", "good"),
    [
        (0.0, "agrees", True),
        (60.0, "agrees", True),
        (-60.0, "agrees", True),
        (61.0, "61 seconds ahead of", False),
        (-7200.0, "7,200 seconds behind", False),
    ],
)
def test_the_clock(ahead: float, says: str, good: bool) -> None:
    found = way(Greeting(NOW + ahead, 401, NOW, None, None)).clock()
    assert says in found.message
    assert (found.remedy == "") == good


def test_a_service_that_does_not_say_its_time() -> None:
    assert way(Greeting(NOW, 401, None, None, None)).clock() == Finding(
        "cannot be compared: the service does not say its time"
    )


def test_the_service_is_asked_once_for_both() -> None:
    asked: list[str] = []

    def greeted(base_url: str) -> Greeting:
        asked.append(base_url)
        return Greeting(NOW, 401, NOW, None, None)

    one = ServiceChecks(Settings(), greet=greeted)
    one.service()
    one.clock()
    assert asked == [Settings().base_url]


# -- the probe itself


def probed(headers: dict[str, str], tls: object = None) -> Greeting:
    """What an answer with these headers, over a connection with this TLS, tells."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        stream = SimpleNamespace(get_extra_info={"ssl_object": tls}.get)
        return httpx.Response(401, headers=headers, extensions={"network_stream": stream})

    found = greet("https://lookup.test", transport=httpx.MockTransport(answer), clock=lambda: NOW)
    assert [request.url.query for request in seen] == [b""], "nothing is asked with a key"
    return found


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", 1_795_255_200.0),
        ("yesterday", None),
        ("", None),
        ("Sat, 99 Nov 99999 10:00:00 GMT", None),
    ],
)
def test_the_time_of_the_service(date: str, moment: float | None) -> None:
    assert probed({"Date": date}) == Greeting(NOW, 401, moment, None, None)


def test_the_certificate_of_the_service() -> None:
    tls = SimpleNamespace(
        version=lambda: "TLSv1.3", getpeercert=lambda: {"notAfter": "Nov 21 10:00:00 2026 GMT"}
    )
    assert probed({}, tls) == Greeting(NOW, 401, None, "TLSv1.3", 1_795_255_200.0)


def test_an_answer_that_does_not_come() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(ApiError) as failure:
        greet("https://lookup.test", transport=httpx.MockTransport(refuse))
    assert failure.value.problem.kind == "timeout"
    assert failure.value.__context__ is None


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:hunter2@127.0.0.1:3128")


@pytest.mark.usefixtures("proxied")
def test_a_proxy_is_named_without_its_password_and_looked_up_in_the_services_stead() -> None:
    assert proxy_to("https://lookup.test") == "http://127.0.0.1:3128"
    assert addresses("https://lookup.test") == ["127.0.0.1"]
    assert proxy_to("http://127.0.0.1:8080") is None


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(ApiError) as failure:
        addresses(f"https://{'x' * 70}.test")  # too long for DNS: no network is asked
    assert "cannot be looked up" in failure.value.problem.message
