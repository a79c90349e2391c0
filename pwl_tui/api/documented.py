"""Every documented error of the three dialects, one row each: what it means, what it cost, what to do.

ProWebLook's own errors have no code: their status identifies them. The codes of the two siblings come from
gateways that speak their dialects.
"""

from typing import Final, NamedTuple

from pwl_tui.problem import Charged, Kind


class Row(NamedTuple):
    """What one error means."""

    status: int
    """The HTTP status that it is documented with."""
    kind: Kind
    charged: Charged
    """Whether a paid call that ends this way was charged."""
    remedy: str
    """What the person should do, unless the call may have been charged."""


_KEY = "Enter a valid key: on the screen, in PROWEBLOOK_API_KEY or in config.toml."
_NEW_KEY = "Get a new key from the provider; enter it on the screen, in PROWEBLOOK_API_KEY or in config.toml."
_ACTIVATE = "Activate the key in the provider's dashboard, or use another one."
_SIGNED = "A gateway at base_url requires signed requests: correct base_url, or ask whoever runs it."
_CLOCK = "Correct this machine's clock, then resume the job."
_ADDRESS = "Ask the provider to add this machine's address to the allowlist, then resume the job."
_SUBSCRIBE = "Subscribe to the service or fill the wallet, then resume the job."
_ALLOW = "Ask the provider to allow it for your account."
_WABA = "Ask the provider to set up the WhatsApp Business credentials of your account."
_BILLING = "Ask the provider to set up a billing account for this key."
_BUY = "Buy credits; sending then resumes automatically."
_AGREE = "Agree to the charge in the provider's dashboard, then resume the job."
_LIMIT = "Waiting does not help: the account's owner must raise the limit; then resume the job."
_REQUEST = "Correct the request, then try again."
_OTHER_KEY = "Check base_url, the key and the ID: only the key that submitted a batch can read it."
_PROXY = "Set the proxy's user name and password in HTTPS_PROXY."
_ELSEWHERE = "Check base_url and the proxy: something other than the service is answering."
_WAIT = "Wait a little; jobs resume automatically."
_MAINTENANCE = "The maintenance is planned: wait until it is over; jobs resume automatically."
PASSING: Final = (
    "It usually passes; jobs resume automatically. If not, ask the provider to allow this address."
)
"""The remedy for a firewall's page."""
SETTLE: Final = "It may have been charged: check the balance before you send anything again."
"""The remedy whenever the call may have been charged."""

