"""The one decoder of errors: three dialects, and what is none of them, become one `Problem`.

It knows no HTTP library, so that whoever handles errors need not load one.
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import UTC
from typing import NamedTuple

from pwl_tui.api.answers import Fields, decoded
from pwl_tui.api.documented import CODES, SETTLE, Row, not_ours, reported, row_of_status
from pwl_tui.problem import Charged, Problem, ProblemError
from pwl_tui.text import clean

_WAIT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?:(ms|mil|s|m|h|d)[a-z]*)?", re.IGNORECASE)
_UNIT_SECONDS = {"ms": 0.001, "mil": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LONGEST_WAIT_SECONDS = 86_400.0
_NEVER_CHARGED = frozenset({407, 429})
"""Refused before any work, whoever says so."""


class ApiError(ProblemError):
    """The service could not do what was asked; `problem` says why. Never holds a URL or a key."""


class _Said(NamedTuple):
    """What an error body says, whichever dialect it speaks."""

    code: str | None
    message: str
    retry_after: float | None
    required: int | None = None
    available: int | None = None
    refused: bool = False
    """It says itself that the call failed: its code holds whatever the HTTP status."""


def decode_error(status: int, headers: Mapping[str, str], body: bytes, *, paid: bool) -> Problem:
    """Turn an answer that is not the one hoped for into a problem. Never raises.

    Args:
        status: the HTTP status; with a 2xx the body was an error, or not what was asked for.
        headers: of the answer.
        body: as it came, however broken.
        paid: whether the call costs credits; whether it was charged is in question only then.
    """
    said = _read(decoded(body))
    row = _row(status, said)
    charged = _charged(status, said, row) if paid else "no"
    return Problem(
        kind=row.kind,
        status=status,
        code=said.code if said else None,
        message=_sentence(status, said),
        charged=charged,
        retry_after=_retry_after(said, {name.lower(): value for name, value in headers.items()}),
        required=said.required if said else None,
        available=said.available if said else None,
        remedy=SETTLE if charged == "unknown" else row.remedy,
    )


def _row(status: int, said: _Said | None) -> Row:
    if said is None:
        # A proxy's 404 page does not mean that the service has no such batch.
        return not_ours(status) if status == 404 else row_of_status(status)
    if said.code in CODES:
        return CODES[said.code]
    return reported(status) if 200 <= status < 300 else row_of_status(status)


def _charged(status: int, said: _Said | None, row: Row) -> Charged:
    """Return what a paid call has cost that ended so. In doubt nobody knows: that is never sent twice."""
    if status in _NEVER_CHARGED:
        return "no"
    if said is None:
        return "unknown"  # a gateway may have answered in the service's stead, after the work was done
    documented = status == row.status or (said.refused and 200 <= status < 300)
    return row.charged if documented else row_of_status(status).charged


def _read(fields: Fields) -> _Said | None:
    """Return what the error says that a body is; None where it speaks none of the dialects."""
    errors, error = fields.get("errors"), fields.get("error")
    if fields.get("isSuccess") is False:
        return _connexease(errors if isinstance(errors, dict) else {"description": errors})
    if isinstance(errors, dict) and isinstance(errors.get("code"), str):
        return _connexease(errors)
    if isinstance(error, str) and error.strip():
        return _error(fields, error)
    return None


def _connexease(errors: Fields) -> _Said:
    params = errors.get("params")
    wait = params.get("retry_after") if isinstance(params, dict) else None
    return _Said(_word(errors.get("code")), _text(errors.get("description")), _seconds(wait), refused=True)


def _error(fields: Fields, error: str) -> _Said:
    """Read ProWebLook's dialect (`error` is a sentence) or DigiChat's (a code, and a sentence beside it)."""
    message = fields.get("message")
    coded = error in CODES or isinstance(message, str)
    return _Said(
        _word(error) if coded else None,
        _text(message) if coded else clean(error),
        _seconds(fields.get("retry_after")),
        _count(fields.get("required")),
        _count(fields.get("available")),
    )


def _sentence(status: int, said: _Said | None) -> str:
    if said and said.message:
        # What to do follows it wherever it is shown.
        return said.message if said.message.endswith((".", "!", "?", "…")) else f"{said.message}."
    if said:
        return f"The service answered {said.code or status}."
    from http import HTTPStatus  # slow to load, and hardly ever wanted

    phrase = ""
    with contextlib.suppress(ValueError):  # a status that no standard knows
        phrase = f" {HTTPStatus(status).phrase}"
    return f"The answer was {status}{phrase}, in a form that is not the service's own."


def _word(value: object) -> str | None:
    return clean(value, 60) or None if isinstance(value, str) else None


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(value: object) -> float | None:
    """Read a wait: a number of seconds, or text with a unit (``1 seconds``, ``2 minutes``, ``500 ms``)."""
    match = _WAIT.fullmatch(str(value).strip()[:60])
    if match is None:
        return None
    return min(float(match[1]) * _UNIT_SECONDS[(match[2] or "s").lower()], _LONGEST_WAIT_SECONDS)


def _retry_after(said: _Said | None, headers: Mapping[str, str]) -> float | None:
    """Return the longer of the waits that the body and the ``Retry-After`` header ask for, in seconds."""
    header = headers.get("retry-after", "")
    wait = _seconds(header)
    if wait is None:
        # A date counts from the server's own clock, which every answer carries: this machine's may be wrong.
        until, now = _http_date(header), _http_date(headers.get("date", ""))
        if until is not None and now is not None:
            wait = min(max(until - now, 0.0), _LONGEST_WAIT_SECONDS)
    waits = [one for one in (wait, said.retry_after if said else None) if one is not None]
    return max(waits, default=None)


def _http_date(text: str) -> float | None:
    try:
        from email.utils import parsedate_to_datetime  # slow to load, and hardly ever wanted

        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError):  # what the parser raises for text that is no date
        return None
