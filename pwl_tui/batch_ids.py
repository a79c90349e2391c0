"""Batch IDs as people paste them, and when two of them are the same."""

import re
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AROUND: Final = " \t\r\n\u00a0\u200b\ufeff\"'`,;<>()[]{}\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
"""What comes along from a table, a log, JSON or a chat."""
_URL: Final = re.compile(r"(?i)https?://")


def is_uuid(batch_id: str) -> bool:
    """Return whether an ID is a UUID: the same in upper and lower case, and unique anywhere."""
    return _UUID.fullmatch(batch_id) is not None


def folded(batch_id: str) -> str:
    """Return an ID as it is compared: a UUID in lower case, any other as it is."""
    return batch_id.lower() if is_uuid(batch_id) else batch_id


def pasted_id(text: str) -> str:
    """Return the ID in what was pasted, without quotes and the like; empty if there is none.

    Of a URL, that is its ``batch_id``, or what comes after ``/batch/``: the rest may hold a key.
    """
    bare = text.strip(_AROUND)
    if _URL.match(bare) is None:
        return bare
    try:
        url = urlsplit(bare)
    except ValueError:  # as for a bracket in the host
        return ""
    if named := parse_qs(url.query).get("batch_id"):
        return named[0].strip(_AROUND)
    _, batch, after = url.path.rpartition("/batch/")
    return unquote(after.split("/")[0]).strip(_AROUND) if batch else ""
