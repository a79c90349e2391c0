"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import lookup, network
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "lookup": lookup.CASES,
    "network": network.CASES,
}
