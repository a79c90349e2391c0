"""How a list is read: what the person said, and what was decided. Values alone, quick to load."""

from typing import Literal

import msgspec

from pwl_tui.lists.read.findings import Candidate, Finding

Strictness = Literal["valid", "possible"]
"""``valid``: in use by the numbering plan of its region. ``possible``: of a length that the plan knows for
whole numbers, those without their area code not."""


class Options(msgspec.Struct, frozen=True):
    """What the person said of a list; none: to be detected."""

    column: str | None = None
    """The name of the column with the numbers, or its place, counted from 1."""
    header: bool | None = None
    region: str | None = None
    """ISO 3166 code of the region that national numbers belong to."""
    region_column: str | None = None
    """The column that names each row's region, as `column`; empty: no column does."""
    encoding: str | None = None
    delimiter: str | None = None
    in_text: bool | None = None
    """Whether numbers stand within lines of text, any number a line."""
    numbers: Strictness = "valid"


class Reading(msgspec.Struct, frozen=True):
    """How a list is read; stored with its job, so that it is read the same way again."""

    encoding: str
    """As Python names it."""
    delimiter: str
    """Empty where each line is one cell."""
    header: bool
    columns: tuple[str, ...]
    """Safe to show and all different: the header's names, or ``column 1`` and so on."""
    column: int
    """Which of the columns holds the numbers, counted from 0."""
    region: str | None
    strictness: Strictness
    plus_lost: bool
    """Whether numbers without ``+`` are taken for international ones that lost it."""
    in_text: bool = False
    """Whether numbers are looked for within the lines. A line is then a row once for each number in it."""
    preamble: int = 0
    """Records before the header, such as a title: they are no rows. See `preamble`."""
    region_column: int | None = None
    """Which of the columns says where a row's national number belongs; `region` where it says nothing."""
    sheet: str = ""
    """The sheet of a workbook; empty for other lists."""
    other_sheets: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """The columns that look like phone numbers, the likeliest first."""
    findings: tuple[Finding, ...] = ()
    """What was detected or said, with how sure that is."""
