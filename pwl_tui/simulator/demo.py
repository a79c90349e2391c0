"""The simulator ready to use: a key with credits, a list to submit, and a way to run it alone."""

import csv
import io
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pwl_tui.simulator.countries import COUNTRIES
from pwl_tui.simulator.faults import load
from pwl_tui.simulator.queues import QueueKind
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import World

DEMO_KEY = "demo-key-7f3a9c52e1"
SAMPLE_REGION = "US"
"""The region of the sample list's national numbers."""

_HEADER = ("name", "company", "phone", "city", "note")
_FIRST = ("Ana", "Ben", "Chloé", "Dmitri", "Elif", "Fátima", "Grace", "İpek", "João", "Mei", "Søren")
_LAST = ("Almeida", "Brown", "Çelik", "Dubois", "Fischer", "Khan", "Novák", "O'Brien", "Rossi")
_COMPANIES = ("Acme, Inc.", 'Joe\'s "Best" Pizza', "Northwind Traders", "Globex GmbH", "Café Lumière", "")
_CITIES = ("Austin", "Berlin", "São Paulo", "Istanbul", "Lagos", "Mumbai", "San José", "Zürich", "")
_NOTES = (
    *("",) * 12,
    "call after 5 pm",
    "met at the fair 🎉",
    "asked twice; do not push",
    "two lines,\nquoted",
    '=HYPERLINK("https://example.com","open")',
)
_JUNK = ("n/a", "unknown", "555", "see note", "#REF!", "12345678901234567890", "ask Maria", "0")
_AREA_CODES = ("206", "212", "303", "312", "415", "512", "617", "702", "713", "813")
_ABROAD = COUNTRIES[1:17]
_NATIONAL_SHARE = 0.6
_BLANK_BELOW, _JUNK_BELOW, _AGAIN_BELOW = 0.02, 0.05, 0.11


def demo_world(
    clock: Callable[[], float] = time.time,
    *,
    whatsapp_credits: int = 50_000,
    rate: float = 50.0,
    queue: QueueKind = QueueKind.ONE_BY_ONE,
) -> World:
    """Return a world in which `DEMO_KEY` is valid, with credits for every service.

    Args:
        clock: gives the time in UTC epoch seconds.
        whatsapp_credits: WhatsApp credits.
        rate: numbers completed per second.
        queue: in which order.

    Raises:
        ValueError: `rate` is not positive.
    """
    world = World(clock=clock, rate=rate, queue=queue)
    world.add_key(
        DEMO_KEY,
        wavalidation=whatsapp_credits,
        phonevalidation=4_850,
        calleridvalidation=120,
        blacklistchecker=9,
    )
    return world


def sample_csv(rows: int = 1200, seed: int = 7) -> str:
    """Return a realistic list, the same for the same arguments.

    US numbers in national formats, numbers of 16 other countries with their plus, duplicates, cells without a
    number, blank ones, quoting, a line break, an emoji and a formula.

    Args:
        rows: records below the header.
        seed: a different seed gives a different list.
    """
    chance = random.Random(seed)  # noqa: S311 - has to repeat itself, guards nothing
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    known: list[tuple[str, ...]] = []
    for _ in range(rows):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        phone = _phone(chance, known)
        writer.writerow(
            (name, chance.choice(_COMPANIES), phone, chance.choice(_CITIES), chance.choice(_NOTES))
        )
    return text.getvalue()


def serve(
    port: int,
    whatsapp_credits: int,
    rate: float,
    queue: QueueKind,
    faults_file: Path | None,
    announce: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Run the simulator alone until `stop` is set.

    Args:
        port: the port on 127.0.0.1; 0 means a free one.
        whatsapp_credits: WhatsApp credits of `DEMO_KEY`.
        rate: numbers completed per second.
        queue: in which order.
        faults_file: rules in TOML. None means no faults.
        announce: called with each line that tells a person how to use it.
        stop: ends it.

    Raises:
        FaultsError: the faults file cannot be used.
        OSError: the port is not available.
        ValueError: `rate` is not positive.
    """
    rules = load(faults_file) if faults_file else []
    with Simulator(
        demo_world(whatsapp_credits=whatsapp_credits, rate=rate, queue=queue), rules, port
    ) as simulator:
        announce(f"ProWebLook simulator on {simulator.base_url}, {whatsapp_credits:,} WhatsApp credits.")
        announce(f"PROWEBLOOK_BASE_URL={simulator.base_url} PROWEBLOOK_API_KEY={DEMO_KEY} pwl-tui")
        stop.wait()


def _phone(chance: random.Random, known: list[tuple[str, ...]]) -> str:
    """Return one cell of the phone column; `known` holds the spellings of every number so far."""
    draw = chance.random()
    if draw < _BLANK_BELOW:
        return ""
    if draw < _JUNK_BELOW:
        return chance.choice(_JUNK)
    if draw < _AGAIN_BELOW and known:
        return chance.choice(chance.choice(known))
    known.append(_national(chance) if chance.random() < _NATIONAL_SHARE else _international(chance))
    return chance.choice(known[-1])


def _national(chance: random.Random) -> tuple[str, ...]:
    area, subscriber = chance.choice(_AREA_CODES), str(chance.randrange(2_000_000, 10_000_000))
    exchange, line = subscriber[:3], subscriber[3:]
    return (
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"{area}{exchange}{line}",
        f"1-{area}-{exchange}-{line}",
        f"+1 {area} {exchange} {line}",
    )


def _international(chance: random.Random) -> tuple[str, ...]:
    country = chance.choice(_ABROAD)
    digits = "".join(str(chance.randrange(10)) if mark == "#" else mark for mark in country.mobile)
    return (
        f"+{country.calling_code}{digits}",
        f"+{country.calling_code} {digits[:3]} {digits[3:6]} {digits[6:]}",
        f"+{country.calling_code}-{digits}",
    )
