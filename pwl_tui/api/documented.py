"""Every documented error of the three dialects, one row each: what it means, what it cost, what to do.

ProWebLook's own errors have no code: they are known by their status. The two siblings' codes are met
through gateways that speak their dialects.
"""

from dataclasses import dataclass
from typing import Final

from pwl_tui.problem import Charged, Kind

_KEY = "Put a valid key into PROWEBLOOK_API_KEY or the configuration file."
_CLOCK = "Check this machine's clock, then try again."
_OWNER = "Ask the provider to allow it for your account."
_WAIT = "Wait; the program tries again by itself."
_BUY = "Buy credits; sending goes on once they are there."
_LIMIT = "Waiting does not help: have the limit raised by the account's owner."
_REQUEST = "Correct what was asked for, then try again."
SETTLE: Final = "It may have been charged: settle it by the balance before anything is sent again."


@dataclass(frozen=True, slots=True)
class Row:
    """What one error means.

    Attributes:
        kind: in the words of the program.
        charged: whether a paid call that ends so was charged.
        remedy: what the person should do.
    """

    kind: Kind
    charged: Charged
    remedy: str


CODES: Final[dict[str, Row]] = {
    # DigiChat, 401
    "missing_auth_headers": Row("auth", "no", _KEY),
    "invalid_token": Row("auth", "no", _KEY),
    "token_inactive": Row("auth", "no", "Activate the key in the provider's dashboard, or use another."),
    "token_expired": Row("auth", "no", "Get a new key from the provider."),
    "unauthorized": Row("auth", "no", _KEY),
    "missing_signature": Row("auth", "no", _KEY),
    "invalid_signature": Row("auth", "no", _KEY),
    "signature_expired": Row("auth", "no", _CLOCK),
    # DigiChat, 402
    "insufficient_balance": Row("credits", "no", _BUY),
    # DigiChat, 403
    "ip_not_allowed": Row("forbidden", "no", "Have this machine's address put on the provider's allowlist."),
    "token_deleted": Row("forbidden", "no", "Get a new key from the provider."),
    "no_api_access": Row("forbidden", "no", "Subscribe to the service, or fill the wallet."),
    # DigiChat, 409
    "payg_confirm_required": Row(
        "consent_required", "no", "Agree to the charge in the provider's dashboard, then resume the job."
    ),
    # DigiChat, 422
    "validation_error": Row("invalid_request", "no", _REQUEST),
    "already_exists": Row("invalid_request", "no", _REQUEST),
    "invalid_json": Row("invalid_request", "no", _REQUEST),
    "invalid_amount_format": Row("invalid_request", "no", _REQUEST),
    "invalid_otp": Row("invalid_request", "no", _REQUEST),
    "otp_expired": Row("invalid_request", "no", _REQUEST),
    "test_message_failed": Row("invalid_request", "no", _REQUEST),
    # DigiChat, 429
    "rate_limit_exceeded": Row("rate_limited", "no", _WAIT),
    "plan_limit_reached": Row("limit_reached", "no", _LIMIT),
    "payg_limit_reached": Row("limit_reached", "no", _LIMIT),
    "otp_wait_required": Row("rate_limited", "no", _WAIT),
    "otp_resend_limit": Row("limit_reached", "no", _LIMIT),
    "too_many_attempts": Row("rate_limited", "no", _WAIT),
    # DigiChat, 500 and 502
    "internal_error": Row("server_error", "unknown", SETTLE),
    "send_message_failed": Row("server_error", "unknown", SETTLE),
    "send_media_failed": Row("server_error", "unknown", SETTLE),
    # DigiChat, 503: refused before any work
    "server_down": Row("unavailable", "no", _WAIT),
    "session_not_ready": Row("unavailable", "no", _WAIT),
    "maintenance_mode": Row("unavailable", "no", "Planned maintenance: the program tries again by itself."),
    # Connexease
    "AUTH_001": Row("auth", "no", _KEY),
    "AUTH_002": Row("auth", "no", _KEY),
    "AUTH_003": Row("auth", "no", _KEY),
    "AUTH_004": Row("unavailable", "no", _WAIT),
    "WABA_001": Row("auth", "no", "Set up the WhatsApp Business credentials of the account."),
    "BILL_001": Row("credits", "no", _BUY),
    "BILL_002": Row("invalid_request", "no", "Have a billing account set up for this key."),
    "RATE_001": Row("rate_limited", "no", _WAIT),
}

STATUSES: Final[dict[int, Row]] = {
    # ProWebLook's own, and any status that comes with an error body but no code that is documented
    400: Row("invalid_request", "no", _REQUEST),
    401: Row("auth", "no", _KEY),
    402: Row("credits", "no", _BUY),
    403: Row("forbidden", "no", _OWNER),
    404: Row("not_found", "no", "A batch can be read only with the key that submitted it: check the key."),
    407: Row("network", "no", "Check HTTPS_PROXY: the proxy wants to know who you are."),
    408: Row("timeout", "unknown", SETTLE),
    409: Row("consent_required", "no", "Settle the conflict with the provider, then resume the job."),
    413: Row("invalid_request", "unknown", SETTLE),
    422: Row("invalid_request", "no", _REQUEST),
    429: Row("rate_limited", "no", _WAIT),
    500: Row("server_error", "unknown", SETTLE),
    502: Row("unavailable", "unknown", SETTLE),
    503: Row("unavailable", "unknown", SETTLE),
    504: Row("timeout", "unknown", SETTLE),
}

REFUSED: Final = frozenset({400, 401, 402, 403, 404, 409, 422})
"""Statuses that, with an error body, say that nothing was done."""


def row_of_status(status: int) -> Row:
    """Return the row of a status that has none of its own."""
    if status in STATUSES:
        return STATUSES[status]
    if status < 400:
        return Row("bad_answer", "unknown", "Check base_url and the proxy: something else answers there.")
    if status < 500:
        return Row("invalid_request", "unknown", SETTLE)
    return Row("server_error", "unknown", SETTLE)
