"""What the form for a new list holds, and the reading of that list. Knows no widget."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.errors import PlanCancelledError
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options, Strictness
from pwl_tui.lists.read.source import Source


class Choices(Struct, frozen=True):
    """How a list is to be read and what is paid for, beyond its path and region; none: as detected.

    Attributes:
        sheet: of a workbook, by name.
        column: with the numbers, as its place counted from 1.
        region_column: with each row's country, as its place counted from 1; empty: no column is.
        header: whether the first row names the columns.
        delimiter: what stands between cells.
        in_text: whether numbers are looked for within lines of text.
        encoding: as Python or the person names it.
        sample: pay for so many numbers at random; none: for all.
        reuse: answers that were paid for before are used again.
    """

    sheet: str | None = None
    column: str | None = None
    region_column: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    in_text: bool | None = None
    encoding: str | None = None
    sample: int | None = None
    reuse: bool = True

    def options(self, region: str | None, numbers: Strictness) -> Options:
        """Return what the reader is to know, with the region for national numbers."""
        return Options(
            column=self.column,
            header=self.header,
            region=region,
            region_column=self.region_column,
            encoding=self.encoding,
            delimiter=self.delimiter,
            in_text=self.in_text,
            numbers=numbers,
        )

    def decide(self, engine: Engine, listed: ListPlan) -> tuple[JobPlan, float | None]:
        """Return what would be sent of a list, and the seconds that takes, if known. Slow for long lists."""
        plan = engine.plans.decide(listed, reuse_days=None if self.reuse else 0, sample=self.sample)
        return plan, engine.plans.seconds_for(plan.to_pay)

    def reads_as(self, other: "Choices") -> bool:
        """Say whether a list is read the same way with other choices."""
        return self.options(None, "valid") == other.options(None, "valid") and self.sheet == other.sheet


class Wanted(Struct, frozen=True):
    """A list that is to be read.

    Attributes:
        pasted: the list itself; none: it is a file.
        path: of the file.
        region: ISO 3166 code for national numbers.
        numbers: which numbers count.
        choices: what else was chosen.
    """

    pasted: str | None
    path: Path
    region: str | None
    numbers: Strictness
    choices: Choices

    def read(
        self, engine: Engine, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ListPlan:
        """Take the list in, and look at all of its rows. Slow for long lists.

        Args:
            engine: reads it.
            progress: told the bytes done and the bytes there are; it goes from start to end twice.
            cancelled: asked now and then whether to give up.

        Raises:
            ListError: the list cannot be read, or holds no number.
            PlanCancelledError: `cancelled` said so.
        """
        source = self._taken_in(progress, cancelled)
        options = self.choices.options(self.region, self.numbers)
        return engine.plans.read(source, options, progress=progress, cancelled=cancelled)

    def _taken_in(self, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Source:
        if self.pasted is not None:
            return Source.from_text(self.pasted)
        # Where there is no file, reading it says what is wrong.
        size = self.path.stat().st_size if os.path.isfile(self.path) else 0

        def watch(done: int) -> None:
            if cancelled():
                raise PlanCancelledError
            progress(done, size)

        return Source.from_path(self.path, sheet=self.choices.sheet, watch=watch)
