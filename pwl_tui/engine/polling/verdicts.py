"""Decides what a poll says about each number, even if it has several results for one."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.models import NumberAnswer

OPPOSITE = Answer(Outcome.FAILED, note="the service gave opposite answers")
_NOT_SAID = "the service did not say whether it is on WhatsApp"
_FEW: Final = 3
"""Fewer answers that cannot be read may be about their numbers alone."""
_WORTH = (Outcome.COMPLETED, Outcome.FAILED, Outcome.PENDING)
"""Of several results for one number, the first of these says the most."""


class Verdicts(Struct, frozen=True):
    """What is known of numbers after a poll.

    Attributes:
        answers: by number; those with opposite answers are missing.
        opposite: numbers that one result says are on WhatsApp and another says are not.
    """

    answers: dict[int, Answer]
    opposite: set[int]


def verdicts(found: Iterable[tuple[int, NumberAnswer]]) -> Verdicts:
    """Return what results say about numbers, once for each number, whatever the order of the results.

    A completed number without a yes or no for WhatsApp counts as failed: no other answer will come.

    Args:
        found: numbers (E.164 without the plus) with the results about each.
    """
    answers: dict[int, Answer] = {}
    opposite: set[int] = set()
    for number, one in found:
        answer, known = _final(one.answer), answers.get(number)
        if known is None or _WORTH.index(answer.outcome) < _WORTH.index(known.outcome):
            answers[number] = answer
        elif answer.outcome is known.outcome is Outcome.COMPLETED:
            if answer.on_whatsapp is not known.on_whatsapp:
                opposite.add(number)
            elif answer.business is not known.business:
                answers[number] = replace(known, business=None)
    for number in opposite:
        del answers[number]
    return Verdicts(answers, opposite)


def unreadable(found: Sequence[tuple[int, NumberAnswer]]) -> bool:
    """Return whether the service answers in words that we cannot read: several times, and never in others.

    Then it is not the numbers that failed: to ask for them again would pay for the same words.
    """
    answers = [one.answer for _, one in found]
    completed = [answer for answer in answers if answer.outcome is Outcome.COMPLETED]
    failed = sum(answer.outcome is Outcome.FAILED for answer in answers)
    return len(completed) >= max(_FEW, failed) and all(answer.on_whatsapp is None for answer in completed)


def _final(answer: Answer) -> Answer:
    if answer.outcome is Outcome.COMPLETED and answer.on_whatsapp is None:
        return replace(answer, outcome=Outcome.FAILED, note=answer.note or _NOT_SAID)
    return answer
