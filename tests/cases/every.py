"""All cases, by subject."""

from collections.abc import Mapping, Sequence

from tests.cases import lists
from tests.cases.case import Case

CASES: Mapping[str, Sequence[Case]] = {"lists": lists.CASES}
