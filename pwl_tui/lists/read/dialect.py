"""Detects how a list is written: its encoding and its delimiter."""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice

from pwl_tui.lists.errors import ListError
from pwl_tui.lists.formats import kind_named
from pwl_tui.lists.read.encodings import checked_encoding, marked, unmarked_utf_16
from pwl_tui.lists.read.findings import Finding, Sureness
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source

_BLOCK_BYTES = 1 << 17
_GUESS_BYTES = 1 << 16
"""How much non-ASCII text is looked at to guess an encoding."""
_DOUBTFUL = 0.01
"""Confidence of a guess based on a letter or two."""
_CONFIDENT = 0.1
"""Confidence of a guess based on more than a few names. It is never high if there is little text."""
_SAMPLE_RECORDS = 100
_NEARLY_ALL = 0.9
_DELIMITERS = "\t;|,^~"
"""The most trustworthy first: amounts, names and addresses have commas, too."""
_RARE = "^~"
"""Those that must split every record into the same number of cells."""
_SEP_LINE = re.compile(r'"?sep=([^\w"+])"?', re.IGNORECASE)
_NAMES = {"": "none", ",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}


def find_encoding(source: Source, watch: Callable[[int], None] | None = None) -> tuple[str, Finding]:
    """Return the encoding of a list: by its mark, UTF-8 if all of it is, or the likeliest that fits.

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
            return _found(encoding, "likely" if likely else "guess", "judging by the letters in it")
    raise AssertionError("any bytes are valid ISO 8859-1")


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
    """Return the encoding that the letters suggest, and the detector's confidence in it, from 0 to 1."""
    import chardet  # here, because it loads slower than most lists are read, and few need it

    unusual = bytearray()
    with source.open() as stream:
        while len(unusual) < _GUESS_BYTES and (block := stream.read(_BLOCK_BYTES)):
            unusual += b"".join(line for line in block.splitlines(keepends=True) if not line.isascii())
    era = chardet.EncodingEra.MODERN_WEB  # otherwise encodings of old Macs and DOS fit any short list
    guess = chardet.detect(bytes(unusual[:_GUESS_BYTES]), encoding_era=era, prefer_superset=True)
    if guess["encoding"] and guess["confidence"] > _DOUBTFUL:
        return checked_encoding(guess["encoding"]), guess["confidence"]
    return "cp1252", 0.0


def find_delimiter(source: Source, encoding: str) -> tuple[str, Finding]:
    """Return the delimiter of a list; empty if each line is one cell.

    It is the one that splits the most records into the same number of cells, quotes considered. If the lines
    may be sentences it must split all of them alike, because a comma in a sentence proves nothing.
    """
    kind = kind_named(source.kind)
    if kind.delimiter:
        return _delimited_by(kind.delimiter, "sure", "from the file name")
    if declared := _declared(source, encoding):
        return _delimited_by(declared, "sure", "the first line says so")
    agreements = {delimiter: _agreement(source, encoding, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=agreements.__getitem__)  # the first of equals
    share = agreements[best]
    if share >= (1.0 if kind.prose or best in _RARE else 0.5):
        sure: Sureness = "sure" if share == 1.0 else "likely" if share >= _NEARLY_ALL else "guess"
        return _delimited_by(best, sure, f"{share:.0%} of the rows have the same number of cells")
    nothing = Finding("delimiter", delimiter_name(""), "likely", "the rows have one cell each")
    return "" if kind.prose else ",", nothing


def _delimited_by(delimiter: str, sure: Sureness, why: str) -> tuple[str, Finding]:
    return delimiter, Finding("delimiter", delimiter_name(delimiter), sure, why)


def delimiter_name(delimiter: str) -> str:
    """Return what people call a delimiter; ``none`` for the empty one."""
    return _NAMES.get(delimiter, repr(delimiter))


def _declared(source: Source, encoding: str) -> str:
    """Return the delimiter that a first line such as ``sep=;`` declares for Excel; empty if it does not."""
    line = next(records(source, encoding, ""), [""])[0]
    declared = _SEP_LINE.fullmatch(line)
    return declared[1] if declared else ""


def is_spaced(source: Source, encoding: str, delimiter: str) -> bool:
    """Return whether spaces stand between the delimiters and the quotes of cells: ``"1", "Ada"``."""
    lines = [line for [line] in islice(records(source, encoding, ""), _SAMPLE_RECORDS)]
    spaced = re.compile(rf'(?:^|{re.escape(delimiter)}) +"')
    quoted = re.compile(rf'(?:^|{re.escape(delimiter)})"')
    with_spaces = sum(spaced.search(line) is not None for line in lines)
    return with_spaces > 0 and with_spaces * 2 >= sum('"' in quoted.sub("", line) for line in lines)


def _agreement(source: Source, encoding: str, delimiter: str) -> float:
    """Return the share of records with the most common number of cells; 0 if that is one cell."""
    try:
        spaced = is_spaced(source, encoding, delimiter)
        sample = list(islice(records(source, encoding, delimiter, spaced=spaced), _SAMPLE_RECORDS))
    except ListError:
        return 0.0  # cannot be read with this delimiter; if with none, the reader says why
    widths = Counter(len(record) for record in sample if record)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return count / widths.total() if width > 1 else 0.0


def checked_delimiter(given: str) -> str:
    r"""Return the delimiter that the person means; ``tab`` and ``\t`` mean a tab.

    Raises:
        ListError: it is not a single character that can be a delimiter.
    """
    delimiter = "\t" if given.lower() in {"tab", "\\t"} else given
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n+\0':
        raise ListError(
            f"{given!r} cannot be a delimiter.",
            "Use one character such as , or ; or | with --delimiter, or the word tab.",
        )
    return delimiter
