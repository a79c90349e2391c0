"""Rows a second of a plan beside a plain loop over csv and phonenumbers, in the same run.

``python -m tests.bench.plan_throughput [rows]``; machines are noisy, the ratio is what counts. Both must find
the same number, or the same reason for none, in every row.
"""

import csv
import io
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import phonenumbers
from phonenumbers import (
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.bench.terminal import memory
from tests.lists.differential import expected

_REGION = "US"
_REGIONS = ("US", "GB", "DE", "IN", "BR", "FR", "TR", "ID", "NG", "MX")
_JUNK = ("", "", "n/a", "call the office", "unknown", "555-2671", "+1 415 555", "+49 151 1234567890123")
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
    made = plan(Source.from_text(text), Options(region=_REGION, delimiter=",", column="phone"))
    pairs = zip(made.row_number, made.row_reason, strict=True)
    return [made.numbers[number] if number >= 0 else REASONS[reason] for number, reason in pairs]


def _timed(work: Callable[[str], list[Fate]], text: str) -> tuple[list[Fate], float]:
    began = time.perf_counter()
    return work(text), time.perf_counter() - began


def main() -> None:
    """Measure both on both lists and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for name, make in (("clean", clean_list), ("messy", messy_list)):
        text = make(rows, random.Random(1))
        (expected, plain_seconds), (found, plan_seconds) = _timed(plain, text), _timed(planned, text)
        if found != expected:
            row = next(row for row in range(rows) if found[row] != expected[row])
            raise SystemExit(f"row {row}: the plan found {found[row]}, the plain loop {expected[row]}")
        ratio = plain_seconds / plan_seconds
        print(f"{name}: {rows:,} rows, {len(set(found)):,} different fates, all the same")
        print(f"plain loop {rows / plain_seconds:>10,.0f} rows/s")
        print(f"plan       {rows / plan_seconds:>10,.0f} rows/s   {ratio:.2f} times the plain loop")
    print(f"`pwl-tui plan` of the messy list: at most {_most_memory(text):,.0f} MB in its two processes")


def _most_memory(text: str) -> float:
    """Return the resident memory in MB that planning a list headless takes at most."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "list.csv"
        path.write_text(text)
        command = [sys.executable, "-m", "pwl_tui", "--state-dir", name, "plan", str(path)]
        process = subprocess.Popen(
            [*command, "--region", _REGION],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        most = 0.0
        while process.poll() is None:
            most = max(most, memory(process.pid))
    return most


if __name__ == "__main__":
    main()
