"""The filters over results: what asks about a value and what asks the state file agree."""

import sqlite3
from contextlib import closing
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import astuple

from pwl_tui.answer import COLUMNS, Answer, Outcome
from pwl_tui.filters import FILTERS, Choice

FLAGS = (True, False, None)
ROWS = [Answer(*each) for each in product(Outcome, FLAGS, FLAGS)]
REAL = [row for row in ROWS if (row.outcome is Outcome.COMPLETED) is (row.on_whatsapp is not None)]


def test_every_key_has_a_filter() -> None:
    assert set(FILTERS) == set(get_args(Choice))


@pytest.mark.parametrize("key", FILTERS)
def test_a_condition_lets_the_same_rows_through_as_its_test(key: Choice) -> None:
    kind = FILTERS[key]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE TABLE numbers ({', '.join(COLUMNS)})")
        database.executemany("INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?)", map(astuple, ROWS))
        found = database.execute(f"SELECT * FROM numbers WHERE {kind.condition} ORDER BY rowid").fetchall()  # noqa: S608 - ours
    assert found == [astuple(row) for row in ROWS if kind.matches(row)]
    assert 0 < len(found) < len(ROWS)


@pytest.mark.parametrize("row", REAL, ids=str)
def test_a_row_passes_one_of_the_filters_that_divide(row: Answer) -> None:
    assert sum(kind.matches(row) for kind in FILTERS.values() if kind.divides) == 1


def test_a_brief_title_is_one_word() -> None:
    assert [kind.brief for kind in FILTERS.values() if " " in kind.brief] == []
