from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.simulator.documented import DOCUMENTED
from pwl_tui.simulator.faults import Call, Faults, FaultsError, Rule, load

TRUE_ANSWER = (202, b'{"batch_id": "b"}')


def picks(rule: Rule, calls: int = 10, *, seed: int = 0) -> list[int]:
    """Which of so many submissions, counted from 1, the rule picks."""
    faults = Faults([rule], seed=seed)
    return [n for n in range(1, calls + 1) if faults.pick("submit", "k")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(), list(range(1, 11))),
        (Rule(times=2), [1, 2]),
        (Rule(after=7), [8, 9, 10]),
        (Rule(every=3), [3, 6, 9]),
        (Rule(after=2, every=3, times=2), [5, 8]),
        (Rule(share=0.0), []),
        (Rule(call="submit", key="k", times=1), [1]),
        (Rule(call="poll"), []),
        (Rule(key="other"), []),
    ],
)
def test_which_calls_a_rule_picks(rule: Rule, expected: list[int]) -> None:
    assert picks(rule) == expected


def test_chance_repeats_itself_for_a_seed() -> None:
    rule = Rule(share=0.3)
    assert picks(rule, 1000) == picks(rule, 1000) != picks(rule, 1000, seed=1)
    assert len(picks(rule, 1000)) == pytest.approx(300, rel=0.2)


def test_every_rule_counts_and_the_first_that_picks_has_the_call() -> None:
    first, second = Rule(every=2), Rule(after=2, times=2)
    faults = Faults([first, second])
    assert [faults.pick("balance", "k") for _ in range(6)] == [None, first, second, first, second, first]
    faults.clear()
    assert faults.pick("balance", "k") is None
    faults.add(second)
    assert [faults.pick("balance", "k") for _ in range(3)] == [None, None, second]


@pytest.mark.parametrize("call", ["balance", "submit", "poll", "check", "other"])
def test_any_means_every_call(call: Call) -> None:
    assert Faults([Rule()]).pick(call, "") is not None
    assert Faults([Rule(call="check")]).pick(call, "") == (Rule(call="check") if call == "check" else None)


@pytest.mark.parametrize(
    ("fields", "works"),
    [
        ({}, True),
        ({"delay": 1.0}, True),
        ({"status": 503}, False),
        ({"status": 503, "work": True}, True),
        ({"dialect": "digichat", "code": "server_down"}, False),
        ({"dialect": "digichat", "code": "server_down", "work": True}, True),
        ({"foreign": "html"}, True),
        ({"foreign": "html", "work": False}, False),
        ({"foreign": "html", "status": 502}, False),
        ({"silent": True}, True),
        ({"silent": True, "work": False}, False),
        ({"cut": "before"}, False),
        ({"cut": "after"}, True),
        ({"cut": "middle"}, True),
    ],
)
def test_whether_the_work_is_done(fields: dict[str, Any], works: bool) -> None:
    assert Rule(**fields).works is works


@pytest.mark.parametrize(
    ("rule", "status", "content_type", "body"),
    [
        (Rule(), 202, "application/json", TRUE_ANSWER[1]),
        (Rule(status=503), 503, "application/json", b'{"error":"Service Unavailable."}'),
        (Rule(status=599), 599, "application/json", b'{"error":"Error."}'),
        (Rule(status=502, body="<h1>502</h1>"), 502, "text/html", b"<h1>502</h1>"),
        (Rule(status=500, body=""), 500, "text/html", b""),
        (Rule(status=200, body={"batch_id": 1}), 200, "application/json", b'{"batch_id":1}'),
        (Rule(status=200, body=[]), 200, "application/json", b"[]"),
        (Rule(status=204, body="lost"), 204, "text/html", b""),
        (Rule(foreign="empty"), 202, "text/html", b""),
        (Rule(foreign="json"), 202, "application/json", b'{"hello": "world"}'),
        (Rule(foreign="json", status=500), 500, "application/json", b'{"hello": "world"}'),
    ],
)
def test_what_the_client_sees(rule: Rule, status: int, content_type: str, body: bytes) -> None:
    reply = rule.dress(*TRUE_ANSWER)
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (status, content_type, body)
    assert reply.headers["Content-Length"] == str(len(body))


def test_foreign_pages_are_no_json_and_huge_ones_are_huge() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(Rule(foreign="html").dress(*TRUE_ANSWER).body)
    assert len(Rule(foreign="huge").dress(*TRUE_ANSWER).body) == 16 * 2**20


