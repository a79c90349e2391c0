"""Why a row has no number, in words that are stored and shown."""

REASONS = (
    "",
    "empty",
    "not a number",
    "digits lost",
    "no country code",
    "unknown country code",
    "too short",
    "too long",
    "not valid for region",
    "leading zero lost",
    "several numbers",
)
"""The words; a row has the index of one. The first stands for: it has a number."""

(
    EMPTY,
    NOT_A_NUMBER,
    DIGITS_LOST,
    NO_COUNTRY_CODE,
    UNKNOWN_COUNTRY_CODE,
    TOO_SHORT,
    TOO_LONG,
    NOT_VALID,
    LEADING_ZERO_LOST,
    SEVERAL_NUMBERS,
) = range(1, len(REASONS))
