"""Lists as people bring them, made up, each beside the plan that is expected of it.

``SAMPLE.json`` holds the options that are given, how the list is read, how sure that is, and the fate of
every row.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pwl_tui.lists.numbers.reasons import REASONS
from pwl_tui.lists.plan import plan
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".json")


def told(made: ListPlan) -> dict[str, Any]:
    reading = made.reading
    region_column = None if reading.region_column is None else reading.columns[reading.region_column]
    return {
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header": reading.header,
        "preamble": reading.preamble,
        "in_text": reading.in_text,
        "sheet": reading.sheet,
        "column": reading.columns[reading.column],
        "candidates": [reading.columns[candidate.column] for candidate in reading.candidates],
        "region_column": region_column,
        "sure": {finding.aspect: finding.sure for finding in reading.findings},
        "region_guesses": [guess.region for guess in made.region_guesses],
        "rows": [
            " ".join(f"+{number}" for number in made.numbers_of(row)) or REASONS[made.row_reason[row]]
            for row in range(made.rows)
        ],
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_planned_as_expected(name: str) -> None:
    expected = json.loads((SAMPLES / f"{name}.json").read_text())
    options = Options(**expected.pop("options"))
    assert told(plan(Source.from_path(SAMPLES / name), options)) == expected
