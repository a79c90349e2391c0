"""True answers as servers can spoil them: numbers written otherwise, other words, and broken JSON."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

Spelling = Literal["digits", "spaced", "zeros", "integer", "float", "whatsapp", "formatted", "strangers"]
"""How the results of a poll name their numbers."""
Damage = Literal[
    "bom", "utf16", "nan", "latin1", "surrogate", "control", "after", "before", "comma", "result", "cut"
]
"""What is wrong with the bytes of an answer."""

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
_DAMAGES: Mapping[Damage, Callable[[str], bytes]] = {
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf16": lambda text: text.encode("utf-16"),
    "nan": lambda text: text.replace("{", '{"took": NaN, ', 1).encode(),
    "latin1": lambda text: text.replace("{", '{"node": "S\xe3o Paulo", ', 1).encode("latin-1"),
    "surrogate": lambda text: text.replace("{", '{"node": "\\ud83d", ', 1).encode(),
    "control": lambda text: text.replace("{", '{"node": "a\x01\n", ', 1).encode(),
    "after": lambda text: text.encode() + b"\n<!-- served by cache 3 -->",
    "before": lambda text: b"<br />\n<b>Warning</b>: slow query\n" + text.encode(),
    "comma": lambda text: text.replace("]}", ",]}").encode(),
    "result": lambda text: text.replace('"phone_number"', '"phone_number', 1).encode(),
    "cut": lambda text: text[: len(text) * 2 // 3].encode(),
}


def mangled(body: bytes, spelling: Spelling | None, word: str | None, damage: Damage | None) -> bytes:
    """Return an answer spoiled.

    Args:
        body: the true answer, JSON.
        spelling: how results name their numbers. None means as they were submitted.
        word: the ``status`` of the whole answer. None means the true one.
        damage: what happens to the bytes. None means nothing.
    """
    answer = json.loads(body)
    if isinstance(answer, dict):
        if word is not None:
            answer["status"] = word
        if spelling is not None:
            for result in answer.get("results", []):
                result.update(_SPELLINGS[spelling](result["phone_number"]))
    text = json.dumps(answer, ensure_ascii=False)
    return text.encode() if damage is None else _DAMAGES[damage](text)


def _as_whatsapp(digits: str) -> str:
    """Return a number as WhatsApp writes it: Mexican mobiles with 1, Brazilian ones without 9."""
    digits = re.sub(r"^52(?=[2-9]\d{9}$)", "521", digits)
    return re.sub(r"^(55\d\d)9(?=[6-9]\d{7}$)", r"\1", digits)
