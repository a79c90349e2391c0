"""The API key, kept out of every place where it could be read by accident.

The service takes the key as a query parameter, so any URL, log line or traceback may contain it. A key is a
`Secret` from the moment it is read; `reveal` is called in one place, where the request is sent.
"""

import hashlib
import re
from functools import lru_cache
from typing import NoReturn

_MASK = "•••"
_PARAMETER = re.compile(r"""(api_key["']?\s*[=:]\s*["']?)[^&\s"',}]+""", re.IGNORECASE)


class Secret:
    """A string that prints as a mask, compares by value and cannot be pickled.

    Args:
        value: the secret itself; surrounding white space is removed.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        """Return the secret itself, for the request that needs it and for nothing else."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that identify the key without revealing it (SHA-256, domain-separated)."""
        return hashlib.sha256(b"pwl-tui key\0" + self._value.encode()).hexdigest()[:12]

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not stored")


def redact(text: str, *secrets: Secret) -> str:
    """Return `text` without the given secrets and without the value of any ``api_key`` parameter.

    A secret is found as it is and as URLs, JSON and HTML may write it, even if `text` ends in the middle of
    it.
    """
    for secret in secrets:
        if secret:
            text = _spellings(secret).sub(_MASK, text)
            value = secret.reveal()
            begun = next((n for n in range(len(value) - 1, 3, -1) if text.endswith(value[:n])), 0)
            text = text[: len(text) - begun] + _MASK if begun else text
    return _PARAMETER.sub(rf"\g<1>{_MASK}", text)


@lru_cache(8)
def _spellings(secret: Secret) -> re.Pattern[str]:
    """Return a pattern of all the ways in which a secret may be written."""
    return re.compile("".join(_ways(character) for character in secret.reveal()))


def _ways(character: str) -> str:
    code = ord(character)
    in_url = "".join(f"%{byte:02x}" for byte in character.encode(errors="replace"))
    ways = [rf"\\?{re.escape(character)}", f"(?i:{in_url})", rf"\\u(?i:{code:04x})"]
    ways += [rf"&\#0*{code};", rf"&\#(?i:x0*{code:x});"]
    if named := {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}.get(character):
        ways.append(f"&{named};")
    return f"(?:{'|'.join(ways)})"
