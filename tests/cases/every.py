"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import lists, lookup, network
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "lists": lists.CASES,
    "lookup": lookup.CASES,
    "network": network.CASES,
}
