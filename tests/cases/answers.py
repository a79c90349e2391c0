"""What servers really answer to a poll, and what becomes of a batch of four numbers."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from pwl_tui.api.client import Client
from pwl_tui.secret import Secret
from pwl_tui.state.models import BatchState
from tests.cases.case import Case
from tests.unit.fake_service import (
    BINDING,
    KEY,
    NOW,
    Clock,
    accepted,
    make_poller,
    open_store,
    store_numbers,
)

MEXICO, BRAZIL, US, LONDON = 525512345678, 5511987654321, 14155552671, 442079460958
NUMBERS = (MEXICO, BRAZIL, US, LONDON)
ALL = "completed: 4 answered"
UNREAD = "processing: 0 answered, bad_answer"

Body = bytes | Mapping[str, Any]


def answer(*numbers: object, status: str = "completed", pending: int = 0, **more: object) -> dict[str, Any]:
    """Return a poll that has an answer for each number, written as given."""
    results = [
        {"phone_number": number, "status": "completed", "wa_status": "VALID_CONFIRMED", **more}
        for number in numbers
    ]
    return {"batch_id": "id-1", "status": status, "pending": pending, "results": results}


def came_of(body: Body, directory: Path, *, status: int = 200, polls: int = 1, age: float = 3_600.0) -> str:
    """Return what a batch is after so many polls with one answer: state, answers, failures, what is wrong.

    Args:
        body: of the answer.
        directory: for the state.
        status: of HTTP.
        polls: how many, each when it is due.
        age: of the batch at the first, in seconds.
    """
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=raw))
    store, clock = open_store(directory), Clock()
    client = Client(BINDING.base_url, Secret(KEY), transport=transport)
    accepted(store, store_numbers(store, NUMBERS))
    poller = make_poller(store, client, clock)
    clock.now = NOW + age
    for _ in range(polls):
        claimed = poller.claim()
        if claimed is not None:
            poller.poll(claimed)
        clock.now = store.batches.next_due(BINDING) or clock.now
    batch = store.batches.get(1, 1)
    store.close()
    counts = batch.counts
    said = f"{batch.state}: {counts.on_whatsapp + counts.not_on_whatsapp} answered"
    said += f", {counts.failed} failed" if counts.failed else ""
    return said + (
        f", {batch.problem.kind}" if batch.problem and batch.state is not BatchState.REJECTED else ""
    )


def case(name: str, expected: str, body: Body, **how: Any) -> Case:
    return Case(name, expected, partial(came_of, body, **how))


def damaged(change: Callable[[bytes], bytes]) -> bytes:
    return change(json.dumps(PLAIN).encode())


PLAIN = answer(*(f"+{number}" for number in NUMBERS))
WAITING = answer(*NUMBERS[:2], pending=2)
WAITING["results"] += [{"phone_number": number, "status": "pending"} for number in NUMBERS[2:]]
ERROR_404 = {"error": "Batch not found or access denied."}
CHALLENGE = b"<html><title>Just a moment...</title>"

CASES: Sequence[Case] = (
    case("as documented", ALL, PLAIN),
    case("digits only", ALL, answer(*map(str, NUMBERS))),
    case(
        "spaces and dashes",
        ALL,
        answer("+52 55 1234 5678", "+55 11 98765-4321", "+1 (415) 555-2671", f"+{LONDON}"),
    ),
    case("00 in front", ALL, answer(*(f"00{number}" for number in NUMBERS))),
    case("JSON integers", ALL, answer(*NUMBERS)),
    case("JSON floats", ALL, answer(*map(float, NUMBERS))),
    case("Arabic digits", ALL, answer("٥٢٥٥١٢٣٤٥٦٧٨", *map(str, NUMBERS[1:]))),
    case(
        "WhatsApp's own ids",
        ALL,
        answer("5215512345678@c.us", "551187654321@c.us", f"{US}:9@s.whatsapp.net", LONDON),
    ),
    case(
        "521 for +52, Brazil without the ninth digit",
        ALL,
        answer("+5215512345678", "+551187654321", US, LONDON),
    ),
    case(
        "national, the rest in formatted_number",
        ALL,
        {
            **PLAIN,
            "results": [
                {**one, "phone_number": one["phone_number"][-8:], "formatted_number": one["phone_number"]}
                for one in PLAIN["results"]
            ],
        },
    ),
    case(
        "quoted for a spreadsheet",
        ALL,
        answer(f"'+{MEXICO}", f'="{BRAZIL}"', f"{US},", f"\u201c{LONDON}\u201d"),
    ),
    case("none of the numbers", UNREAD, answer("+999123", "+999124"), polls=9),
    case("completed without results", UNREAD, answer(), polls=9),
    case(
        "one stranger among them",
        "processing: 3 answered, bad_answer",
        answer(*NUMBERS[1:], "+999123"),
        polls=9,
    ),
    case("one left out once", "processing: 3 answered, bad_answer", answer(*NUMBERS[1:])),
    case(
        "one left out each time",
        "completed: 3 answered, 1 failed, server_error",
        answer(*NUMBERS[1:]),
        polls=9,
    ),
    case("completed, but two say that they wait, once", "processing: 2 answered, bad_answer", WAITING),
    case(
        "completed, but two say that they wait, each time",
        "completed: 2 answered, 2 failed, server_error",
        WAITING,
        polls=9,
    ),
    case("a byte order mark", ALL, damaged(lambda raw: b"\xef\xbb\xbf" + raw)),
    case("UTF-16", ALL, damaged(lambda raw: raw.decode().encode("utf-16"))),
    case(
        "NaN in a field", ALL, damaged(lambda raw: raw.replace(b'"pending": 0', b'"pending": 0, "took": NaN'))
    ),
    case("a stray Latin-1 byte", ALL, damaged(lambda raw: raw.replace(b"{", b'{"node": "S\xe3o", ', 1))),
    case("a lone surrogate", ALL, damaged(lambda raw: raw.replace(b"{", b'{"node": "\\ud83d", ', 1))),
    case("control characters", ALL, damaged(lambda raw: raw.replace(b"{", b'{"node": "\x01\n", ', 1))),
    case("text after it", ALL, damaged(lambda raw: raw + b"\n<!-- cache -->")),
    case("text before it", ALL, damaged(lambda raw: b"<b>Warning</b>\n" + raw)),
    case("a comma too many", ALL, damaged(lambda raw: raw.replace(b"]}", b",]}"))),
    case("a field twice", ALL, damaged(lambda raw: raw.replace(b"{", b'{"status": "processing", ', 1))),
    case(
        "one broken result",
        "processing: 3 answered, bad_answer",
        damaged(lambda raw: raw.replace(b'"phone_number"', b'"phone_number', 1)),
        polls=9,
    ),
    case("cut off", UNREAD, damaged(lambda raw: raw[: len(raw) // 2]), polls=9),
    case("a portal's page", UNREAD, b"<h1>Welcome</h1>", polls=9),
    case("nothing at all", UNREAD, b"", polls=9),
    case("done", ALL, {**PLAIN, "status": "done"}),
    case("partially_completed, nothing pending", ALL, {**PLAIN, "status": "partially_completed"}),
    case("a word in another language, all answered", ALL, {**PLAIN, "status": "terminado"}),
    case(
        "an unknown word, two pending",
        "processing: 2 answered",
        answer(*NUMBERS[:2], status="queued", pending=2),
    ),
    case(
        "success of the call, two pending",
        "processing: 2 answered",
        answer(*NUMBERS[:2], status="success", pending=2),
    ),
    case(
        "failed, two pending, once",
        "processing: 2 answered, server_error",
        answer(*NUMBERS[:2], status="failed", pending=2),
    ),
    case(
        "failed, two pending, again and again",
        "completed: 2 answered, 2 failed, server_error",
        answer(*NUMBERS[:2], status="failed", pending=2),
        polls=5,
    ),
    case(
        "cancelled without results, once",
        "processing: 0 answered, server_error",
        {"batch_id": "id-1", "status": "cancelled"},
    ),
    case(
        "cancelled without results, again and again",
        "completed: 0 answered, 4 failed, server_error",
        {"batch_id": "id-1", "status": "cancelled"},
        polls=5,
    ),
    *(
        case(
            f"{word}, nothing pending, two left out, again and again",
            "processing: 2 answered",
            answer(*NUMBERS[:2], status=word),
            polls=9,
        )
        for word in ("suspended", "incomplete", "not completed", "unprocessed", "abandoned", "unsuccessful")
    ),
    case("answers that are no words", UNREAD, answer(*NUMBERS, wa_status=True), polls=9),
    case("failed, all answered", ALL, {**PLAIN, "status": "failed"}),
    case("404 a minute after the 202", "processing: 0 answered, not_found", ERROR_404, status=404, age=60.0),
    case(
        "404 again and again", "unreachable: 0 answered, not_found", ERROR_404, status=404, age=60.0, polls=5
    ),
    case("404 of an old batch", "unreachable: 0 answered, not_found", ERROR_404, status=404),
    case("a challenge page, 403", UNREAD, CHALLENGE, status=403),
    case("a challenge page, 401", UNREAD, CHALLENGE, status=401),
    case("a challenge page, 405", UNREAD, CHALLENGE, status=405),
    case("a challenge page, 200", UNREAD, CHALLENGE),
    case(
        "403 with the service's error",
        "processing: 0 answered, forbidden",
        {"error": "Not allowed."},
        status=403,
    ),
)
