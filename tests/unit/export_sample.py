"""A small list with every kind of answer, and a way to export it."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pwl_tui.answer import Answer, Outcome
from pwl_tui.filters import Choice
from pwl_tui.lists.read.detect import detect
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import RowAnswer
from pwl_tui.lists.write.export import Format, Target, export_files

YES = (14155552671, 0, Answer(Outcome.COMPLETED, True, False, "T-Mobile", "US"))
BUSINESS = (4915112345678, 0, Answer(Outcome.COMPLETED, True, True, "", "DE", "reused from 2026-01-02"))
NO = (919876543210, 0, Answer(Outcome.COMPLETED, False, None, "=cmd|'/c calc'!A1", "IN"))
FAILED = (5511987654321, 0, Answer(Outcome.FAILED))
PENDING = (33612345678, 0, Answer(Outcome.PENDING))
REJECTED = (0, 0, Answer(Outcome.REJECTED, note="not a number"))
NOT_SENT = (447911123456, 0, Answer(Outcome.NOT_SENT))
ANSWERS: list[RowAnswer] = [YES, BUSINESS, NO, FAILED, PENDING, REJECTED, NOT_SENT]
AGAIN = (YES[0], 2, YES[2])
NAMES = ["Ada", "Bo", "=Cy", "Di, Ed", 'F "G"', "", "two\nlines"]


@contextmanager
def lend() -> Iterator[Path]:
    """Lend a directory for temporary files."""
    with TemporaryDirectory() as name:
        yield Path(name)


def source_of(data: str | bytes, kind: str = "csv") -> Source:
    raw = data.encode() if isinstance(data, str) else data
    return Source.from_text(raw.decode()) if kind == "txt" else Source.from_stream(io.BytesIO(raw), "crm")


def table(delimiter: str = ",", line_end: str = "\n", *, heading: bool = True) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    if heading:
        writer.writerow(["name", "phone"])
    writer.writerows([name, f"+{number}"] for name, (number, _, _) in zip(NAMES, ANSWERS, strict=True))
    return text.getvalue()


def export(
    path: Path,
    source: Source,
    answers: list[RowAnswer] | None = None,
    *,
    format: Format = "csv",  # noqa: A002 - the word of the function under test
    only: Choice | None = None,
    split: bool = False,
    digits: bool = False,
    force: bool = False,
    options: Options | None = None,
) -> int:
    """Return how many rows were written."""
    reading = detect(source, options or Options())
    found = ANSWERS if answers is None else answers
    target = Target(path, format, only=only, split=split, digits=digits, force=force)
    return sum(rows for _, rows in export_files(target, source, reading, lambda: iter(found), lend))


def cells(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))
