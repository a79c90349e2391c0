"""What a sample says about its whole list."""

from rich.cells import cell_len
from textual.content import Content

from pwl_tui.engine.jobs.sampling import Rates
from pwl_tui.ui.widgets.cells import aligned
from pwl_tui.wording import sample as wording


def rates_lines(rates: Rates, left_out: int) -> Content:
    """Return rates as a table: of the sample, and what they make of the numbers left out."""
    rows = [wording.heads(rates, left_out), *wording.table(rates, left_out)]
    widths = [max(cell_len(row[place]) for row in rows) for place in range(3)]
    lines = [
        "  ".join(aligned(text, width, False) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    head, *body = lines
    note = Content.styled(wording.NOTE, "$muted")
    return Content("\n").join([Content.styled(head, "$muted"), *map(Content, body), note])
