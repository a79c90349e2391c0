"""How a list is read: what the person said, and what was decided. Only values, quick to load."""

from typing import Literal

import msgspec

from pwl_tui.lists.read.findings import Candidate, Finding

Strictness = Literal["valid", "possible"]
"""``valid``: in a range that its region's numbering plan uses. ``possible``: of a length that the plan allows
for complete numbers, with their area code."""

Several = Literal["first", "all"]
"""Of several numbers in a row: read the first, or all."""


class Options(msgspec.Struct, frozen=True):
    """What the person said about a list; None means to detect it."""

    column: str | None = None
    """The name of the column with the numbers, or its position counted from 1; several with commas between
    them, in quotes if they have commas themselves."""
    header: bool | None = None
    region: str | None = None
    """ISO 3166 code of the region that national numbers belong to, or ``international`` if all numbers begin
    with their country code. None: numbers need a ``+``, unless the list shows that it was lost."""
    region_column: str | None = None
    """The column with each row's region, as for `column`; empty if no column has it."""
    encoding: str | None = None
    delimiter: str | None = None
    in_text: bool | None = None
    """Whether to look for numbers within lines of text, any number of them per line."""
    numbers: Strictness = "valid"
    earlier_regions: tuple[str, ...] = ()
    """Regions that earlier lists were read with, the latest first: likelier than others, and never taken."""
    several: Several | None = None
    """Of several numbers in a row: read which. None: all of them in text, vCards and JSON and where several
    columns are given; otherwise such a row has none, because each number is paid for."""


class Reading(msgspec.Struct, frozen=True):
    """How a list is read. It is stored with its job, so that the list is read the same way again."""

    @property
    def read_columns(self) -> tuple[int, ...]:
        """The indices of all columns with numbers, in the order in which they are read."""
        return (self.column, *self.more_columns)

    @property
    def column_names(self) -> str:
        """The names of those columns, with commas between them."""
        return ",".join(self.columns[column] for column in self.read_columns)

    encoding: str
    """Python's name for it."""
    delimiter: str
    """Empty if each line is one cell."""
    header: bool
    columns: tuple[str, ...]
    """Their names, safe to show and all different: from the header, or ``column 1`` and so on."""
    column: int
    """The index of the column with the numbers."""
    region: str | None
    strictness: Strictness
    plus_lost: bool
    """Whether numbers without ``+`` are read as international ones that lost it."""
    in_text: bool = False
    """Whether numbers are looked for within the lines. Each number in a line then makes a row."""
    preamble: int = 0
    """How many records are above the header, such as a title. They are not rows. See `rows.preamble`."""
    region_column: int | None = None
    """The index of the column with each row's region; `region` is used where that column has none."""
    sheet: str = ""
    """Which sheet of a workbook is read; empty for other lists."""
    other_sheets: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """The columns that seem to have phone numbers, the likeliest first."""
    several: Several | None = None
    """Which numbers of a row with several are read; None: it has no number then."""
    more_columns: tuple[int, ...] = ()
    """The indices of further columns with numbers, in the order in which they are read."""
    spaced: bool = False
    """Whether spaces stand between the delimiters and the quotes of cells."""
    area_column: int | None = None
    """The index of the column with the area codes of numbers that lack them; None if there is none."""
    findings: tuple[Finding, ...] = ()
    """What was detected or given, and how sure that is."""
