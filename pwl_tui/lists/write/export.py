"""The person's own list back, in order and with its own columns, and the answers beside them."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.answers import CHOICES, OUTCOMES, Choice, RowAnswer
from pwl_tui.lists.write.delimited import Delimited
from pwl_tui.lists.write.export_formats import Form, JsonLines, Scratch, Text, Workbook, Write
from pwl_tui.lists.write.export_layout import Shape, WiderRowError, measured, supposed
from pwl_tui.lists.write.files import Draft, complete_files
from pwl_tui.text import clean

Format = Literal["csv", "xlsx", "jsonl", "txt"]

_ROWS_AT_ONCE = 1000

_FORMS: dict[Format, Callable[..., Form[Any]]] = {
    "csv": Delimited,
    "jsonl": JsonLines,
    "txt": Text,
}


class Target(Struct, frozen=True):
    """What an export is to make.

    Attributes:
        path: the file; of several, what their names are made of.
        format: ``csv``, ``xlsx``, ``jsonl`` or ``txt``.
        only: which rows; none: all.
        split: a file for each outcome, as ``crm-on-whatsapp.csv``.
        digits: numbers without the plus.
        force: replace files that exist.
    """

    path: Path
    format: Format
    only: Choice | None = None
    split: bool = False
    digits: bool = False
    force: bool = False

    def files(self) -> dict[Path, Choice | None]:
        """Return the files that may be made, and which rows belong into each; none: all."""
        if not self.split:
            return {self.path: self.only}
        beside, stem, ending = self.path.parent, self.path.stem, self.path.suffix
        return {beside / f"{stem}-{outcome}{ending}": outcome for outcome in OUTCOMES}


class Written(NamedTuple):
    """A file that was made, and how many rows it has; of a text, how many numbers."""

    path: Path
    rows: int


def export_files(
    target: Target,
    source: Source,
    reading: Reading,
    answers: Callable[[], Iterator[RowAnswer]],
    scratch: Scratch,
    watch: Callable[[int], None] | None = None,
) -> list[Written]:
    """Write a list with its answers, to files that are all complete or all absent, in constant memory.

    - ``csv``: see `Delimited`.
    - ``xlsx``: all cells as text; a million rows and more go on in further sheets.
    - ``jsonl``: an object a row.
    - ``txt``: each number once, one a line.

    Of the files of a split, those that would have no rows are left out, unless they replace one that has.

    Args:
        target: what is to be made.
        source: the list.
        reading: how it was read.
        answers: yields one a row, in order; called again where the first try does not fit.
        scratch: lends a private directory for what a workbook needs until it is complete.
        watch: told how many rows are done, now and then; what it raises ends the export.

    Raises:
        ListError: a file cannot be written or exists already, or a workbook cannot hold the list.
    """
    if target.split and os.path.isdir(target.path):
        raise ListError(
            f"{clean(str(target.path))} is a directory.",
            "Give what the names of the files are to begin with, such as answers.csv.",
        )
    try:
        return _export(target, source, reading, supposed(source, reading), answers(), scratch, watch)
    except WiderRowError:
        return _export(target, source, reading, measured(source, reading), answers(), scratch, watch)


def _export(
    target: Target,
    source: Source,
    reading: Reading,
    columns: Shape,
    answers: Iterator[RowAnswer],
    scratch: Scratch,
    watch: Callable[[int], None] | None,
) -> list[Written]:
    make = partial(Workbook, scratch=scratch) if target.format == "xlsx" else _FORMS[target.format]
    form = make(source, reading, columns, digits=target.digits)
    pairs = zip(form.rows(), answers, strict=True)
    files = target.files()
    with complete_files([*files], force=target.force) as drafts, ExitStack() as stack:
        outs = [_Out(form, draft, files[draft.path], stack, late=target.split) for draft in drafts]
        done = 0
        while some := list(islice(pairs, _ROWS_AT_ONCE)):
            for out in outs:
                out.write(some)
            done += len(some)
            if watch is not None:
                watch(done)
        stack.close()
    return [Written(out.draft.path, out.rows) for out in outs if out.draft.wanted]


class _Out:
    """A file that some of the rows go to.

    Args:
        form: how it is written.
        draft: the file.
        choice: which rows; none: all.
        stack: what it is ended by.
        late: begin it with its first row, if there is one.
    """

    def __init__(
        self, form: Form[Any], draft: Draft, choice: Choice | None, stack: ExitStack, *, late: bool
    ) -> None:
        self.draft, self._form, self._stack = draft, form, stack
        self.rows = 0
        self._belongs = None if choice is None else CHOICES[choice]
        self._write: Write[Any] | None = None
        draft.wanted = False
        if not late or draft.replaces:
            self._write = self._begin()

    def write(self, pairs: Sequence[tuple[Any, RowAnswer]]) -> None:
        """Write those of some rows that belong here."""
        if (belongs := self._belongs) is not None:
            pairs = [pair for pair in pairs if belongs(pair[1][2])]
        if not pairs:
            return
        if self._write is None:
            self._write = self._begin()
        self.rows += self._write(pairs)

    def _begin(self) -> Write[Any]:
        self.draft.wanted = True
        return self._stack.enter_context(self._form.begin(self.draft.stream))
