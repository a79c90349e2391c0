"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import network, region
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "network": network.CASES,
    "region": region.CASES,
}
