"""Seconds to take in a workbook beside the compiled reader alone, in the same run.

``python -m tests.bench.xlsx_in [rows]``; machines are noisy, the ratio is what counts. Taking in means from
the file to a list that is kept compressed and can be planned; the plan comes after it and is measured alone.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped] # it has no types
from python_calamine import load_workbook

from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source

_ROUNDS = 3
"""Of each the quickest counts."""


def write_workbook(path: Path, rows: int) -> None:
    """Write a sheet with a name, two phone columns, as text and as number, and a date."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet("Leads"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["id", "name", "phone", "mobile", "since"])
        for row in range(1, rows + 1):
            sheet.write_number(row, 0, row)
            sheet.write_string(row, 1, f"Person {row}")
            sheet.write_string(row, 2, f"+1415555{row % 10_000:04}")
            sheet.write_number(row, 3, 14155550000 + row % 10_000)
            sheet.write_datetime(row, 4, date(2024, 1, 1) + timedelta(days=row % 900), day)


def reader_alone(path: Path) -> int:
    """Return the number of rows, every one of them read."""
    return sum(1 for _ in load_workbook(str(path)).get_sheet_by_index(0).iter_rows())


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure all three and print them."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "leads.xlsx"
        write_workbook(path, rows)
        rounds = [
            (_seconds(lambda: reader_alone(path)), _seconds(lambda: Source.from_path(path)))
            for _ in range(_ROUNDS)
        ]
        alone, taken = (min(seconds) for seconds in zip(*rounds, strict=True))
        source, count = Source.from_path(path), reader_alone(path)
    began = time.perf_counter()
    made = plan(source, Options())
    planned = time.perf_counter() - began
    if (made.rows, made.rejected, made.blank) != (count - 1, 0, 0):
        raise SystemExit(f"the plan has {made.rows:,} rows, the sheet {count - 1:,}")
    sys.stdout.write(
        f"{rows:,} rows of 5 cells\n"
        f"reader alone {alone:>6.1f} s\n"
        f"taken in     {taken:>6.1f} s   {taken / alone:.2f} times the reader alone\n"
        f"then planned {planned:>6.1f} s\n"
    )


if __name__ == "__main__":
    main()
