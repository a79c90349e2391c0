"""The one decoder of errors: three dialects, and anything else, become one `Problem`.

It does not import the HTTP library, so code that handles errors need not load it.
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Literal, NamedTuple

from pwl_tui.api.answers import count_of, text_of
from pwl_tui.api.documented import CODES, PASSING, SETTLE, Row, not_ours, reported, row_of_status
from pwl_tui.api.models import Reply
from pwl_tui.api.tolerant import Fields, whole
from pwl_tui.problem import Charged, Problem, ProblemError
from pwl_tui.text import clean

_WAIT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?:(ms|mil|s|m|h|d)[a-z]*)?", re.IGNORECASE)
_UNIT_SECONDS = {"ms": 0.001, "mil": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LONGEST_WAIT_SECONDS = 86_400.0
_LONGEST_MESSAGE = 500
_LOOKED_AT = 65_536
_PLAIN_BY_STATUS = frozenset({407, 408, 429})
"""What these mean does not depend on who says it."""
_CHALLENGE_HEADERS = frozenset({"cf-mitigated", "x-amzn-waf-action", "x-datadome", "x-px-block"})
_CHALLENGE_SIGNS = (
    "captcha",
    "cf-chl",
    "challenge-platform",
    "just a moment...",
    "attention required! | cloudflare",
    "<title>access denied</title>",
    "errors.edgesuite.net",
    "_incapsula_resource",
    "are you a robot",
)
"""In the pages of Cloudflare, Akamai, AWS, Imperva and the like."""
_CHALLENGE = "A firewall in front of the service blocked the request (status {})."
_NEVER_CHARGED = frozenset({407, 429})
"""Refused before any work is done, whoever answers."""


_NOTHING = Reply()


class ApiError(ProblemError):
    """The service could not do what was asked; `problem` says why. Never holds a URL or a key.

    Args:
        problem: what went wrong.
        received: the beginning of an answer that could not be understood, for the provider's support.
        reply: what came, if this was a paid call whose outcome is unknown.
    """

    def __init__(self, problem: Problem, *, received: str = "", reply: Reply = _NOTHING) -> None:
        super().__init__(problem)
        self.received = received
        self.reply = reply


class _ErrorBody(NamedTuple):
    """The content of an error body, in whichever dialect."""

    code: str | None
    message: str
    retry_after: float | None
    required: int | None = None
    available: int | None = None
    refused: bool = False
    """The body itself says that the call failed, so its code counts whatever the HTTP status."""


def decode_error(
    status: int, headers: Mapping[str, str], body: bytes, *, paid: bool, fields: Fields | None = None
) -> Problem:
    """Turn an answer that is not the expected one into a problem. Never raises.

    Args:
        status: the HTTP status; with a 2xx the body was an error, or not what was requested.
        headers: of the answer.
        body: as received, however broken.
        paid: whether the call costs credits; only then may it have been charged.
        fields: what `whole` reads in the body, without the key. None means as it is there.
    """
    if fields is None:
        fields = whole(body)
    error_body = _read(fields)
    page = None if fields else _page(status, headers, body)
    row = _row(status, error_body) if page is None else not_ours(status)
    charged = _charged(status, error_body, row) if paid else "no"
    return Problem(
        kind=row.kind,
        status=status,
        code=error_body.code if error_body else None,
        message=_sentence(status, error_body) if page != "challenge" else _CHALLENGE.format(status),
        charged=charged,
        retry_after=_retry_after(error_body, {name.lower(): value for name, value in headers.items()}),
        required=error_body.required if error_body else None,
        available=error_body.available if error_body else None,
        remedy=SETTLE if charged == "unknown" else PASSING if page == "challenge" else row.remedy,
    )


def _page(status: int, headers: Mapping[str, str], body: bytes) -> Literal["page", "challenge"] | None:
    """Return what kind of page somebody else answered with. None: it is none, or its status says enough.

    The service refuses a key in JSON. A page with the same status is a proxy's, a portal's or a firewall's
    that wants to see a browser, and passes.
    """
    if not (200 <= status < 500) or status in _PLAIN_BY_STATUS:
        return None
    names = {name.lower() for name in headers}
    text = body[:_LOOKED_AT].decode("utf-8", "replace").lower()
    if not names.isdisjoint(_CHALLENGE_HEADERS) or any(sign in text for sign in _CHALLENGE_SIGNS):
        return "challenge"
    start = text.strip("\ufeff \t\r\n\x00")
    return "page" if start and not start.startswith(("{", "[", '"')) else None


def _row(status: int, error_body: _ErrorBody | None) -> Row:
    if error_body is None:
        # A proxy's 404 page does not mean that the service has no such batch.
        return not_ours(status) if status == 404 else row_of_status(status)
    if error_body.code in CODES:
        return CODES[error_body.code]
    return reported(status) if 200 <= status < 300 else row_of_status(status)


def _charged(status: int, error_body: _ErrorBody | None, row: Row) -> Charged:
    """Return whether a paid call that ended this way was charged; ``unknown`` is never sent twice."""
    if status in _NEVER_CHARGED:
        return "no"
    if error_body is None:
        return "unknown"  # a gateway may have answered in place of the service, after the work was done
    documented = status == row.status or (error_body.refused and 200 <= status < 300)
    return row.charged if documented else row_of_status(status).charged


def _read(fields: Fields) -> _ErrorBody | None:
    """Return the content of an error body. None means it is in none of the dialects."""
    errors, error = fields.get("errors"), fields.get("error")
    if fields.get("isSuccess") is False:
        return _connexease(errors if isinstance(errors, dict) else {"description": errors})
    if isinstance(errors, dict) and isinstance(errors.get("code"), str):
        return _connexease(errors)
    if isinstance(error, str) and error.strip():
        return _error(fields, error)
    return None


def _connexease(errors: Fields) -> _ErrorBody:
    params = errors.get("params")
    wait = params.get("retry_after") if isinstance(params, dict) else None
    return _ErrorBody(
        _word(errors.get("code")),
        text_of(errors.get("description"), _LONGEST_MESSAGE),
        _seconds(wait),
        refused=True,
    )


def _error(fields: Fields, error: str) -> _ErrorBody:
    """Read ProWebLook's dialect (`error` is a sentence) or DigiChat's (a code and a sentence)."""
    message = fields.get("message")
    coded = error in CODES or isinstance(message, str)
    return _ErrorBody(
        _word(error) if coded else None,
        text_of(message, _LONGEST_MESSAGE) if coded else clean(error),
        _seconds(fields.get("retry_after")),
        count_of(fields.get("required")),
        count_of(fields.get("available")),
    )


def _sentence(status: int, error_body: _ErrorBody | None) -> str:
    if error_body and error_body.message:
        # Wherever it is shown, the remedy follows.
        return (
            error_body.message
            if error_body.message.endswith((".", "!", "?", "…"))
            else f"{error_body.message}."
        )
    if error_body:
        return f"The service answered {error_body.code or status}."
    from http import HTTPStatus  # slow to load, and rarely needed

    phrase = ""
    with contextlib.suppress(ValueError):  # a status that is in no standard
        phrase = f" {HTTPStatus(status).phrase}"
    return f"The answer was {status}{phrase}, in a format that is not the service's."


def _word(value: object) -> str | None:
    return clean(value, 60) or None if isinstance(value, str) else None


def _seconds(value: object) -> float | None:
    """Read a wait: a number of seconds, or text with a unit (``1 seconds``, ``2 minutes``, ``500 ms``)."""
    match = _WAIT.fullmatch(str(value).strip()[:60])
    if match is None:
        return None
    return min(float(match[1]) * _UNIT_SECONDS[(match[2] or "s").lower()], _LONGEST_WAIT_SECONDS)


def _retry_after(error_body: _ErrorBody | None, headers: Mapping[str, str]) -> float | None:
    """Return the longer of the waits in the body and the ``Retry-After`` header, in seconds."""
    header = headers.get("retry-after", "")
    wait = _seconds(header)
    if wait is None:
        # A date is relative to the server's clock, which every answer states: this machine's may be wrong.
        until, now = http_date(header), http_date(headers.get("date", ""))
        if until is not None and now is not None:
            wait = min(max(until - now, 0.0), _LONGEST_WAIT_SECONDS)
    waits = [one for one in (wait, error_body.retry_after if error_body else None) if one is not None]
    return max(waits, default=None)


def http_date(text: str) -> float | None:
    """Return a date of HTTP in UTC epoch seconds. None means that it is none."""
    try:
        from email.utils import parsedate_to_datetime  # slow to load, and rarely needed

        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError):  # what the parser raises for text that is not a date
        return None
