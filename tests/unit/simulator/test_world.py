import math
import threading
from collections import Counter
from dataclasses import dataclass

import pytest

from pwl_tui.simulator.world import MAX_BATCH, Charge, World

NUMBERS = [f"+14155550{i:03}" for i in range(1000)]
INVALID_KEY = (401, {"error": "Invalid API key."})
NOT_FOUND = (404, {"error": "Batch not found or access denied."})


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def world_of(
    credits_left: int = 5000,
    *,
    clock: Clock | None = None,
    rate: float = math.inf,
    failure_share: float = 0.01,
) -> World:
    ids = iter(f"batch-{n}" for n in range(1, 1000))
    world = World(clock=clock or Clock(), rate=rate, failure_share=failure_share, batch_ids=lambda: next(ids))
    world.add_key("k", wavalidation=credits_left, blacklistchecker=9)
    return world


def number_where(world: World, *, fails: bool) -> str:
    return next(number for number in NUMBERS if world.truth(number).fails is fails)


@pytest.mark.parametrize(
    ("key", "service", "expected"),
    [
        ("k", "wavalidation", (200, {"balance": 5000, "service": "wavalidation"})),
        ("k", "phonevalidation", (200, {"balance": 0, "service": "phonevalidation"})),
        ("k", "blacklistchecker", (200, {"balance": 9, "service": "blacklistchecker"})),
        ("k", "blacklist", (200, {"balance": 9, "service": "blacklist"})),
        ("k", None, (400, {"error": "Service is missing in the request."})),
        ("k", "sms", (400, {"error": "Invalid service."})),
        ("", "wavalidation", INVALID_KEY),
        ("other", "wavalidation", INVALID_KEY),
    ],
)
def test_balance(key: str, service: str | None, expected: object) -> None:
    assert world_of().balance(key, service) == expected


def test_a_batch_is_charged_at_submission_once_per_unique_number() -> None:
    clock = Clock()
    world = world_of(10, clock=clock, rate=1.0)
    status, body = world.submit("k", [NUMBERS[1], NUMBERS[0], NUMBERS[1], "junk"])
    assert (status, body) == (202, {"batch_id": "batch-1", "total_numbers": 3, "status": "processing"})
    numbers = (NUMBERS[1], NUMBERS[0], "junk")
    assert world.ledger == [Charge(1000.0, "k", "wavalidation", 3, 10, 7, "batch-1", numbers)]
    assert world.balance("k", "wavalidation")[1]["balance"] == 7
    view = world.batches["batch-1"]
    assert (view.key, view.numbers, view.submitted_at, view.done) == ("k", numbers, 1000.0, False)
    clock.now += 3
    assert world.batches["batch-1"].done


@pytest.mark.parametrize(
    ("key", "phone_numbers", "expected"),
    [
        ("other", NUMBERS[:1], INVALID_KEY),
        ("k", None, (400, {"error": "PhoneNumbers is missing in the request."})),
        ("k", [], (400, {"error": "PhoneNumbers is missing in the request."})),
        ("k", "+14155550000", (400, {"error": "PhoneNumbers must be a list of strings."})),
        ("k", [14155550000], (400, {"error": "PhoneNumbers must be a list of strings."})),
        (
            "k",
            [NUMBERS[0]] * 1500,  # the limit is on what was sent, not on what is left without duplicates
            (
                400,
                {
                    "error": "Batch size exceeds the maximum allowed limit of 1000 numbers.",
                    "submitted": 1500,
                    "max_allowed": 1000,
                },
            ),
        ),
        (
            "k",
            NUMBERS[:121],
            (402, {"error": "Insufficient WA API credits.", "required": 121, "available": 120}),
        ),
    ],
)
def test_a_refused_batch_costs_nothing(key: str, phone_numbers: object, expected: object) -> None:
    world = world_of(120)
    assert world.submit(key, phone_numbers) == expected
    assert (world.ledger, world.batches) == ([], {})
    assert world.balance("k", "wavalidation")[1]["balance"] == 120


def test_the_last_credit_and_the_largest_batch_are_accepted() -> None:
    world = world_of(MAX_BATCH)
    assert world.submit("k", NUMBERS)[0] == 202
    assert world.balance("k", "wavalidation")[1]["balance"] == 0
    world.add_credits("k", "wavalidation", 1)
    assert world.submit("k", NUMBERS[:1])[0] == 202
    assert [(charge.balance_before, charge.balance_after) for charge in world.ledger] == [(1000, 0), (1, 0)]


def test_the_queue_is_first_come_first_served_over_all_batches() -> None:
    clock = Clock()
    world = world_of(clock=clock, rate=2.0)
    world.add_key("other", wavalidation=10)
    first = world.submit("k", NUMBERS[:4])[1]["batch_id"]
    second = world.submit("other", NUMBERS[:2])[1]["batch_id"]

    def pending(at: float) -> tuple[int, int]:
        clock.now = 1000.0 + at
        return world.poll("k", first)[1]["pending"], world.poll("other", second)[1]["pending"]

    moments = (0, 0.4, 0.5, 1.9, 2.0, 2.4, 2.5, 3.0)
    assert [pending(at) for at in moments] == [(4, 2), (4, 2), (3, 2), (1, 2), (0, 2), (0, 2), (0, 1), (0, 0)]
    clock.now = 2000.0  # an idle queue starts at once
    third = world.submit("k", NUMBERS[:2])[1]["batch_id"]
    clock.now = 2001.0
    assert world.poll("k", third)[1]["status"] == "completed"


