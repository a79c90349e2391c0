"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import network, under_way
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "network": network.CASES,
    "under way": under_way.CASES,
}
