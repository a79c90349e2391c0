"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import answers, lookup, network, region
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "answers": answers.CASES,
    "lookup": lookup.CASES,
    "network": network.CASES,
    "region": region.CASES,
}