def test_the_numbers_of_a_batch_may_be_completed_in_any_order() -> None:
    clock = Clock()
    world = World(clock=clock, rate=1.0, failure_share=0.0, in_order=False)
    world.add_key("k", wavalidation=50)
    batch = world.submit("k", NUMBERS[:50])[1]["batch_id"]
    before: set[str] = set()
    scattered = False
    for second in range(51):
        clock.now = 1000.0 + second
        results = world.poll("k", batch)[1]["results"]
        assert [result["phone_number"] for result in results] == NUMBERS[:50]
        done = {result["phone_number"] for result in results if result["status"] == "completed"}
        assert done >= before
        assert len(done) == second
        scattered |= done != set(NUMBERS[:second])
        before = done
    assert scattered


def test_a_clock_that_is_set_back_finishes_nothing_early() -> None:
    clock = Clock()
    world = world_of(clock=clock)
    batch_id = world.submit("k", NUMBERS[:2])[1]["batch_id"]
    clock.now -= 60
    assert world.poll("k", batch_id)[1]["pending"] == 2


def test_a_poll_shows_every_number_in_the_order_submitted() -> None:
    clock = Clock()
    world = world_of(clock=clock, rate=1.0)
    failing, fine = number_where(world, fails=True), number_where(world, fails=False)
    batch_id = world.submit("k", [fine, failing, "12 34", NUMBERS[-1]])[1]["batch_id"]
    clock.now += 3
    status, body = world.poll("k", batch_id)
    results = body.pop("results")
    assert (status, body) == (
        200,
        {
            "batch_id": batch_id,
            "status": "processing",
            "total_numbers": 4,
            "completed": 3,
            "failed": 2,
            "pending": 1,
        },
    )
    truth = world.truth(fine)
    assert results == [
        {
            "phone_number": fine,
            "status": "completed",
            "wa_status": "VALID_CONFIRMED" if truth.on_whatsapp else "INVALID",
            "numberstatus": truth.on_whatsapp,
            "businessnumber": truth.business,
            "formatted_number": fine,
            "carrier": truth.carrier,
            "country": "US",
        },
        {"phone_number": failing, "status": "failed", "error": "The phone number could not be checked."},
        {"phone_number": "12 34", "status": "failed", "error": "The phone number could not be read."},
        {"phone_number": NUMBERS[-1], "status": "pending"},
    ]


def test_a_batch_is_read_only_with_the_key_that_submitted_it() -> None:
    world = world_of()
    world.add_key("other")
    batch_id = world.submit("k", NUMBERS[:1])[1]["batch_id"]
    assert world.poll("other", batch_id) == world.poll("k", "no-such-batch") == NOT_FOUND
    assert world.poll("unknown", batch_id) == INVALID_KEY
    assert world.poll("k", batch_id)[0] == 200


def test_a_check_costs_one_credit_and_has_every_documented_field() -> None:
    world = world_of(1)
    number = number_where(world, fails=False)
    truth = world.truth(number)
    assert world.check("k", number) == (
        200,
        {
            "status": "VALID_CONFIRMED" if truth.on_whatsapp else "INVALID",
            "formatted_number": number,
            "linetype": "mobile",
            "carrier": truth.carrier,
            "location": "United States",
            "countrycodenum": "1",
            "countrycode": "US",
            "countryname": "United States",
            "formatnational": number[2:],
            "formatinternational": f"+1 {number[2:]}",
            "timezone": ["America/New_York"],
            "numberstatus": truth.on_whatsapp,
            "businessnumber": truth.business,
        },
    )
    assert world.ledger == [Charge(1000.0, "k", "wavalidation", 1, 1, 0, None, (number,))]
    short = (402, {"error": "Insufficient WA API credits.", "required": 1, "available": 0})
    assert world.check("k", number) == short
    assert len(world.ledger) == 1


@pytest.mark.parametrize(
    ("number", "country_code", "read_as"),
    [
        ("+447400123456", None, "+447400123456"),
        ("07400 123-456", "GB", "+447400123456"),
        ("(7400) 123456", "gb", "+447400123456"),
        ("+447400123456", "US", "+447400123456"),
        ("+99912345678", None, "+99912345678"),
        ("07400123456", None, None),
        ("+44 7400 123456", "GB", None),
        ("07400123456", "XX", None),
        ("12", "GB", None),
    ],
)
def test_what_a_check_can_read(number: str, country_code: str | None, read_as: str | None) -> None:
    world = world_of(failure_share=0.0)
    status, body = world.check("k", number, country_code)
    assert (status, body.get("formatted_number")) == ((200, read_as) if read_as else (400, None))
    assert len(world.ledger) == (1 if read_as else 0)


def test_refused_checks_cost_nothing() -> None:
    world = world_of()
    assert world.check("other", NUMBERS[0]) == INVALID_KEY
    assert world.check("k", None) == (400, {"error": "PhoneNumber is missing in the request."})
    failing = number_where(world, fails=True)
    assert world.check("k", failing) == (500, {"error": "The phone number could not be checked."})
    assert world.ledger == []


def test_credits_are_never_spent_twice_from_many_threads() -> None:
    world = world_of(500)
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.extend(world.submit("k", NUMBERS[:10])[0] for _ in range(10)), daemon=True
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {202: 50, 402: 30}
    balances = [(charge.balance_before, charge.balance_after) for charge in world.ledger]
    assert balances == [(left, left - 10) for left in range(500, 0, -10)]


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        World(rate=0)
    with pytest.raises(ValueError, match="no such service: sms"):
        World().add_key("k", sms=1)
    with pytest.raises(KeyError):
        World().add_credits("k", "wavalidation", 1)


def test_keys_are_named_by_their_place() -> None:
    world = world_of()
    world.add_key("other")
    assert [world.key_index(key) for key in ("k", "other", "unknown")] == [0, 1, None]
