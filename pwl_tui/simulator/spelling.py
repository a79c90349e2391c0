"""True answers in other words: numbers written otherwise, and another status."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

Spelling = Literal["digits", "spaced", "zeros", "integer", "float", "whatsapp", "formatted", "strangers"]
"""How the results of a poll name their numbers."""

_SPELLINGS: Mapping[Spelling, Callable[[str], Mapping[str, Any]]] = {
    "digits": lambda number: {"phone_number": number[1:]},
    "spaced": lambda number: {"phone_number": f"+{number[1]} ({number[2:5]}) {number[5:8]}-{number[8:]}"},
    "zeros": lambda number: {"phone_number": f"00{number[1:]}"},
    "integer": lambda number: {"phone_number": int(number[1:])},
    "float": lambda number: {"phone_number": float(number[1:])},
    "whatsapp": lambda number: {"phone_number": f"{_as_whatsapp(number[1:])}:7@s.whatsapp.net"},
    "formatted": lambda number: {"phone_number": "n/a", "formatted_number": number},
    "strangers": lambda number: {"phone_number": f"+999{number[-7:]}", "formatted_number": None},
}


def respelled(body: bytes, spelling: Spelling | None, word: str | None) -> bytes:
    """Return an answer in other words.

    Args:
        body: the true answer, JSON.
        spelling: how results name their numbers. None means as they were submitted.
        word: the ``status`` of the whole answer. None means the true one.
    """
    answer = json.loads(body)
    if isinstance(answer, dict):
        if word is not None:
            answer["status"] = word
        if spelling is not None:
            for result in answer.get("results", []):
                result.update(_SPELLINGS[spelling](result["phone_number"]))
    return json.dumps(answer, ensure_ascii=False).encode()


def _as_whatsapp(digits: str) -> str:
    """Return a number as WhatsApp writes it: Mexican mobiles with 1, Brazilian ones without 9."""
    digits = re.sub(r"^52(?=[2-9]\d{9}$)", "521", digits)
    return re.sub(r"^(55\d\d)9(?=[6-9]\d{7}$)", r"\1", digits)
