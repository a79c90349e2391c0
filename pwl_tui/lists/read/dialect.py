"""Detects how a list is written: its encoding and what stands between its cells."""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.encodings import marked, named, unmarked_utf_16
from pwl_tui.lists.read.findings import Finding, Sureness
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source

_BLOCK_BYTES = 1 << 17
_GUESS_BYTES = 1 << 16
"""How much text beyond ASCII the guess of its encoding looks at."""
_DOUBTFUL = 0.01
"""Confidence of a guess that rests on a letter or two."""
_CONFIDENT = 0.1
"""Confidence of a guess that rests on more than a few names: it never is high where there is little text."""
_SAMPLE_RECORDS = 100
_NEARLY_ALL = 0.9
_DELIMITERS = "\t;|,^~"
"""In the order of trust: a comma also stands in amounts, names and addresses."""
_RARE = "^~"
"""Those that must agree throughout."""
_SAID = re.compile(r'"?sep=([^\w"+])"?', re.IGNORECASE)
_WORDS = {"": "none", ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}


def find_encoding(source: Source, watch: Callable[[int], None] | None = None) -> tuple[str, Finding]:
    """Return the encoding of a list: by its mark, UTF-8 if all of it is, else the likeliest that fits.

    Args:
        source: the list.
        watch: see `Source.open`.
    """
    with source.open() as stream:
        head = stream.read(_BLOCK_BYTES)
    if (found := marked(head)) is not None:
        return _found(found, "sure", "byte order mark")
    if (found := unmarked_utf_16(head)) is not None:
        return _found(found, "sure", "every other byte is zero")
    if _decodes(source, "utf-8", watch):
        return _found("utf-8", "sure", "all of it is valid UTF-8")
    guess, confidence = _guess(source)
    for encoding in (guess, "cp1252", "iso8859-1"):
        if _decodes(source, encoding, watch):
            likely = encoding == guess and confidence >= _CONFIDENT
            return _found(encoding, "likely" if likely else "guess", "by its letters")
    raise AssertionError("any bytes are ISO 8859-1")


def _found(encoding: str, sure: Sureness, why: str) -> tuple[str, Finding]:
    return encoding, Finding("encoding", encoding, sure, why)


def _decodes(source: Source, encoding: str, watch: Callable[[int], None] | None) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open(watch) as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guess(source: Source) -> tuple[str, float]:
    """Return the encoding that the letters speak for, and the detector's confidence in it, from 0 to 1."""
    import chardet  # takes longer to load than most lists to read, and few lists need it

    told = bytearray()
    with source.open() as stream:
        while len(told) < _GUESS_BYTES and (block := stream.read(_BLOCK_BYTES)):
            told += b"".join(line for line in block.splitlines(keepends=True) if not line.isascii())
    era = chardet.EncodingEra.MODERN_WEB  # else letters of old Macs and of DOS are found in any short list
    guess = chardet.detect(bytes(told[:_GUESS_BYTES]), encoding_era=era, prefer_superset=True)
    if guess["encoding"] and guess["confidence"] > _DOUBTFUL:
        return named(guess["encoding"]), guess["confidence"]
    return "cp1252", 0.0


def find_delimiter(source: Source, encoding: str) -> tuple[str, Finding]:
    """Return what stands between the cells of a list; empty if nothing does, or each line is a cell.

    The delimiter is the one that cuts the most records into the same number of cells, quotes considered.
    Text files must agree throughout, for a comma in a line of text proves nothing.
    """
    if source.kind == "tsv":
        return _parted("\t", "sure", "the file's name")
    if said := _said(source, encoding):
        return _parted(said, "sure", "its first line says so")
    agreements = {delimiter: _agreement(source, encoding, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=agreements.__getitem__)  # the first of equals
    share = agreements[best]
    if share >= (1.0 if source.kind == "txt" or best in _RARE else 0.5):
        sure: Sureness = "sure" if share == 1.0 else "likely" if share >= _NEARLY_ALL else "guess"
        return _parted(best, sure, f"{share:.0%} of the rows have as many cells")
    nothing = Finding("delimiter", delimiter_words(""), "likely", "nothing parts the rows into cells")
    return "" if source.kind == "txt" else ",", nothing


def _parted(delimiter: str, sure: Sureness, why: str) -> tuple[str, Finding]:
    return delimiter, Finding("delimiter", delimiter_words(delimiter), sure, why)


def delimiter_words(delimiter: str) -> str:
    """Return what stands between the cells in words."""
    return _WORDS.get(delimiter, repr(delimiter))


def _said(source: Source, encoding: str) -> str:
    """Return the delimiter that a first line such as ``sep=;`` names, as Excel has it; empty: none does."""
    line = next(records(source, encoding, ""), [""])[0]
    said = _SAID.fullmatch(line)
    return said[1] if said else ""


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
        raise ListError(
            f"{given!r} cannot stand between cells.",
            "Give one character such as , or ; or | with --delimiter, or the word tab.",
        )
    return delimiter
