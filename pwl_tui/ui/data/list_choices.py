"""What the form for a new list holds, and reading that list."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.engine.engine import Engine
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.lists.errors import PlanCancelledError
from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.reading import Options, Strictness
from pwl_tui.lists.read.source import Source


class Choices(Struct, frozen=True):
    """How to read a list and what to pay for, beyond its path, region and which numbers to accept.

    Attributes:
        options: how to read it, without `region` and `numbers`, which are the form's; None means as detected.
        sheet: of a workbook, by name; None means as detected.
        sample: pay for this many numbers, chosen at random; None means all.
        reuse: whether to reuse results that were paid for before.
    """

    options: Options = Options()
    sheet: str | None = None
    sample: int | None = None
    reuse: bool = True

    def decide(self, engine: Engine, listed: ListPlan) -> tuple[JobPlan, float | None]:
        """Return what would be sent, and the seconds that will take, None if unknown. Slow for long lists."""
        plan = engine.plans.decide(listed, reuse_days=None if self.reuse else 0, sample=self.sample)
        return plan, engine.plans.seconds_for(plan.to_pay)

    def reads_as(self, other: "Choices") -> bool:
        """Return whether a list is read the same way with other choices."""
        return (self.options, self.sheet) == (other.options, other.sheet)


class Wanted(Struct, frozen=True):
    """A list to read.

    Attributes:
        pasted: the list itself; None if it is a file.
        path: of the file.
        region: ISO 3166 code of where national numbers are from.
        numbers: which numbers to accept.
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
        """Read the list and all of its rows. Slow for long lists.

        Args:
            engine: reads it.
            progress: called with the bytes done and the bytes in total; runs from start to end twice.
            cancelled: called now and then; returns whether to give up.

        Raises:
            ListError: the list cannot be read, or has no numbers.
            PlanCancelledError: `cancelled` returned true.
        """
        source = self._taken_in(progress, cancelled)
        options = replace(self.choices.options, region=self.region, numbers=self.numbers)
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
