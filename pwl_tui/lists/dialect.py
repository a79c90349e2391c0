"""Detects how a list is written: its encoding and what stands between its cells."""

import codecs
from collections import Counter
from itertools import islice

from pwl_tui.lists.encodings import marked, named, unmarked_utf_16
from pwl_tui.lists.errors import ListError, unusable
from pwl_tui.lists.records import records
from pwl_tui.lists.source import Source

_BLOCK_BYTES = 1 << 17
_GUESS_BYTES = 1 << 16
"""How much text beyond ASCII the guess of its encoding looks at."""
_DOUBTFUL = 0.01
"""Confidence of a guess that rests on a letter or two."""
_SAMPLE_RECORDS = 100
_DELIMITERS = "\t;|,"
"""In the order of trust: a comma also stands in amounts, names and addresses."""


def find_encoding(source: Source) -> str:
    """Return the encoding of a list: by its mark, UTF-8 if all of it is, else the likeliest that fits."""
    with source.open() as stream:
        head = stream.read(_BLOCK_BYTES)
    found = marked(head) or unmarked_utf_16(head)
    if found is not None:
        return found
    if _decodes(source, "utf-8"):
        return "utf-8"
    return next(
        encoding for encoding in (_guess(source), "cp1252", "iso8859-1") if _decodes(source, encoding)
    )


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open() as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guess(source: Source) -> str:
    import chardet  # takes longer to load than most lists to read, and few lists need it

    told = bytearray()
    with source.open() as stream:
        while len(told) < _GUESS_BYTES and (block := stream.read(_BLOCK_BYTES)):
            told += b"".join(line for line in block.splitlines(keepends=True) if not line.isascii())
    era = chardet.EncodingEra.MODERN_WEB  # else letters of old Macs and of DOS are found in any short list
    guess = chardet.detect(bytes(told[:_GUESS_BYTES]), encoding_era=era, prefer_superset=True)
    return named(guess["encoding"]) if guess["encoding"] and guess["confidence"] > _DOUBTFUL else "cp1252"


def find_delimiter(source: Source, encoding: str) -> str:
    """Return what stands between the cells of a list; empty if nothing does, or each line is a cell.

    The delimiter is the one that cuts the most records into the same number of cells, quotes considered.
    Text files must agree throughout, for a comma in a line of text proves nothing.
    """
    if source.kind == "tsv":
        return "\t"
    agreements = {delimiter: _agreement(source, encoding, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=agreements.__getitem__)  # the first of equals
    if agreements[best] >= (1.0 if source.kind == "txt" else 0.5):
        return best
    return "" if source.kind == "txt" else ","


def _agreement(source: Source, encoding: str, delimiter: str) -> float:
    """Return the share of records with the commonest number of cells; 0 if that is one."""
    try:
        sample = list(islice(records(source, encoding, delimiter), _SAMPLE_RECORDS))
    except ListError:
        return 0.0  # not to be read with this delimiter: another may do, or the reader says why not
    widths = Counter(len(record) for record in sample if record)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return count / widths.total() if width > 1 else 0.0


def checked_delimiter(given: str) -> str:
    r"""Return the delimiter that the person means; ``tab`` and ``\t`` are accepted for a tab.

    Raises:
        ListError: it is not one character that could stand between cells.
    """
    delimiter = "\t" if given.lower() in {"tab", "\\t"} else given
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n+\0':
        raise unusable(
            f"{given!r} cannot stand between cells.",
            "Give one character such as , or ; or | with --delimiter, or the word tab.",
        )
    return delimiter
