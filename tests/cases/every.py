"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import (
    answers,
    broken_answers,
    lists,
    lookup,
    network,
    region,
    said_back,
    service,
    trouble,
    under_way,
    worker,
)
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {
    "answers": answers.CASES,
    "broken answers": broken_answers.CASES,
    "lists": lists.CASES,
    "lookup": lookup.CASES,
    "network": network.CASES,
    "region": region.CASES,
    "said back": said_back.CASES,
    "service": service.CASES,
    "trouble": trouble.CASES,
    "under way": under_way.CASES,
    "worker": worker.CASES,
}
