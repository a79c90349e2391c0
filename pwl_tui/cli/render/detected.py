"""How a list was read, in words: what was detected, how sure that is, and what else there was to choose."""

from collections.abc import Iterator
from typing import get_args

from pwl_tui.lists.planned import ListPlan
from pwl_tui.lists.read.findings import Aspect
from pwl_tui.lists.read.reading import Reading

_ORDER = get_args(Aspect)
_NO_COUNTRY_CODE = "no country code"


def detected_lines(plan: ListPlan) -> Iterator[str]:
    """Yield a line for each thing that was found of how a list is written, and its name before them."""
    yield plan.source.name
    for finding in sorted(plan.reading.findings, key=lambda finding: _ORDER.index(finding.aspect)):
        why = f": {finding.why}" if finding.why else ""
        yield f"  {finding.aspect:<10}{finding.value}  ({finding.sure}{why})"


def choice_lines(plan: ListPlan) -> Iterator[str]:
    """Yield a line for each choice that was made for the person and can be made otherwise."""
    reading = plan.reading
    if others := list(_other_columns(reading)):
        yield f"Other columns have numbers, too: {', '.join(others)}. Choose with --column."
    if reading.other_sheets:
        yield f"Other sheets: {', '.join(reading.other_sheets)}. Choose with --sheet."
    if plan.offers:
        first, *others_offered = plan.offers
        or_else = "".join(f", {offer.region} {offer.valid:.0%}" for offer in others_offered)
        yield (
            f"{plan.reasons.get(_NO_COUNTRY_CODE, 0):,} rows have no country code:"
            f" with --region {first.region} {first.valid:.0%} of them are valid{or_else}."
        )


def _other_columns(reading: Reading) -> Iterator[str]:
    for candidate in reading.candidates:
        if candidate.column != reading.column:
            yield f"{reading.columns[candidate.column]} ({candidate.valid:.0%} valid)"
