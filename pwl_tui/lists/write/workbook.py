"""Writes a workbook (.xlsx) of text cells, row by row, in the memory of a few rows.

A workbook is a zip file of XML (ECMA-376). The little of it that a table of text needs is written here, for
it takes a tenth of the time of the usual libraries, and rows come by the million. Every cell is text and is
formatted as text, so that no number loses its plus, its zeros or its last digits, now or when it is edited.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from pwl_tui.lists.errors import unusable

_MAX_ROWS = 1_048_576
"""Of a sheet, as Excel has it; so are the next two."""
_MAX_COLUMNS = 16_384
_MAX_CELL = 32_767
"""Characters, counted as UTF-16 has them."""
_MAX_SHEET_BYTES = 2**31 - 2**26
"""A longer part of a zip file needs an extension that Excel warns of. What is held back fits in the rest."""
_HELD_BYTES = 1 << 20
_COLUMN_WIDTH = 18
"""Characters."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PACKAGE_TYPE = "application/vnd.openxmlformats-package"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TEXT, _BOLD = 1, 2
"""Places among the formats (``cellXfs``) below. The number format 49 is text."""
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
# No cell is to be marked as "a number stored as text": all of them are on purpose.
_SHEET_END = (
    "</sheetData><ignoredErrors>"
    '<ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors></worksheet>'
)
_ESCAPED = re.compile("[&<>\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@contextmanager
def workbook(
    stream: BinaryIO, top: Sequence[Sequence[str]], width: int
) -> Iterator[Callable[[Iterable[Sequence[str]]], None]]:
    """Begin a workbook; yields what writes some rows to it.

    A sheet that is full is followed by another, which begins with the same `top`.

    Args:
        stream: where it goes; seekable.
        top: the rows that stay in sight when the others are scrolled: the header and what is above it.
        width: the most cells that a row has.

    Raises:
        ListError: there are more columns than a workbook has; the writing raises it for a cell that is too
            long.
    """
    if width > _MAX_COLUMNS:
        raise unusable(
            f"The list has more columns with its answers than the {_MAX_COLUMNS:,} of a workbook.",
            "Export it as CSV.",
        )
    with ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        sheets = _Sheets(archive, top, width)
        try:
            yield sheets.write
        finally:
            sheets.close()
        for name, content in _parts(sheets.count):
            archive.writestr(name, _HEAD + content)


class _Sheets:
    """Sheets of a workbook, one after the other."""

    def __init__(self, archive: ZipFile, top: Sequence[Sequence[str]], width: int) -> None:
        self._archive, self._top = archive, top
        self._starts = [f'<c r="{_letters(column)}' for column in range(width)]
        self._opening = (
            f'{_HEAD}<worksheet xmlns="{_MAIN}">{_frozen(len(top))}'
            f'<cols><col min="1" max="{width}" width="{_COLUMN_WIDTH}" style="{_TEXT}" customWidth="1"/>'
            "</cols>"
            "<sheetData>"
        )
        self.count = 0
        self._begin()

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            if self._height == _MAX_ROWS or self._size > _MAX_SHEET_BYTES:
                self.close()
                self._begin()
            self._add(row, _TEXT)

    def close(self) -> None:
        """End the sheet that is being written."""
        try:
            self._held.append(_SHEET_END)
            self._flush()
        finally:
            self._sheet.close()

    def _begin(self) -> None:
        self.count += 1
        self._sheet = self._archive.open(f"xl/worksheets/sheet{self.count}.xml", "w")
        self._height = self._size = self._held_size = 0
        self._held = [self._opening]
        for row in self._top:
            self._add(row, _BOLD)

    def _add(self, row: Sequence[str], style: int) -> None:
        self._height += 1
        place = f'{self._height}" s="{style}" t="inlineStr"><is><t'
        plain = _is_plain(f"|{'|'.join(row)}|")
        cells = [
            f"{start}{place}{f'>{cell}' if plain else _marked_up(cell)}</t></is></c>"
            for start, cell in zip(self._starts, row, strict=False)
            if cell
        ]
        line = f'<row r="{self._height}">{"".join(cells)}</row>'
        self._held.append(line)
        self._held_size += len(line)
        if self._held_size > _HELD_BYTES:
            self._flush()

    def _flush(self) -> None:
        data = "".join(self._held).encode()
        self._held.clear()
        self._held_size = 0
        self._size += len(data)
        self._sheet.write(data)


def _is_plain(row: str) -> bool:
    """Say whether the cells of a row, between bars, surely are XML as they stand; most rows' are."""
    marks = "&" in row or "<" in row or ">" in row or "_x" in row
    blanks = "| " in row or " |" in row
    return row.isprintable() and not marks and not blanks and len(row) <= _MAX_CELL // 2


def _marked_up(cell: str) -> str:
    """Return the text of a cell as XML, and before it the end of its tag."""
    if len(cell) > _MAX_CELL // 2 and len(cell.encode("utf-16-le", "surrogatepass")) > _MAX_CELL * 2:
        raise unusable(
            f"The list has a cell of more than {_MAX_CELL:,} characters, which no workbook can hold.",
            "Export it as CSV.",
        )
    text = _ESCAPED.sub(_escape, cell)
    return f' xml:space="preserve">{text}' if text != text.strip() else f">{text}"


def _escape(match: re.Match[str]) -> str:
    """Return a character that XML has no room for as workbooks have it (ECMA-376, 22.9.2.19)."""
    return _ENTITIES.get(match[0]) or f"_x{ord(match[0]):04X}_"


def _letters(column: int) -> str:
    """Return the letters of a column that is counted from 0: A to Z, AA to XFD."""
    more, last = divmod(column, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)


def _frozen(rows: int) -> str:
    if not rows:
        return ""
    return (
        f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{rows}" topLeftCell="A{rows + 1}"'
        ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    )


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    """Yield what a workbook has beside its sheets, as name and XML."""
    numbers = range(1, sheets + 1)
    kinds = [
        ("/xl/workbook.xml", "sheet.main"),
        ("/xl/styles.xml", "styles"),
        *((f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers),
    ]
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{_SPREADSHEET}.{kind}+xml"/>' for name, kind in kinds
    )
    types = (
        f'<Default Extension="rels" ContentType="{_PACKAGE_TYPE}.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}'
    )
    yield "[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{types}</Types>'
    yield "_rels/.rels", _relationships([("officeDocument", "xl/workbook.xml")])
    names = "".join(
        f'<sheet name="Answers{"" if number == 1 else f" {number}"}" sheetId="{number}" r:id="rId{number}"/>'
        for number in numbers
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{names}</sheets></workbook>',
    )
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "xl/_rels/workbook.xml.rels", _relationships([*targets, ("styles", "styles.xml")])
    yield "xl/styles.xml", _STYLES


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
