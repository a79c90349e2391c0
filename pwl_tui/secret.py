"""The API key, kept out of every place where it could be read by accident.

The service takes the key as a query parameter, so any URL, log line or traceback may contain it. A key is a
`Secret` from the moment it is read; `reveal` is called in one place, where the request is sent.
"""

import hashlib
import re
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
    """Return `text` without the given secrets and without the value of any ``api_key`` parameter."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), _MASK)
    return _PARAMETER.sub(rf"\g<1>{_MASK}", text)