def test_headers_are_added_or_replaced() -> None:
    reply = Rule(status=429, headers={"Retry-After": "7", "Content-Type": "text/plain"}).dress(200, b"")
    assert reply.headers["Retry-After"] == "7"
    assert reply.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("dialect", "code", "status", "body"),
    [
        ("proweblook", "401", 401, {"error": "Invalid API key."}),
        (
            "proweblook",
            "402",
            402,
            {"error": "Insufficient WA API credits.", "required": 500, "available": 120},
        ),
        (
            "digichat",
            "payg_limit_reached",
            429,
            {"error": "payg_limit_reached", "message": "Payg limit reached."},
        ),
        (
            "connexease",
            "RATE_001",
            429,
            {
                "isSuccess": False,
                "errors": {
                    "code": "RATE_001",
                    "group": "TOO_MANY_REQUESTS",
                    "description": "Rate limit exceeded.",
                    "params": {"limit_type": "sec", "retry_after": "1 seconds"},
                },
            },
        ),
        (
            "connexease",
            "AUTH_004",
            500,
            {
                "isSuccess": False,
                "errors": {
                    "code": "AUTH_004",
                    "group": "INTERNAL_ERROR",
                    "description": "The authentication service failed.",
                },
            },
        ),
    ],
)
def test_documented_errors_by_code(dialect: Any, code: str, status: int, body: object) -> None:
    reply = Rule(dialect=dialect, code=code).dress(200, b"")
    assert (reply.status, msgspec.json.decode(reply.body)) == (status, body)


def test_every_documented_code_is_there() -> None:
    assert {dialect: len(codes) for dialect, codes in DOCUMENTED.items()} == {
        "proweblook": 5,
        "digichat": 32,
        "connexease": 8,
    }


CONTRADICTIONS = [
    ('cut = "after"\nsilent = true', "exclude each other"),
    ('status = 500\ncut = "after"', "exclude each other"),
    ('status = 500\ndialect = "digichat"\ncode = "server_down"', "exclude each other"),
    ('foreign = "html"\nsilent = true', "exclude each other"),
    ('dialect = "digichat"', "dialect and code need each other"),
    ('code = "server_down"', "dialect and code need each other"),
    (
        'dialect = "connexease"\ncode = "server_down"',
        "code 'server_down' is not one of the dialect connexease",
    ),
    ('body = "x"', "body needs status"),
    ('status = 500\nforeign = "html"\nbody = "x"', "body needs status"),
    ('cut = "after"\nwork = false', "cut implies"),
    ("work = false\ndelay = 1.0", "work = false needs"),
]
WRONG_FIELDS = [
    ('call = "pay"', "field call: Invalid enum value 'pay'"),
    ('after = "two"', "field after: Expected `int`, got `str`"),
    ("after = -1", "field after: Expected `int` >= 0"),
    ("every = 0", "field every: Expected `int` >= 1"),
    ("share = 1.5", "field share: Expected `float` <= 1"),
    ("status = 99", "field status: Expected `int` >= 200"),
    ("delay = -1.0", "field delay: Expected `float` >= 0"),
    ("delay = inf", "field delay: Expected `float` <= 86400"),
    ("headers = {Retry-After = 1}", "field headers[...]: Expected `str`, got `int`"),
    ("colour = 1", "Object contains unknown field `colour`"),
]


@pytest.mark.parametrize(("lines", "complaint"), CONTRADICTIONS + WRONG_FIELDS)
def test_an_unusable_rule_is_named(lines: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(f'[[fault]]\ncall = "poll"\nstatus = 500\n\n[[fault]]\n{lines}\n')
    with pytest.raises(FaultsError) as caught:
        load(path)
    assert str(caught.value).startswith("Fault 2")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[[fault]", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"[[rule]]\ntimes = 1", "only tables named [[fault]]"),
        (b"[fault]\ntimes = 1", "only tables named [[fault]]"),
        (b"fault = [1]", "Fault 1"),
        (None, ": No such file or directory."),
    ],
)
def test_an_unusable_file_is_named(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FaultsError) as caught:
        load(path)
    assert complaint in str(caught.value)


def test_a_file_says_the_same_as_python(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        """
        [[fault]]
        call = "submit"
        key = "k"
        after = 2
        every = 3
        times = 1
        share = 0.5
        status = 429
        body = {error = "slow down", wait = [1, 2]}
        headers = {Retry-After = "3"}
        delay = 1.5
        work = true

        [[fault]]
        silent = true

        [[fault]]
        call = "poll"
        dialect = "digichat"
        code = "maintenance_mode"
        """
    )
    assert load(path) == [
        Rule(
            call="submit",
            key="k",
            after=2,
            every=3,
            times=1,
            share=0.5,
            status=429,
            body={"error": "slow down", "wait": [1, 2]},
            headers={"Retry-After": "3"},
            delay=1.5,
            work=True,
        ),
        Rule(silent=True),
        Rule(call="poll", dialect="digichat", code="maintenance_mode"),
    ]
    path.write_text("")
    assert load(path) == []


@given(after=st.integers(0, 20), every=st.integers(1, 5), times=st.integers(0, 5), calls=st.integers(0, 60))
def test_counting_rules_agree_with_their_definition(after: int, every: int, times: int, calls: int) -> None:
    expected = [n for n in range(1, calls + 1) if n > after and (n - after) % every == 0]
    assert picks(Rule(after=after, every=every, times=times), calls) == expected[: times or None]
