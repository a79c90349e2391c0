"""Rows a second of a plan beside a bare loop over csv and phonenumbers, in the same run.

``python -m tests.bench.plan_throughput [rows]``; machines are noisy, the ratio is what counts.
"""

import csv
import io
import random
import sys
import time
from collections.abc import Callable

import phonenumbers

from pwl_tui.lists.plan import plan
from pwl_tui.lists.readers import Options, Source

_REGIONS = ("US", "GB", "DE", "IN", "BR", "FR", "TR", "ID", "NG", "MX")


def make_list(rows: int, draw: random.Random) -> str:
    """Return a CSV of so many rows with mostly valid mobile numbers, always the same for a seed."""
    examples = []
    for region in _REGIONS:
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        assert example is not None
        examples.append(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[:-6])
    lines = (f"{row},Person {row},{draw.choice(examples)}{draw.randrange(10**6):06}\n" for row in range(rows))
    return "id,name,phone\n" + "".join(lines)


def bare(text: str) -> int:
    """Count the distinct numbers of a list as one would without this program."""
    found = set()
    for row in csv.DictReader(io.StringIO(text)):
        number = phonenumbers.parse(row["phone"], None)
        if phonenumbers.is_valid_number(number):
            found.add(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return len(found)


def planned(text: str) -> int:
    """Count them as this program does, from bytes to plan."""
    return len(plan(Source.from_text(text), Options()).numbers)


def _timed(work: Callable[[str], int], text: str) -> tuple[int, float]:
    began = time.perf_counter()
    return work(text), time.perf_counter() - began


def main() -> None:
    """Measure both and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    text = make_list(rows, random.Random(1))
    bare(text[:20_000].rpartition("\n")[0])  # loads the metadata of the regions
    (expected, bare_seconds), (found, plan_seconds) = _timed(bare, text), _timed(planned, text)
    if found != expected:
        raise SystemExit(f"the plan found {found:,} numbers, the bare loop {expected:,}")
    ratio = bare_seconds / plan_seconds
    sys.stdout.write(
        f"{rows:,} rows, {found:,} numbers\n"
        f"bare loop  {rows / bare_seconds:>10,.0f} rows/s\n"
        f"plan       {rows / plan_seconds:>10,.0f} rows/s   {ratio:.2f} times the bare loop\n"
    )


if __name__ == "__main__":
    main()
