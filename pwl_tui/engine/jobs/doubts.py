"""Numbers that a list does not pay for by itself, because a lookup of them may have been charged (rule 7)."""

from collections.abc import Collection

from pwl_tui.engine.problems import LOOKUP_ORPHAN
from pwl_tui.state.lookups import Lookup
from pwl_tui.state.models import Binding
from pwl_tui.state.store import Store


def looked_up(store: Store, binding: Binding, numbers: Collection[int]) -> dict[int, Lookup]:
    """Return the lookups of numbers that are under way (without a problem) or in doubt, by number.

    A number that got an answer since, from a list, is not among them.

    Args:
        store: the state file.
        binding: the service and key that pay.
        numbers: E.164 without the plus.
    """
    found = store.lookups.open(binding)
    if any(lookup.problem is None for lookup in found.values()):
        with store.sender(binding) as ours:
            if ours:  # nobody is asking: the processes that did are gone
                store.lookups.doubt_orphans(binding, LOOKUP_ORPHAN)
                found = store.lookups.open(binding)
    if not found:
        return {}
    among = [number for number in numbers if number in found]
    answers = store.results.reusable(binding, among, 0.0)
    return {
        number: found[number]
        for number in among
        if (answer := answers.get(number)) is None or answer.answered < found[number].started
    }