# fmt: off
CODES: Final[dict[str, Row]] = {
    # DigiChat
    "missing_auth_headers":  Row(401, Kind.AUTH, "no", _SIGNED),
    "invalid_token":         Row(401, Kind.AUTH, "no", _KEY),
    "token_inactive":        Row(401, Kind.AUTH, "no", _ACTIVATE),
    "token_expired":         Row(401, Kind.AUTH, "no", _NEW_KEY),
    "unauthorized":          Row(401, Kind.AUTH, "no", _KEY),
    "missing_signature":     Row(401, Kind.AUTH, "no", _SIGNED),
    "invalid_signature":     Row(401, Kind.AUTH, "no", _SIGNED),
    "signature_expired":     Row(401, Kind.AUTH, "no", _CLOCK),
    "insufficient_balance":  Row(402, Kind.CREDITS, "no", _BUY),
    "ip_not_allowed":        Row(403, Kind.FORBIDDEN, "no", _ADDRESS),
    "token_deleted":         Row(403, Kind.FORBIDDEN, "no", _NEW_KEY),
    "no_api_access":         Row(403, Kind.FORBIDDEN, "no", _SUBSCRIBE),
    "payg_confirm_required": Row(409, Kind.CONSENT_REQUIRED, "no", _AGREE),
    "validation_error":      Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "already_exists":        Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "invalid_json":          Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "invalid_amount_format": Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "invalid_otp":           Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "otp_expired":           Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "test_message_failed":   Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    "rate_limit_exceeded":   Row(429, Kind.RATE_LIMITED, "no", _WAIT),
    "plan_limit_reached":    Row(429, Kind.LIMIT_REACHED, "no", _LIMIT),
    "payg_limit_reached":    Row(429, Kind.LIMIT_REACHED, "no", _LIMIT),
    "otp_wait_required":     Row(429, Kind.RATE_LIMITED, "no", _WAIT),
    "otp_resend_limit":      Row(429, Kind.LIMIT_REACHED, "no", _LIMIT),
    "too_many_attempts":     Row(429, Kind.RATE_LIMITED, "no", _WAIT),
    "internal_error":        Row(500, Kind.SERVER_ERROR, "unknown", _WAIT),
    "send_message_failed":   Row(502, Kind.SERVER_ERROR, "unknown", _WAIT),
    "send_media_failed":     Row(502, Kind.SERVER_ERROR, "unknown", _WAIT),
    "server_down":           Row(503, Kind.UNAVAILABLE, "no", _WAIT),
    "session_not_ready":     Row(503, Kind.UNAVAILABLE, "no", _WAIT),
    "maintenance_mode":      Row(503, Kind.UNAVAILABLE, "no", _MAINTENANCE),
    # Connexease
    "AUTH_001":              Row(401, Kind.AUTH, "no", _KEY),
    "AUTH_002":              Row(401, Kind.AUTH, "no", _SIGNED),
    "AUTH_003":              Row(401, Kind.AUTH, "no", _SIGNED),
    "AUTH_004":              Row(500, Kind.UNAVAILABLE, "no", _WAIT),
    "WABA_001":              Row(401, Kind.AUTH, "no", _WABA),
    "BILL_001":              Row(402, Kind.CREDITS, "no", _BUY),
    "BILL_002":              Row(400, Kind.INVALID_REQUEST, "no", _BILLING),
    "RATE_001":              Row(429, Kind.RATE_LIMITED, "no", _WAIT),
}
"""By the service's code."""

STATUSES: Final[dict[int, Row]] = {row.status: row for row in (
    # ProWebLook's own, and others seen in practice. "no" holds if the body is an error in a known dialect.
    Row(400, Kind.INVALID_REQUEST, "no", _REQUEST),
    Row(401, Kind.AUTH, "no", _KEY),
    Row(402, Kind.CREDITS, "no", _BUY),
    Row(403, Kind.FORBIDDEN, "no", _ALLOW),
    Row(404, Kind.NOT_FOUND, "no", _OTHER_KEY),
    Row(407, Kind.NETWORK, "no", _PROXY),
    Row(408, Kind.TIMEOUT, "unknown", _WAIT),
    Row(409, Kind.INVALID_REQUEST, "no", _REQUEST),
    Row(422, Kind.INVALID_REQUEST, "no", _REQUEST),
    Row(429, Kind.RATE_LIMITED, "no", _WAIT),
    Row(500, Kind.SERVER_ERROR, "unknown", _WAIT),
    Row(502, Kind.UNAVAILABLE, "unknown", _WAIT),
    Row(503, Kind.UNAVAILABLE, "unknown", _WAIT),
    Row(504, Kind.TIMEOUT, "unknown", _WAIT),
)}
"""By the HTTP status, for errors without a documented code."""
# fmt: on


def row_of_status(status: int) -> Row:
    """Return what an HTTP status without a documented code means."""
    if status in STATUSES:
        return STATUSES[status]
    if 400 <= status < 500:
        return Row(status, Kind.INVALID_REQUEST, "unknown", _REQUEST)
    if status >= 500:
        return Row(status, Kind.SERVER_ERROR, "unknown", _WAIT)
    return not_ours(status)


def not_ours(status: int) -> Row:
    """Return what an answer means that shows no sign of being the service's."""
    return Row(status, Kind.BAD_ANSWER, "unknown", _ELSEWHERE)


def reported(status: int) -> Row:
    """Return what an undocumented error with the status of a success means."""
    return Row(status, Kind.SERVER_ERROR, "unknown", _WAIT)
