"""Rows a second of a plan beside a plain loop over csv and phonenumbers, in the same run.

``python -m tests.bench.plan_throughput [rows]``; machines are noisy, the ratio is what counts. Both must find
the same number, or the same reason for none, in every row; what the plan knows beyond phonenumbers is checked
by that. The plan is made as the program makes it, in several processes if the list is long.
"""

import csv
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import phonenumbers
from phonenumbers import (
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.plan_subprocess import plan_in_child
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.bench.terminal import proportional_memory
from tests.lists.differential import agree, expected

_REGION = "US"
_REGIONS = ("US", "GB", "DE", "IN", "BR", "FR", "TR", "ID", "NG", "MX")
_MANY_REGIONS = (
    *_REGIONS,
    *("IT", "ES", "PK", "BD", "PH", "VN", "EG", "ZA", "KE", "SA", "AE", "CO", "PL", "NL", "RU", "UA", "JP"),
    *("AU", "CA", "MA"),
)
_JUNK = ("", "", "n/a", "call the office", "unknown", "555-2671", "+1 415 555", "+49 151 1234567890123")
_LOOK_SECONDS = 0.05
Fate = int | str
"""Of a row: its number as E.164 without the plus, or the reason why it has none."""


def clean_list(rows: int, draw: random.Random) -> str:
    """Return a CSV of so many rows with mobile numbers in E.164, always the same for a seed."""
    starts = [_written(_drawn(region, draw), PhoneNumberFormat.E164)[:-6] for region in _REGIONS]
    lines = (f"{row},Person {row},{draw.choice(starts)}{draw.randrange(10**6):06}\n" for row in range(rows))
    return "id,name,phone\n" + "".join(lines)


def messy_list(rows: int, draw: random.Random) -> str:
    """Return a CSV of so many rows as people keep them, always the same for a seed.

    A third each in E.164, in international and in national writing of the United States; one in fifty has an
    extension or stands in a link, one in twelve is junk or empty, one in seven repeats an earlier row.
    """
    cells: list[str] = []
    for _ in range(rows):
        kind = draw.random()
        if kind < 0.08:
            cell = draw.choice(_JUNK)
        elif kind < 0.22 and cells:
            cell = draw.choice(cells)
        elif kind < 0.24:
            cell = _written(_drawn(draw.choice(_REGIONS), draw), PhoneNumberFormat.INTERNATIONAL) + " ext. 12"
        elif kind < 0.26:
            cell = _written(_drawn(draw.choice(_REGIONS), draw), PhoneNumberFormat.RFC3966)
        elif kind < 0.28:
            cell = "011" + _written(_drawn("DE", draw), PhoneNumberFormat.E164)[1:]
        elif kind < 0.50:
            cell = _written(_drawn(_REGION, draw), PhoneNumberFormat.NATIONAL)
        else:
            form = draw.choice([PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL])
            cell = _written(_drawn(draw.choice(_REGIONS), draw), form)
        cells.append(cell)
    return "id,name,phone\n" + "".join(f"{row},Person {row},{cell}\n" for row, cell in enumerate(cells))


def invalid_list(rows: int, draw: random.Random) -> str:
    """Return a CSV of so many rows from 30 countries, half of them invalid, always the same for a seed.

    They are written in E.164, in international and in national writing, which is the region's for a few only.
    One in six has lost digits, one in six has too many, one in twenty its plus; one in twenty repeats an
    earlier row.
    """
    starts = [
        _written(number, form)[:-6]
        for region in _MANY_REGIONS
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
        for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    ]
    cells: list[str] = []
    for _ in range(rows):
        cell = f"{draw.choice(starts)}{draw.randrange(10**6):06}"
        kind = draw.random()
        if kind < 0.17:
            cell = cell[: -draw.randrange(1, 4)]
        elif kind < 0.33:
            cell += str(draw.randrange(10, 1_000))
        elif kind < 0.38:
            cell = cell.removeprefix("+")
        elif kind < 0.41:
            cell = draw.choice(_JUNK)
        elif kind < 0.46 and cells:
            cell = draw.choice(cells)
        cells.append(cell)
    return "id,name,phone\n" + "".join(f"{row},Person {row},{cell}\n" for row, cell in enumerate(cells))


def _drawn(region: str, draw: random.Random) -> PhoneNumber:
    """Return a mobile number of a region with its last six digits drawn: most are valid, not all."""
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if number is None or number.national_number is None:
        raise AssertionError(f"there is no example for {region}")
    number.national_number = number.national_number // 10**6 * 10**6 + draw.randrange(10**6)
    return number


def _written(number: PhoneNumber, form: int) -> str:
    return phonenumbers.format_number(number, form)


def plain(text: str) -> list[Fate]:
    """Return the fate of every row as one would find it without this program."""
    return [
        expected(row["phone"], _REGION) if row["phone"] else "empty"
        for row in csv.DictReader(io.StringIO(text))
    ]


def planned(text: str) -> list[Fate]:
    """Return the fate of every row as this program finds it, from bytes to plan."""
    made = plan_in_child(Source.from_text(text), Options(region=_REGION, delimiter=",", column="phone"))
    pairs = zip(made.row_number, made.row_reason, strict=True)
    return [made.numbers[number] if number >= 0 else REASONS[reason] for number, reason in pairs]


def _timed(work: Callable[[str], list[Fate]], text: str) -> tuple[list[Fate], float]:
    began = time.perf_counter()
    return work(text), time.perf_counter() - began


def main() -> None:
    """Measure both on each list and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for make in (clean_list, messy_list, invalid_list):
        text = make(rows, random.Random(1))
        (expected, plain_seconds), (found, plan_seconds) = _timed(plain, text), _timed(planned, text)
        if (difference := different(text, found, expected)) is not None:
            raise SystemExit(difference)
        name = make.__name__.removesuffix("_list")
        print(f"{name}: {rows:,} rows, {len(set(found)):,} different fates, all the same")
        print(f"plain loop {rows / plain_seconds:>10,.0f} rows/s")
        ratio = plain_seconds / plan_seconds
        print(f"plan       {rows / plan_seconds:>10,.0f} rows/s   {ratio:.2f} times the plain loop")
    most, processes = _most_memory(text)
    print(f"`pwl-tui plan` of the last: at most {most:,.0f} MB in {processes} processes")


def different(text: str, found: Sequence[Fate], wanted: Sequence[Fate]) -> str | None:
    """Return a sentence on the first row in which the two do not agree. None means there is none."""
    rows = csv.DictReader(io.StringIO(text))
    for line, (row, told, other) in enumerate(zip(rows, found, wanted, strict=True), 2):
        if told != other and not agree(row["phone"], _REGION, told, other):
            return f"line {line}, {row['phone']!r}: the plan says {told}, the plain loop {other}"
    return None


def _most_memory(text: str) -> tuple[float, int]:
    """Return the memory in MB that planning a list headless takes at most, and in how many processes.

    What several processes share counts once (Linux).
    """
    most, processes = 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "list.csv"
        path.write_text(text)
        command = [sys.executable, "-m", "pwl_tui", "--state-dir", name, "plan", str(path)]
        process = subprocess.Popen(
            [*command, "--region", _REGION],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"XDG_CACHE_HOME": name},
            start_new_session=True,
        )
        while process.poll() is None:
            shares = proportional_memory(process.pid)
            most, processes = max(most, sum(shares)), max(processes, len(shares))
            time.sleep(_LOOK_SECONDS)
    return most, processes


if __name__ == "__main__":
    main()
