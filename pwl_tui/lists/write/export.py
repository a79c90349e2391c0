"""Exports the person's own list, in order and with its own columns, with the results beside them."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from pwl_tui.filters import FILTERS, Choice
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import FIELDS, RowAnswer
from pwl_tui.lists.write.delimited import Delimited
from pwl_tui.lists.write.export_formats import JsonLines, Scratch, Text, Workbook, Writer, WriteRows
from pwl_tui.lists.write.export_layout import ExportLayout, WiderRowError, expected_layout, measured_layout
from pwl_tui.lists.write.files import Draft, complete_files
from pwl_tui.text import clean

Format = Literal["csv", "xlsx", "jsonl", "txt"]

_ROWS_AT_ONCE = 1000

_WRITERS: dict[Format, Callable[..., Writer[Any]]] = {
    "csv": Delimited,
    "jsonl": JsonLines,
    "txt": Text,
}


ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".xlsx": "xlsx",
}


def format_of(path: Path) -> Format | None:
    """Return the format that the name of a file stands for. None means that it stands for none."""
    return ENDINGS.get(path.suffix.lower())


class Target(Struct, frozen=True):
    """What to export to.

    Attributes:
        path: the file; for a split, what the names of the files are made of.
        format: ``csv``, ``xlsx``, ``jsonl`` or ``txt``.
        only: which rows; None means all.
        split: write one file for each outcome, such as ``crm-on-whatsapp.csv``.
        digits: write numbers without the plus.
        force: replace files that exist.
    """

    path: Path
    format: Format
    only: Choice | None = None
    split: bool = False
    digits: bool = False
    force: bool = False

    def files(self) -> dict[Path, Choice | None]:
        """Return the files that may be written, and which rows go into each; None means all."""
        if not self.split:
            return {self.path: self.only}
        beside, stem, ending = self.path.parent, self.path.stem, self.path.suffix
        return {beside / f"{stem}-{key}{ending}": key for key, kind in FILTERS.items() if kind.divides}


class Written(NamedTuple):
    """A file that was written, and how many rows it has; for a text, how many numbers."""

    path: Path
    rows: int


class Witness(NamedTuple):
    """Told what is being written, so that it is known what a process that was killed has left behind.

    Attributes:
        begun: told, before any file is made, which name each has until it is complete.
        whole: told which files are complete and what is in them, before they get their names.
    """

    begun: Callable[[Mapping[Path, Path]], None]
    whole: Callable[[Sequence[Draft], Sequence[Written]], None]


def export_files(
    target: Target,
    source: Source,
    reading: Reading,
    answers: Callable[[], Iterator[RowAnswer]],
    scratch: Scratch,
    watch: Callable[[int], None] | None = None,
    witness: Witness | None = None,
    fields: Sequence[str] = FIELDS,
) -> list[Written]:
    """Write a list with its results, in constant memory. The files are all complete or all absent.

    - ``csv``: see `Delimited`.
    - ``xlsx``: all cells as text; more than a million rows take several sheets.
    - ``jsonl``: one object per row.
    - ``txt``: each number once, one per line.

    The files of a split that would have no rows are left out, unless they replace one that exists.

    Args:
        target: what to export to.
        source: the list.
        reading: how it was read.
        answers: yields one answer per row, in order; called again if the first attempt does not fit.
        scratch: lends a private directory for what a workbook needs until it is complete.
        watch: called now and then with the number of rows done; an exception it raises ends the export.
        witness: told which files are being written.
        fields: the columns to add; they fit the answers.

    Raises:
        ListError: a file cannot be written or exists already, or a workbook cannot hold the list.
    """
    _require_names(target)
    write = partial(_export, target, source, reading, scratch=scratch, watch=watch, witness=witness)
    try:
        return write(expected_layout(source, reading, fields), answers())
    except WiderRowError:
        return write(measured_layout(source, reading, fields), answers())


def require_writable(target: Target) -> None:
    """Check that an export can be written, by beginning its files and removing them again.

    Raises:
        ListError: a file exists already, or cannot be written.
    """
    _require_names(target)
    with complete_files([*target.files()], force=target.force) as drafts:
        for draft in drafts:
            draft.wanted = False


def _require_names(target: Target) -> None:
    if target.split and os.path.isdir(target.path):
        raise ListError(
            f"{clean(str(target.path))} is a directory.",
            "Add the beginning of the file names, such as answers.csv.",
        )


def _export(
    target: Target,
    source: Source,
    reading: Reading,
    columns: ExportLayout,
    answers: Iterator[RowAnswer],
    *,
    scratch: Scratch,
    watch: Callable[[int], None] | None,
    witness: Witness | None,
) -> list[Written]:
    make = partial(Workbook, scratch=scratch) if target.format == "xlsx" else _WRITERS[target.format]
    writer = make(source, reading, columns, digits=target.digits)
    pairs = zip(writer.rows(), answers, strict=True)
    files = target.files()
    begun = None if witness is None else witness.begun
    with complete_files([*files], force=target.force, begun=begun) as drafts, ExitStack() as stack:
        outs = [_Out(writer, draft, files[draft.path], stack, late=target.split) for draft in drafts]
        done = 0
        while some := list(islice(pairs, _ROWS_AT_ONCE)):
            for out in outs:
                out.write(some)
            done += len(some)
            if watch is not None:
                watch(done)
        stack.close()
        written = [Written(out.draft.path, out.rows) for out in outs if out.draft.wanted]
        if witness is not None:
            for draft in drafts:
                draft.stream.flush()
            witness.whole(drafts, written)
    return written


class _Out:
    """A file that some of the rows go to.

    Args:
        writer: how it is written.
        draft: the file.
        choice: which rows; None means all.
        stack: ends the file.
        late: begin it with its first row, if there is one.
    """

    def __init__(
        self, writer: Writer[Any], draft: Draft, choice: Choice | None, stack: ExitStack, *, late: bool
    ) -> None:
        self.draft, self._writer, self._stack = draft, writer, stack
        self.rows = 0
        self._belongs = None if choice is None else FILTERS[choice].matches
        self._write: WriteRows[Any] | None = None
        draft.wanted = False
        if not late or draft.replaces:
            self._write = self._begin()

    def write(self, pairs: Sequence[tuple[Any, RowAnswer]]) -> None:
        """Write those of the rows that belong here."""
        if (belongs := self._belongs) is not None:
            pairs = [pair for pair in pairs if belongs(pair[1][2])]
        if not pairs:
            return
        if self._write is None:
            self._write = self._begin()
        self.rows += self._write(pairs)

    def _begin(self) -> WriteRows[Any]:
        self.draft.wanted = True
        return self._stack.enter_context(self._writer.begin(self.draft.stream))
