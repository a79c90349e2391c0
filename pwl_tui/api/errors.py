"""The one decoder of errors: three dialects, and what is none of them, become one `Problem`."""

import email.utils
import math
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, NamedTuple

import msgspec

from pwl_tui.api.documented import CODES, REFUSED, row_of_status
from pwl_tui.problem import Charged, Problem, ProblemError
from pwl_tui.text import clean

_WAIT_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|milli\w*|s|sec\w*|m|min\w*|h|hours?)?\s*", re.IGNORECASE)
_LONGEST_WAIT_SECONDS = 86_400.0
_UNPAID_REMEDY = "Wait; the program tries again by itself."


class ApiError(ProblemError):
    """The service could not do what was asked; `problem` says why. Never holds a URL or a key."""


class _Said(NamedTuple):
    """What an error body says, whichever dialect it speaks."""

    code: str | None = None
    message: str = ""
    retry_after: float | None = None
    required: int | None = None
    available: int | None = None


def decode_error(status: int, headers: Mapping[str, str], body: bytes, *, paid: bool) -> Problem:
    """Turn any answer that is not the one hoped for into a problem. Never raises.

    Args:
        status: the HTTP status; a 2xx means that the body was not what was asked for.
        headers: of the answer, case-insensitive or in lower case.
        body: as it came, however broken.
        paid: whether the call costs credits: whether ``charged`` is in question at all.
    """
    said = _read(body)
    code = said.code if said and said.code in CODES else None
    row = CODES[code] if code else row_of_status(status)
    charged: Charged = "no"
    if paid:
        charged = row.charged
        if code is None and said is None and status in REFUSED:
            # Nobody says that the service itself refused: a gateway may have answered in its stead.
            charged = "unknown"
    kind = row.kind
    if 200 <= status < 300 and code is None:
        kind = "server_error" if said else "bad_answer"
    unpaid = not paid and row.charged == "unknown" and kind != "bad_answer"
    return Problem(
        kind=kind,
        status=status,
        code=code or (clean(said.code, 60) if said and said.code else None),
        message=_sentence(status, said),
        charged=charged,
        retry_after=_retry_after(said, headers),
        required=said.required if said else None,
        available=said.available if said else None,
        remedy=_UNPAID_REMEDY if unpaid else row.remedy,
    )


def is_refusal(body: Any) -> bool:
    """Whether a decoded body is an error whatever its HTTP status says."""
    return isinstance(body, dict) and (body.get("isSuccess") is False or _has_error(body))


def _has_error(body: dict[str, Any]) -> bool:
    return isinstance(body.get("error"), str) and bool(body["error"])


def _read(body: bytes) -> _Said | None:
    """Return what an error body in a known dialect says; none for anything else."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    errors = value.get("errors")
    if isinstance(errors, dict):
        return _connexease(errors)
    if value.get("isSuccess") is False:
        return _Said(message=clean(str(errors or "")))
    if _has_error(value):
        return _digichat(value) if "message" in value else _proweblook(value)
    return None


def _proweblook(value: dict[str, Any]) -> _Said:
    error = value["error"]
    if error in CODES:
        return _Said(error)
    return _Said(None, clean(error), None, _count(value.get("required")), _count(value.get("available")))


def _digichat(value: dict[str, Any]) -> _Said:
    return _Said(
        value["error"],
        clean(str(value["message"] or "")),
        _seconds(value.get("retry_after")),
        _count(value.get("required")),
        _count(value.get("available")),
    )


def _connexease(errors: dict[str, Any]) -> _Said:
    params = errors.get("params")
    wait = params.get("retry_after") if isinstance(params, dict) else None
    code = errors.get("code")
    return _Said(
        code if isinstance(code, str) else None,
        clean(str(errors.get("description") or "")),
        _seconds(wait),
    )


def _sentence(status: int, said: _Said | None) -> str:
    if said is None:
        return f"The service answered {status} with something that is not its own."
    if said.message:
        return said.message
    return f"The service answered {status}{f' ({clean(said.code, 60)})' if said.code else ''}."


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(value: object) -> float | None:
    """Read a wait: a number of seconds, or text with a unit such as ``1 seconds``."""
    match = _WAIT_TEXT.fullmatch(str(value)[:60]) if value is not None else None
    if match is None:
        return None
    number, unit = float(match[1]), (match[2] or "s").lower()
    if unit.startswith(("ms", "milli")):
        number /= 1000
    elif unit.startswith("m"):
        number *= 60
    elif unit.startswith("h"):
        number *= 3600
    return min(number, _LONGEST_WAIT_SECONDS) if math.isfinite(number) else None


def _retry_after(said: _Said | None, headers: Mapping[str, str]) -> float | None:
    """Return the longer of what the body and the ``Retry-After`` header ask for, in seconds."""
    header = headers.get("retry-after") or ""
    wait = _seconds(header)
    if wait is None and header:
        until, now = _http_date(header), _http_date(headers.get("date") or "")
        # Counted from the server's own clock: this machine's may be wrong.
        wait = None if until is None or now is None else min(max(until - now, 0.0), _LONGEST_WAIT_SECONDS)
    waits = [one for one in (wait, said.retry_after if said else None) if one is not None]
    return max(waits) if waits else None


def _http_date(text: str) -> float | None:
    try:
        parsed = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
