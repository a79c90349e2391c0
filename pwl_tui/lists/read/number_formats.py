"""The number formats of an Excel workbook (``.xlsx``), where they show digits that the cells do not hold.

A cell that shows ``+49 1711234567`` may hold 1711234567 and the format ``"+49 "0``; one that shows 0612345678
may hold 612345678 and the format ``0000000000``. The reader of workbooks gives only what cells hold, so their
formats are read here: with expressions rather than as XML, so that nothing in them is expanded, and only in
the process with limits that reads workbooks.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_MAX_PART_BYTES = 64 * 1024**2
"""The longest of the parts that are read as a whole; a workbook of a million rows has 2 kB of styles."""
_BLOCK_BYTES = 1 << 20
_LONGEST_CELL = 1 << 16
# No expression goes on past the next tag, so that all of them take as long as the text, whatever it is.
_FORMAT = re.compile(r"<(?:\w+:)?numFmt\b[^<>]*>")
_STYLES = re.compile(r"<(?:\w+:)?cellXfs\b")
_STYLES_END = re.compile(r"</(?:\w+:)?cellXfs>")
_STYLE = re.compile(r"<(?:\w+:)?xf\b[^<>]*>")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>")
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3})(\d{1,7})\"")
_STYLE_OF = re.compile(rb"\bs=\"(\d{1,5})\"")
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|[_*].|(.)', re.DOTALL)
_PLACEHOLDERS = "0#?"
_GENERAL = re.compile(r"general(?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)", re.IGNORECASE)
"""Stands for all digits of a number, unless it is quoted."""
_COUNTRY_CODE = re.compile(r"(?<![^\s(\[])(?:\+|^00)[\d ().-]*$")
"""Words may stand before a ``+``; after them, ``00`` are the zeros of something else."""


class Shown(NamedTuple):
    """What a format adds to a whole number: what stands before it, and how many digits it has at least."""

    before: str
    digits: int

    def text(self, number: str) -> str:
        """Return a number, its digits as text, as the cell shows it."""
        return f"{self.before}{number.zfill(self.digits)}" if number.isdecimal() else number


def shown_digits(data: bytes, sheet: str) -> Mapping[tuple[int, int], Shown]:
    """Return what formats add to the cells of a sheet, by row and column from 0; empty for most workbooks.

    Args:
        data: the workbook, known to be within bounds.
        sheet: its name.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            styles = _styles(_part(book, "xl/styles.xml"))
            return dict(_cells(book, _path(book, sheet), styles)) if styles else {}
    except Exception:  # noqa: BLE001 - over a damaged file zipfile raises anything
        return {}  # not an .xlsx, or one with parts in other places: its cells are read as they are


def shown(code: str) -> Shown | None:
    """Return what a number format adds to a positive whole number; None if nothing that matters."""
    before, digits, placeholders = "", 0, False
    for quoted, escaped, currency, plain in _TOKEN.findall(_GENERAL.sub("#", code.partition(";")[0])):
        if plain and plain in _PLACEHOLDERS:
            placeholders = True
            digits += plain == "0"
        elif plain and plain in ".,%eE/":
            return None  # a fraction, an amount
        elif literal := quoted or escaped or currency or plain:
            if not placeholders:
                before += literal
            elif any(map(str.isalnum, literal)):
                return None
    if not placeholders:
        return None
    # What opens before the digits closes among them, and would be left open.
    country_code = _COUNTRY_CODE.search(before.strip().rstrip("( "))
    before = country_code[0] if country_code else ""
    if before.count(")") > before.count("("):  # it was opened before the code, as in (+62)
        before = before.replace(")", "", 1)
    return Shown(before, digits) if before or digits > 1 else None


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\b{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return html.unescape(found[1] or found[2] or "") if found else ""


def _part(book: zipfile.ZipFile, name: str) -> str:
    with book.open(name) as part:
        return part.read(_MAX_PART_BYTES).decode("utf-8", "replace")


def _styles(text: str) -> dict[int, Shown]:
    """Return what the styles of cells add, by their index."""
    formats = {
        _attribute(tag, "numFmtId"): found
        for tag in _FORMAT.findall(text)
        if (found := shown(_attribute(tag, "formatCode"))) is not None
    }
    styles = _STYLES.search(text)
    end = _STYLES_END.search(text, styles.end()) if styles else None
    if not formats or styles is None or end is None:
        return {}
    used = [
        formats.get(_attribute(tag, "numFmtId")) for tag in _STYLE.findall(text, styles.end(), end.start())
    ]
    return {index: found for index, found in enumerate(used) if found is not None}


def _path(book: zipfile.ZipFile, sheet: str) -> str:
    """Return where in a workbook a sheet is."""
    relation = next(
        identity
        for tag in _SHEET.findall(_part(book, "xl/workbook.xml"))
        if _attribute(tag, "name") == sheet and (identity := _attribute(tag, "id"))
    )
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target")
        for tag in _RELATION.findall(_part(book, "xl/_rels/workbook.xml.rels"))
    }
    target = targets[relation]
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _cells(
    book: zipfile.ZipFile, path: str, styles: Mapping[int, Shown]
) -> Iterator[tuple[tuple[int, int], Shown]]:
    with book.open(path) as part:
        left = b""
        while block := part.read(_BLOCK_BYTES):
            block = left + block
            end = max(block.rfind(b">") + 1, 0)
            left = block[end:][-_LONGEST_CELL:]
            for tag in _CELL.finditer(block, 0, end):
                place, style = _PLACE.search(tag[1]), _STYLE_OF.search(tag[1])
                if place and style and (found := styles.get(int(style[1]))) is not None:
                    yield (int(place[2]) - 1, _column(place[1])), found


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1
