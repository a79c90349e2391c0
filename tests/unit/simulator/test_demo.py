import csv
import http.client
import json
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import phonenumbers
import pytest

from pwl_tui.simulator.countries import COUNTRIES, Country
from pwl_tui.simulator.demo import DEMO_KEY, SAMPLE_REGION, demo_world, sample_csv, serve
from pwl_tui.simulator.faults import FaultsError
from pwl_tui.simulator.queues import QueueKind
from pwl_tui.simulator.server import Simulator
from pwl_tui.simulator.world import SERVICES, World


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.region)
def test_mobile_templates_are_valid_in_their_country(country: Country) -> None:
    for filler in "0123456789":
        number = phonenumbers.parse(f"+{country.calling_code}{country.mobile.replace('#', filler)}")
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.region_code_for_number(number) == country.region


def test_the_demo_has_credits_for_every_service() -> None:
    world = demo_world(lambda: 1000.0)
    assert [world.balance(DEMO_KEY, service)[1]["balance"] for service in SERVICES] == [4850, 50_000, 120, 9]


def test_the_sample_list_holds_what_real_lists_hold() -> None:
    text = sample_csv()
    assert text == sample_csv()
    assert text != sample_csv(seed=8)
    header, *rows = csv.reader(text.splitlines(keepends=True))
    assert header == ["name", "company", "phone", "city", "note"]
    assert len(rows) == 1200
    numbers: Counter[str] = Counter()
    junk: set[str] = set()
    for row in rows:
        try:
            number = phonenumbers.parse(row[2], SAMPLE_REGION)
        except phonenumbers.NumberParseException:
            junk.add(row[2])
            continue
        if phonenumbers.is_valid_number(number):
            numbers[phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] += 1
        else:
            junk.add(row[2])
    assert numbers.total() > 1100
    assert len(numbers) < numbers.total() - 50
    assert "" in junk
    assert 5 < len(junk) < 10
    regions = {phonenumbers.region_code_for_number(phonenumbers.parse(number)) for number in numbers}
    assert len(regions) >= 15
    notes = {row[4] for row in rows}
    assert any(note.startswith("=") for note in notes)
    assert any("🎉" in note for note in notes)
    assert any("\n" in note for note in notes)


def test_running_alone(tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\ncall = "balance"\nafter = 1\nstatus = 503\n')
    announced: list[str] = []
    answers: list[object] = []
    stop = threading.Event()

    def announce(line: str) -> None:
        announced.append(line)
        if DEMO_KEY in line:
            host = line.split()[0].removeprefix("PROWEBLOOK_BASE_URL=http://")
            with closing(http.client.HTTPConnection(host, timeout=20)) as client:
                for _ in range(2):
                    client.request("GET", f"/api/v1/balance?service=wavalidation&api_key={DEMO_KEY}")
                    answers.append(json.load(client.getresponse()))
            stop.set()

    serve(0, 321, 10.0, QueueKind.ONE_BY_ONE, faults, announce, stop)
    assert "321 WhatsApp credits" in announced[0]
    assert answers == [{"balance": 321, "service": "wavalidation"}, {"error": "Service Unavailable."}]


def test_a_bad_faults_file_or_a_taken_port_stops_it_before_it_serves(tmp_path: Path) -> None:
    announced: list[str] = []
    with pytest.raises(FaultsError):
        serve(0, 1, 1.0, QueueKind.ONE_BY_ONE, tmp_path / "absent.toml", announced.append, threading.Event())
    with Simulator(World()) as other:
        port = int(other.base_url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            serve(port, 1, 1.0, QueueKind.ONE_BY_ONE, None, announced.append, threading.Event())
    assert announced == []
