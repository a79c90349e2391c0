"""The kinds of lists the program reads, in one table: help, form, errors and README are worded from it.

To add a kind: add a row, a function that converts it to CSV (text needs none), and a sample with its expected
plan in ``tests/lists/samples``.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import NamedTuple, TypeAlias

from pwl_tui.lists.read.findings import Finding

CSV_ENCODING, CSV_DELIMITER = "utf-8", ","
"""How a converter writes CSV."""
BETWEEN_NUMBERS = " ::: "
"""What a converter writes between several numbers of a row, as Google's contacts do."""


class Converted(NamedTuple):
    """A list that was converted to CSV."""

    sheet: Finding | None
    """Which sheet of a workbook was read; None for a list without sheets."""
    other_sheets: tuple[str, ...]
    """The names of the other visible sheets, safe to show."""
    blocks: Iterator[bytes]
    """The CSV, in blocks. Reading them may raise a `ListError`."""


Converter: TypeAlias = Callable[[Iterable[bytes], str, str | None, Callable[[], None]], Converted]
"""Converts the bytes of a list.

It gets the blocks of bytes, the name of the list for error messages, the name of the sheet to read (None
means the one with the most phone numbers), and a function to call several times a second while it waits; an
exception of that function ends the reading. It raises a `ListError` if the list cannot be read.
"""


class ListKind(NamedTuple):
    """A kind of list."""

    name: str
    """Stored with each job, so it never changes."""
    label: str
    """What people call it. Kinds with the same label are shown as one."""
    suffixes: tuple[str, ...]
    """The ends of its file names, in lower case."""
    note: str
    """For the README: what can be in it."""
    magic: bytes = b""
    """The first bytes of every such file; empty for text. Contents decide, whatever the file is called."""
    convert: Converter | None = None
    """Makes CSV of it; None if the list is text, which is kept as it is."""
    delimiter: str = ""
    """The only delimiter it can have; empty if that is to be detected."""
    begins: re.Pattern[bytes] | None = None
    """How text of this kind begins, without byte order marks and zeros; None if it begins with anything."""
    begins_if_named: re.Pattern[bytes] | None = None
    """How it also begins, if its name says what it is: a chat begins with a bracket, too."""
    headed: bool = False
    """Whether its converter names the columns in the first record."""
    varied: bool = False
    """Whether some rows may have their number under another name than the rest."""
    several: bool = False
    """Whether a row has all numbers of a person, so that all are read unless something else is said."""
    prose: bool = False
    """Whether its lines may be sentences. A delimiter must then split every line into as many cells."""


def _workbook(packed: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    from pwl_tui.lists.read.workbook import convert  # here, because it loads libphonenumber

    return convert(packed, name, sheet, wait)


def _vcards(packed: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    from pwl_tui.lists.read.vcards import convert

    return convert(packed, name, sheet, wait)


def _json(packed: Iterable[bytes], name: str, sheet: str | None, wait: Callable[[], None]) -> Converted:
    from pwl_tui.lists.read.json_lists import convert

    return convert(packed, name, sheet, wait)


_CARD = re.compile(rb"\s*BEGIN:VCARD", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\[\s*[{"]|\{\s*")')
_JSON_VALUE = re.compile(rb'\s*(?:[\[{"-]|\d+\s*[,\n]|true|false|null)')
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SHEETS = "any sheet (default: the one with the most numbers)"

KINDS = (
    ListKind("csv", "CSV", (".csv",), "any delimiter, any encoding, with or without a header"),
    ListKind("tsv", "TSV", (".tsv", ".tab"), "tabs between the cells", delimiter="\t"),
    ListKind(
        "txt", "text", (".txt",), "a number per line, or numbers within text, such as chats", prose=True
    ),
    ListKind("xlsx", "Excel", (".xlsx", ".xlsm", ".xlsb"), _SHEETS, _ZIP, _workbook),
    ListKind("xls", "Excel", (".xls",), _SHEETS, _OLE, _workbook),
    ListKind("ods", "OpenDocument", (".ods",), _SHEETS, _ZIP, _workbook),
    ListKind(
        *("vcf", "vCard", (".vcf", ".vcard"), "contacts from any phone, one row per card; exported as CSV"),
        begins=_CARD,
        convert=_vcards,
        several=True,
        headed=True,
    ),
    ListKind(
        *("json", "JSON", (".json", ".jsonl", ".ndjson")),
        "an array, or one value per line: objects, texts or numbers; exported as CSV",
        begins=_JSON,
        begins_if_named=_JSON_VALUE,
        convert=_json,
        several=True,
        headed=True,
        varied=True,
    ),
)
"""Every kind. If the contents of a list leave a choice and its name does not help, the first one is taken."""

GZIP_SUFFIX = ".gz"
"""A list of any kind may be compressed with gzip. It is recognized by its contents, too."""

_BEGINNING_BYTES = 1024
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(head: bytes, name: str) -> ListKind:
    """Return the kind of a list: by its contents, and by its file name where they leave a choice.

    Args:
        head: its first bytes, decompressed.
        name: its file name, if it has one.
    """
    suffix = _suffix(name)
    text = head[:_BEGINNING_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").replace(b"\0", b"")
    binary = [kind for kind in KINDS if kind.magic and head.startswith(kind.magic)]
    if not binary:
        binary = [kind for kind in KINDS if kind.begins and kind.begins.match(text)]
    if not binary:
        binary = [kind for kind in KINDS if suffix in kind.suffixes and _begins_as_named(kind, text)]
    possible = binary or [kind for kind in KINDS if not kind.magic and not kind.begins]
    return next((kind for kind in possible if suffix in kind.suffixes), possible[0])


def _begins_as_named(kind: ListKind, text: bytes) -> bool:
    return kind.begins_if_named is not None and kind.begins_if_named.match(text) is not None


def kind_named(name: str) -> ListKind:
    """Return the kind with a stored name; CSV if there is none, for a newer version may have stored it."""
    return _BY_NAME.get(name, KINDS[0])


def is_list_name(name: str) -> bool:
    """Return whether a file with this name may be a list."""
    suffix = _suffix(name)
    return any(suffix in kind.suffixes for kind in KINDS) or (
        not suffix and name.lower().endswith(GZIP_SUFFIX)
    )


def labels() -> str:
    """Return what people call the kinds: ``CSV, TSV, text, Excel or OpenDocument``."""
    *first, last = _by_label()
    return f"{', '.join(first)} or {last}"


def suffixes() -> str:
    """Return the ends of all file names: ``.csv, .tsv, …``. After each of them, ``.gz`` may follow."""
    return ", ".join(suffix for kind in KINDS for suffix in kind.suffixes)


def supported() -> str:
    """Return one sentence that says which lists can be read: the remedy for one that cannot."""
    return f"Use a {labels()} file ({suffixes()}), compressed with gzip or not."


def markdown_table() -> str:
    """Return the kinds as the table of the README, with a line end after each row."""
    rows = ["| Kind | File names | Contents |", "|---|---|---|"]
    for label, kinds in _by_label().items():
        names = ", ".join(f"`{suffix}`" for kind in kinds for suffix in kind.suffixes)
        rows.append(f"| {label} | {names} | {kinds[0].note} |")
    return "\n".join([*rows, ""])


def _suffix(name: str) -> str:
    """Return the end of a file name in lower case, ``.gz`` after it left out; empty if it has none."""
    return PurePath(name.lower().removesuffix(GZIP_SUFFIX)).suffix


def _by_label() -> dict[str, list[ListKind]]:
    found: dict[str, list[ListKind]] = {}
    for kind in KINDS:
        found.setdefault(kind.label, []).append(kind)
    return found
