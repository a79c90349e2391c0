"""Why a row has no number, in words that are stored, shown and part of the JSON output: they never change."""

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
    "letters among the digits",
    "WhatsApp id without a number",
    "cell of more than 65,536 characters",
)
"""By index, as rows have it. The first means that the row has a number."""

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
    LETTERS,
    NO_PHONE_ID,
    CELL_TOO_LONG,
) = range(1, len(REASONS))
