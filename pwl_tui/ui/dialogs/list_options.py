"""How a list is to be read, where what was detected is not right, and how much of it is paid for."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select

from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.findings import Aspect
from pwl_tui.lists.read.reading import Reading
from pwl_tui.text import clean
from pwl_tui.ui.base import Dialog
from pwl_tui.ui.data.list_choices import Choices
from pwl_tui.ui.dialogs.questions import amount_typed
from pwl_tui.ui.presenters.format import counted, percent
from pwl_tui.ui.widgets.checkbox import Checkbox
from pwl_tui.ui.widgets.text_block import TextBlock
from pwl_tui.ui.widgets.text_input import TextInput

_AS_FOUND = ""
"""The value of a choice that is left to detection."""
_NONE = "none"
_IN_TEXT = "text"
_DELIMITERS = (
    ("comma ,", ","),
    ("semicolon ;", ";"),
    ("tab", "tab"),
    ("bar |", "|"),
    ("numbers within text", _IN_TEXT),
)
_HEADER = (("yes: it names the columns", "yes"), ("no: it is a row", "no"))

Offered = list[tuple[str, str]]


class ListOptions(Dialog[Choices]):
    """One line for each thing that can be chosen, with what was detected and how sure that is.

    Args:
        plan: of the list as it is read now.
        choices: made so far.
        reuse_days: how old an answer may be to be used again; 0: none is.
        reused: how many numbers are reused as it stands.

    Returns:
        The choices; none when it was left.
    """

    BINDINGS: ClassVar = [("escape", "dismiss_quietly", "cancel")]

    def __init__(self, plan: ListPlan, choices: Choices, *, reuse_days: int, reused: int) -> None:
        super().__init__()
        self._reading, self._choices = plan.reading, choices
        self._reuse_days, self._reused = reuse_days, reused

    def compose(self) -> ComposeResult:
        """Draw a line for all that can be chosen for this kind of list."""
        reading, chosen = self._reading, self._choices
        with Vertical(classes="dialog", id="list-options") as dialog:
            dialog.border_title = Content("How the list is read")
            if reading.sheet:
                sheets = [(clean(name, 40), name) for name in (reading.sheet, *reading.other_sheets)]
                yield from self._row("Sheet", "sheet", _select("sheet", sheets, chosen.sheet))
            if not reading.in_text:
                yield from self._row("Column", "column", _select("column", _columns(reading), chosen.column))
            yield from self._row("Header", "header", _select("header", list(_HEADER), _header(chosen)))
            if not reading.sheet:
                delimiter = _IN_TEXT if chosen.in_text else chosen.delimiter
                yield from self._row(
                    "Parted by", "delimiter", _select("delimiter", list(_DELIMITERS), delimiter)
                )
                encoding = TextInput(
                    chosen.encoding or "", id="encoding", placeholder="as found; or utf-8, cp1252, …"
                )
                yield from self._row("Encoding", "encoding", encoding)
            if reading.header and len(reading.columns) > 1:
                column = _NONE if chosen.region_column == "" else chosen.region_column
                countries = [("no column", _NONE), *_numbered(reading, range(len(reading.columns)))]
                yield from self._row("Country", "region", _select("region-column", countries, column))
            sample = str(chosen.sample or "")
            yield from self._row(
                "Pay for",
                None,
                TextInput(sample, id="sample", placeholder="all; or so many at random first", max_length=9),
            )
            if self._reuse_days:
                tick = Checkbox(self._reuse_words(), id="reuse")
                tick.value = chosen.reuse
                yield tick
            yield TextBlock(id="options-problem")
            yield Button("Use these", id="use", compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Use the choices with enter."""
        event.stop()
        self._use()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Use the choices."""
        event.stop()
        self._use()

    def _use(self) -> None:
        typed = self.query_one("#sample", TextInput).value.strip()
        sample = amount_typed(typed)
        if typed and not sample:
            problem = Content.assemble(
                ("! ", "bold $text-error"), "The sample is no number above zero: leave it empty for all."
            )
            self.query_one("#options-problem", TextBlock).say(problem)
            self.query_one("#sample", TextInput).focus()
            return
        delimiter, country = self._chosen("delimiter"), self._chosen("region-column")
        header = self._chosen("header")
        encoding = self.query("#encoding").results(TextInput)
        ticks = self.query("#reuse").results(Checkbox)
        self.dismiss(
            Choices(
                sheet=self._chosen("sheet"),
                column=self._chosen("column"),
                region_column="" if country == _NONE else country,
                header=None if header is None else header == "yes",
                delimiter=None if delimiter == _IN_TEXT else delimiter,
                in_text=True if delimiter == _IN_TEXT else None if delimiter is None else False,
                encoding=next((line.value.strip() for line in encoding), "") or None,
                sample=sample,
                reuse=all(tick.value for tick in ticks),
            )
        )

    def _chosen(self, name: str) -> str | None:
        """Return the value of a choice; none where it is left to detection, or cannot be made."""
        for select in self.query(f"#{name}").results(Select):
            return str(select.value) or None
        return None

    def _row(self, title: str, aspect: Aspect | None, field: Widget) -> Iterator[Widget]:
        found = next((finding for finding in self._reading.findings if finding.aspect == aspect), None)
        if found is None:
            note = ""
        elif found.sure == "given":
            note = "given"
        else:
            note = (
                f"{found.value}: {found.sure}, {found.why}" if found.why else f"{found.value}: {found.sure}"
            )
        with Horizontal(classes="field"):
            yield Label(title)
            yield field
            if note:
                yield TextBlock(Content.styled(clean(note, 200), "$muted"))

    def _reuse_words(self) -> str:
        words = f"reuse answers of the last {counted(self._reuse_days, 'day')}"
        if not self._reused:
            return words
        return f"{words}: {counted(self._reused, 'number')}, saves {counted(self._reused, 'credit')}"


def _select(name: str, offered: Offered, value: str | None) -> Select[str]:
    """Return a choice of what is offered, or of leaving it as found."""
    values = [value_ for _, value_ in offered]
    first = ("as found", _AS_FOUND)
    chosen = value if value in values else _AS_FOUND
    return Select(
        [(Content(label), value_) for label, value_ in [first, *offered]],
        value=chosen,
        allow_blank=False,
        compact=True,
        id=name,
    )


def _columns(reading: Reading) -> Offered:
    """Return the columns: those that look like numbers first, the likeliest before others."""
    shares = {candidate.column: candidate.valid for candidate in reading.candidates}
    others = [place for place in range(len(reading.columns)) if place not in shares]
    return [
        (f"{label}  {percent(shares[int(place) - 1])} valid" if int(place) - 1 in shares else label, place)
        for label, place in _numbered(reading, [*shares, *others])
    ]


def _numbered(reading: Reading, places: "range | list[int]") -> Offered:
    return [(clean(reading.columns[place], 30), str(place + 1)) for place in places]


def _header(choices: Choices) -> str | None:
    return None if choices.header is None else "yes" if choices.header else "no"
