"""Choosing where the numbers of a list are from, among the regions that fit them."""

from collections.abc import Sequence

from pwl_tui.lists.numbers.international import INTERNATIONAL
from pwl_tui.lists.numbers.regions import english_names
from pwl_tui.lists.read.findings import RegionGuess
from pwl_tui.ui.dialogs.questions import Ask, Choice
from pwl_tui.wording.figures import percent

NO_REGION = "none"
"""The answer of a person who chooses none."""
_MOST = 8
_TEXT = "Digits alone do not show the country. These fit, likeliest first; type two letters for another."


def pick_region(guesses: Sequence[RegionGuess]) -> Ask:
    """Return the question; it is answered with a region as the field for it takes it, or `NO_REGION`.

    Args:
        guesses: the regions to choose from, the likeliest first.
    """
    names = {code: names[0] for code, names in english_names()} | {INTERNATIONAL: "country code without a +"}
    shown = list(guesses[:_MOST])
    shown += [guess for guess in guesses[_MOST:] if guess.region == INTERNATIONAL]
    choices = [
        Choice(guess.region, f"{guess.region}  {names.get(guess.region, '')}: {percent(guess.valid)} valid")
        for guess in shown
    ]
    return Ask("Where are the numbers from?", _TEXT, [Choice(NO_REGION, "Cancel"), *choices])
