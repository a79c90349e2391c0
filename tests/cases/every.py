"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import broken_answers, network
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "broken answers": broken_answers.CASES,
    "network": network.CASES,
}
