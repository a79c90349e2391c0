"""What a list says about where it is from, besides its numbers."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice

from phonenumbers import SUPPORTED_REGIONS

from pwl_tui.lists.numbers.region_words import DOMAINS, ENCODINGS, LANGUAGES, LETTERS, WORDS, WORLDWIDE
from pwl_tui.lists.numbers.regions import english_names
from pwl_tui.lists.read.reading import Reading
from pwl_tui.lists.read.records import records
from pwl_tui.lists.read.source import Source

_RECORDS = 300
_MOST_CHARACTERS = 60_000
_HOST = re.compile(r"[@/.]((?:[a-z0-9-]+\.)+[a-z]{2,6})\b", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+|[₹₺₽₴₦₱₩₪₫฿]|r\$|s/")
_ACCENT = re.compile("[\u0300-\u036f]")

Clues = Mapping[str, float]
"""By region, how much a list looks like one from there: 0 to about 2."""


def clues(source: Source, reading: Reading, earlier: Sequence[str] = ()) -> Clues:
    """Return what the first rows of a list, its names and earlier lists tell about where it is from.

    Args:
        source: the list.
        reading: how it is read.
        earlier: regions of earlier lists, the latest first.
    """
    sample = islice(records(source, reading.encoding, reading.delimiter), _RECORDS)
    text = "\n".join(" ".join(record) for record in sample)
    found: dict[str, float] = defaultdict(float)
    for weight, votes in (
        (1.0, _domains(text)),
        (0.9, _words(text, _word_regions())),
        (0.8, _letters(text)),
        (0.7, _words(f"{source.name} {reading.sheet}", _word_regions())),
        (0.6, _words(text, _language_regions())),
        (0.5, dict.fromkeys(_encoding_regions().get(reading.encoding.casefold(), ()), 1.0)),
        (0.6, {region: 1 / place for place, region in enumerate(dict.fromkeys(earlier), 1)}),
    ):
        most = max(votes.values(), default=0)
        for region, vote in votes.items():
            found[region] += weight * vote / most
    return found


def _domains(text: str) -> Mapping[str, float]:
    """Return votes by the domains of mail addresses and pages."""
    votes = Counter[str]()
    for host in _HOST.findall(text[:_MOST_CHARACTERS].casefold()):
        parts = host.split(".")
        known = DOMAINS.get(".".join(parts[-2:])) or DOMAINS.get(parts[-1])
        region = known or parts[-1].upper()
        # Three parts, such as .com.co, are used in the country alone.
        if region in SUPPORTED_REGIONS and (region not in WORLDWIDE or len(parts) > 2):
            votes[region] += 1
    return votes


def _words(text: str, regions: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
    votes: dict[str, float] = defaultdict(float)
    for word in _WORD.findall(_plain(text[:_MOST_CHARACTERS])):
        for region in (its := regions.get(word, ())):
            votes[region] += 1 / len(its)
    return votes


def _letters(text: str) -> Mapping[str, float]:
    votes: dict[str, float] = defaultdict(float)
    regions = _letter_regions()
    for letter, count in Counter(text[:_MOST_CHARACTERS].lower()).items():
        for group in regions.get(letter, ()):
            for region in group:
                votes[region] += count / len(group)
    return votes


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text.casefold())))


@cache
def _word_regions() -> Mapping[str, Sequence[str]]:
    found = defaultdict[str, list[str]](list)
    for line in WORDS.strip().splitlines():
        region, *words = line.split()
        for word in words:
            found[word].append(region)
    for region, names in english_names():
        for name in names:
            if " " not in name and region not in found[_plain(name)]:
                found[_plain(name)].append(region)
    return found


@cache
def _language_regions() -> Mapping[str, Sequence[str]]:
    found = defaultdict[str, list[str]](list)
    for line in LANGUAGES.strip().splitlines():
        regions, *words = line.split()
        for word in words:
            found[word] += regions.split("_")
    return found


@cache
def _encoding_regions() -> Mapping[str, Sequence[str]]:
    lines = (line.split() for line in ENCODINGS.strip().splitlines())
    return {encoding: regions for encoding, *regions in lines}


@cache
def _letter_regions() -> Mapping[str, Sequence[Sequence[str]]]:
    found = defaultdict[str, list[Sequence[str]]](list)
    for line in LETTERS.strip().splitlines():
        regions, _, letters = line.partition(" ")
        for letter in set(letters) - {" "}:
            found[letter].append(regions.split("_"))
    return found
