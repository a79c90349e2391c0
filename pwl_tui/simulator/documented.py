"""The error bodies of the three dialects, from their providers' references.

A fault names one by dialect and code, so a test says what it means and not how it is spelled.
"""

from http import HTTPStatus
from typing import Any, Literal

Dialect = Literal["proweblook", "digichat", "connexease"]

_PROWEBLOOK: dict[str, tuple[int, dict[str, Any]]] = {
    "400": (400, {"error": "PhoneNumber is missing in the request."}),
    "401": (401, {"error": "Invalid API key."}),
    "402": (402, {"error": "Insufficient WA API credits.", "required": 500, "available": 120}),
    "404": (404, {"error": "Batch not found or access denied."}),
    "500": (500, {"error": "Internal server error."}),
}

_DIGICHAT: dict[int, str] = {
    401: "missing_auth_headers invalid_token token_inactive token_expired unauthorized missing_signature"
    " invalid_signature signature_expired",
    402: "insufficient_balance",
    403: "ip_not_allowed token_deleted no_api_access",
    409: "payg_confirm_required",
    422: "validation_error already_exists invalid_json invalid_amount_format invalid_otp otp_expired"
    " test_message_failed",
    429: "rate_limit_exceeded plan_limit_reached payg_limit_reached otp_wait_required otp_resend_limit"
    " too_many_attempts",
    500: "internal_error",
    502: "send_message_failed send_media_failed",
    503: "server_down session_not_ready maintenance_mode",
}

_CONNEXEASE: dict[str, tuple[int, str, str]] = {
    "AUTH_001": (401, "UNAUTHORIZED", "API key not found, invalid or expired."),
    "AUTH_002": (401, "UNAUTHORIZED", "Authorization header is missing."),
    "AUTH_003": (401, "UNAUTHORIZED", "Authorization header must be Bearer <token>."),
    "AUTH_004": (500, "INTERNAL_ERROR", "The authentication service failed."),
    "WABA_001": (401, "UNAUTHORIZED", "WhatsApp Business credentials are missing or invalid."),
    "BILL_001": (402, "PAYMENT_REQUIRED", "Insufficient balance."),
    "BILL_002": (400, "BAD_REQUEST", "No billing account for this key."),
    "RATE_001": (429, "TOO_MANY_REQUESTS", "Rate limit exceeded."),
}


def _digichat(status: int, code: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": code, "message": code.replace("_", " ").capitalize() + "."}


def _connexease(status: int, code: str, group: str, description: str) -> tuple[int, dict[str, Any]]:
    errors: dict[str, Any] = {"code": code, "group": group, "description": description}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        errors["params"] = {"limit_type": "sec", "retry_after": "1 seconds"}
    return status, {"isSuccess": False, "errors": errors}


DOCUMENTED: dict[Dialect, dict[str, tuple[int, dict[str, Any]]]] = {
    "proweblook": _PROWEBLOOK,
    "digichat": {
        code: _digichat(status, code) for status, codes in _DIGICHAT.items() for code in codes.split()
    },
    "connexease": {code: _connexease(status, code, *words) for code, (status, *words) in _CONNEXEASE.items()},
}
"""HTTP status and body by dialect and code; ProWebLook has no codes, so its statuses serve as codes."""
