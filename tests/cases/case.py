"""One case: what is brought, what is right, and how to see what comes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

INPUTS = Path(__file__).parent / "inputs"
"""Small files as people bring them; every number is made up."""


class Case(NamedTuple):
    """A public report turned into a question with one right answer.

    Attributes:
        name: what is brought, in a few words; unique.
        expected: the right outcome.
        get: returns the outcome of today, written as `expected` is. It may write to its directory.
    """

    name: str
    expected: str
    get: Callable[[Path], str]
