"""How to read a list if what was detected is wrong, and how much of it to pay for."""

from typing import get_args

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Select

from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.findings import Aspect
from pwl_tui.lists.read.reading import Options, Reading, Several
from pwl_tui.text import clean
from pwl_tui.ui.data.list_choices import Choices
from pwl_tui.ui.dialogs.base import FormDialog, field
from pwl_tui.ui.dialogs.questions import amount_typed
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput
from pwl_tui.wording.figures import counted, percent

_DETECTED = ""
"""The value of a setting that is left to detection."""
_NONE = "none"
_IN_TEXT = "text"
_DELIMITERS = (
    ("comma ,", ","),
    ("semicolon ;", ";"),
    ("tab", "tab"),
    ("pipe |", "|"),
    ("none: numbers in running text", _IN_TEXT),
)
_SEVERAL = (("the first number of a row", "first"), ("all numbers of a row", "all"))
_HEADER = (("yes: the first row names the columns", "yes"), ("no: the first row is data", "no"))

Offered = list[tuple[str, str]]


class ListOptions(FormDialog[Choices]):
    """One line for each setting, with what was detected and how sure that is.

    Args:
        plan: the list as it is read now.
        choices: the settings made so far.
        reuse_days: how old a result may be to be used again, in days. 0 means that none is.
        reused: how many numbers are reused with these settings.

    Returns:
        The settings. None means that it was canceled.
    """

    def __init__(self, plan: ListPlan, choices: Choices, *, reuse_days: int, reused: int) -> None:
        super().__init__()
        self._reading, self._choices = plan.reading, choices
        self._reuse_days, self._reused = reuse_days, reused

    def compose(self) -> ComposeResult:
        """Draw a line for each setting that this kind of list has."""
        reading, choices, options = self._reading, self._choices, self._choices.options
        with self.frame("How to read the list", id="list-options"):
            if reading.sheet:
                sheets = [(clean(name, 40), name) for name in (reading.sheet, *reading.other_sheets)]
                yield self._row("Sheet", "sheet", _select("sheet", sheets, choices.sheet))
            if not reading.in_text:
                yield self._row(
                    "Column", "column", _select("column", _columns(reading), _first(options.column))
                )
            if len(reading.columns) > 1 and not reading.in_text:
                hint = "none; or, with commas, such as 3,4"
                more = TextInput(_further(options.column), id="more-columns", placeholder=hint)
                yield field("Also column", more)
            yield field("Several", _select("several", list(_SEVERAL), options.several))
            yield self._row("Header", "header", _select("header", list(_HEADER), _header(options.header)))
            if not reading.sheet:
                delimiter = _IN_TEXT if options.in_text else options.delimiter
                delimiters = _select("delimiter", list(_DELIMITERS), delimiter)
                yield self._row("Delimiter", "delimiter", delimiters)
                hint = "as detected, or utf-8, cp1252, …"
                encoding = TextInput(options.encoding or "", id="encoding", placeholder=hint)
                yield self._row("Encoding", "encoding", encoding)
            if reading.header and len(reading.columns) > 1:
                column = _NONE if options.region_column == "" else options.region_column
                countries = [("no column", _NONE), *_numbered(reading, range(len(reading.columns)))]
                yield self._row("Country", "region", _select("region-column", countries, column))
            sample, hint = str(choices.sample or ""), "everything, or this many numbers at random"
            yield field("Sample", TextInput(sample, id="sample", placeholder=hint, max_length=9))
            if self._reuse_days:
                reuse = Checkbox(self._reuse_words(), id="reuse")
                reuse.value = choices.reuse
                yield reuse
            yield from self.ending("Apply")

    def action_submit(self) -> None:
        """Close with the settings, if they are right."""
        typed = self.query_one("#sample", TextInput).value.strip()
        sample = amount_typed(typed)
        if typed and not sample:
            self.refuse("The sample must be a number above zero, or empty for everything.")
            self.query_one("#sample", TextInput).focus()
            return
        delimiter, country = self._chosen("delimiter"), self._chosen("region-column")
        header = self._chosen("header")
        encoding = self.query("#encoding").results(TextInput)
        reuse = self.query("#reuse").results(Checkbox)
        self.dismiss(
            Choices(
                Options(
                    column=self._columns(),
                    region_column="" if country == _NONE else country,
                    header=None if header is None else header == "yes",
                    delimiter=None if delimiter == _IN_TEXT else delimiter,
                    in_text=True if delimiter == _IN_TEXT else None if delimiter is None else False,
                    several=_several(self._chosen("several")),
                    encoding=next((typed.value.strip() for typed in encoding), "") or None,
                ),
                sheet=self._chosen("sheet"),
                sample=sample,
                reuse=all(box.value for box in reuse),
            )
        )

    def _columns(self) -> str | None:
        """Return the columns with the numbers, as `Options` has them."""
        column = self._chosen("column")
        more = next((typed.value.strip(" ,") for typed in self.query("#more-columns").results(TextInput)), "")
        if not more:
            return column
        return f"{column or self._reading.column + 1},{more}"

    def _chosen(self, name: str) -> str | None:
        """Return the value of a setting. None means that it is left to detection, or not there."""
        for select in self.query(f"#{name}").results(Select):
            return str(select.value) or None
        return None

    def _row(self, title: str, aspect: Aspect, widget: Widget) -> Horizontal:
        """Return the line of a setting: its field, and beside it what was detected and why."""
        found = next((finding for finding in self._reading.findings if finding.aspect == aspect), None)
        if found is None:
            return field(title, widget)
        why = f", {found.why}" if found.why else ""
        note = "given" if found.sure == "given" else f"{found.value}: {found.sure}{why}"
        return field(title, widget, TextBlock(Content.styled(clean(note, 200), "$muted")))

    def _reuse_words(self) -> str:
        words = f"reuse results from the last {counted(self._reuse_days, 'day')}"
        if not self._reused:
            return words
        return f"{words}: {counted(self._reused, 'number')}, saves {counted(self._reused, 'credit')}"


def _several(chosen: str | None) -> Several | None:
    return next((value for value in get_args(Several) if value == chosen), None)


def _first(column: str | None) -> str | None:
    """Return the first of the columns."""
    return column if column is None else column.partition(",")[0]


def _further(column: str | None) -> str:
    """Return the columns after the first."""
    return (column or "").partition(",")[2]


def _select(name: str, offered: Offered, value: str | None) -> Select[str]:
    """Return a field with what is offered, and with leaving it to detection."""
    values = [value_ for _, value_ in offered]
    first = ("as detected", _DETECTED)
    chosen = value if value in values else _DETECTED
    return Select(
        [(Content(label), value_) for label, value_ in [first, *offered]],
        value=chosen,
        allow_blank=False,
        compact=True,
        id=name,
    )


def _columns(reading: Reading) -> Offered:
    """Return the columns: those that look like numbers first, the likeliest of them at the top."""
    shares = {candidate.column: candidate.valid for candidate in reading.candidates}
    others = [place for place in range(len(reading.columns)) if place not in shares]
    return [
        (f"{label}  {percent(shares[int(place) - 1])} valid" if int(place) - 1 in shares else label, place)
        for label, place in _numbered(reading, [*shares, *others])
    ]


def _numbered(reading: Reading, places: "range | list[int]") -> Offered:
    return [(clean(reading.columns[place], 30), str(place + 1)) for place in places]


def _header(header: bool | None) -> str | None:
    return None if header is None else "yes" if header else "no"
