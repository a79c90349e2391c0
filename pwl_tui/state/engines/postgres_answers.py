"""How answers to many numbers get into a schema: in one statement, since others wait for the write lock."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import fields

from pwl_tui.answer import COLUMNS, Answer, Outcome
from pwl_tui.state.database import Answers, Connection, Cursor

_TYPES: Final = [
    "TEXT" if isinstance(field.type, type) and issubclass(field.type, str) else "BIGINT"
    for field in fields(Answer)
]
_STORED: Final = (*COLUMNS, "answered")
_ARRAYS: Final = ", ".join(f"CAST(? AS {column}[])" for column in (*_TYPES, "DOUBLE PRECISION"))
_STORE: Final = f"""
UPDATE numbers n SET {", ".join(f"{column}=said.{column}" for column in _STORED)}
FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS came (number, which)
JOIN unnest({_ARRAYS}) WITH ORDINALITY AS said ({", ".join(_STORED)}, which) ON said.which=came.which
WHERE n.job=? AND n.idx>=? AND n.idx<? AND n.outcome='{Outcome.PENDING}' AND n.number=came.number
"""
"""Most numbers have one of a few answers, each of which is sent once."""
_LOOPS: Final = "SET LOCAL enable_nestloop={}"
"""A server that has not counted yet what a table holds would compare each number with each answer."""


class PostgresAnswers(Answers):
    """Answers in a schema that several machines share."""

    def store(
        self, c: Connection, span: tuple[int, int, int], answers: Mapping[int, tuple[object, ...]]
    ) -> Cursor:
        """Store the answers to those numbers of a batch that have none."""
        places: dict[tuple[object, ...], int] = {}
        which = [places.setdefault(answer, len(places) + 1) for answer in answers.values()]
        said = list(map(list, zip(*places, strict=True))) or [[]] * len(_STORED)
        c.execute(_LOOPS.format("off"))
        cursor = c.execute(_STORE, (list(answers), which, *said, *span))
        c.execute(_LOOPS.format("on"))
        return cursor
