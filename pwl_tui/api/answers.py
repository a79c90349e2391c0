"""From the wire to `models`: reads what a success says, whatever the service adds, omits or renames.

A reader takes the fields of an answer and returns its model, or None where they do not answer the question.
Only what the answer cannot do without decides that; any other field of an unexpected type counts as missing,
so that a change of the service's does not put paid answers out of reach. Every string passes `text.clean`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.models import Balance, BatchAnswer, Check, NumberAnswer, Submitted
from pwl_tui.provider import Service
from pwl_tui.text import clean

Fields = Mapping[str, Any]

_ON_WHATSAPP: Mapping[object, bool] = {"VALID_CONFIRMED": True, "INVALID": False}
_FAILURE_WORDS = ("fail", "error")
_LONGEST_ID = 200
_LONGEST_NUMBER = 40


def decoded(body: bytes) -> Fields:
    """Return the JSON object that a body is; empty for anything else, however broken."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def fields_of(body: bytes) -> Fields:
    """Return the fields of an answer, unwrapped from a gateway's ``{"isSuccess": true, "data": …}``."""
    fields = decoded(body)
    data = fields.get("data")
    return data if fields.get("isSuccess") is True and isinstance(data, dict) else fields


def usable_id(value: object) -> str | None:
    """Return a batch id that can be asked for again: up to 200 printable characters, not only dots."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip("."):
        return None
    return text if len(text) <= _LONGEST_ID and clean(text, _LONGEST_ID) == text else None


def read_balance(fields: Fields, service: Service) -> Balance | None:
    """Read the credits of `service`."""
    balance = _count(fields.get("balance"))
    return None if balance is None else Balance(_text(fields.get("service")) or service, balance)


def read_submitted(fields: Fields) -> Submitted | None:
    """Read the answer to a submission. The id alone makes it one, whatever else it says."""
    batch_id = usable_id(fields.get("batch_id"))
    if batch_id is None:
        return None
    return Submitted(batch_id, _count(fields.get("total_numbers")), _text(fields.get("status")))


def read_batch(fields: Fields, batch_id: str) -> BatchAnswer | None:
    """Read a poll of `batch_id`; an answer about another batch is none, nor is an end without results."""
    status, results = _text(fields.get("status")), fields.get("results")
    done = status.lower() == "completed"
    if usable_id(fields.get("batch_id")) != batch_id or not status:
        return None
    if not isinstance(results, list):
        if done:
            return None
        results = []
    return BatchAnswer(
        batch_id,
        done,
        status,
        _count(fields.get("total_numbers")),
        _count(fields.get("completed")),
        _count(fields.get("failed")),
        _count(fields.get("pending")),
        [_number(result, done=done) for result in results if isinstance(result, dict)],
    )


def read_check(fields: Fields) -> Check | None:
    """Read a single check; one that names no number must at least say whether it is on WhatsApp."""
    number = _text(fields.get("formatted_number"), _LONGEST_NUMBER)
    answer = _completed(fields, fields.get("status"), fields.get("countrycode"))
    if answer.on_whatsapp is None and not number:
        return None
    return Check(number, answer, _text(fields.get("linetype")))


def _number(fields: Fields, *, done: bool) -> NumberAnswer:
    """Decide what became of one number, also where its status is a word that the reference does not have.

    A word of failure is a failure. An answer (``wa_status`` or ``numberstatus``) counts whatever other word
    stands beside it; only ``pending`` overrules it, until the batch is completed. What has no answer then
    will not get one: it failed. Before that it is pending.
    """
    number = _text(fields.get("phone_number"), _LONGEST_NUMBER)
    word = _text(fields.get("status")).lower()
    wa_status, flag = fields.get("wa_status"), fields.get("numberstatus")
    answered = isinstance(wa_status, str) or isinstance(flag, bool)
    if any(part in word for part in _FAILURE_WORDS) or (done and not answered):
        return NumberAnswer(number, Answer(Outcome.FAILED, note=_text(fields.get("error"))))
    if not answered or (word == "pending" and not done):
        return NumberAnswer(number, Answer(Outcome.PENDING))
    return NumberAnswer(number, _completed(fields, wa_status, fields.get("country")))


def _completed(fields: Fields, word: object, country: object) -> Answer:
    """Read the answer to a number that has one."""
    return Answer(
        Outcome.COMPLETED,
        on_whatsapp=_on_whatsapp(word, fields.get("numberstatus")),
        business=_flag(fields.get("businessnumber")),
        carrier=_text(fields.get("carrier")),
        country=_text(country),
    )


def _on_whatsapp(word: object, flag: object) -> bool | None:
    """Return the answer in the word, else in the flag; None where neither is known."""
    known = _ON_WHATSAPP.get(word) if isinstance(word, str) else None
    return _flag(flag) if known is None else known


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _text(value: object, limit: int = 100) -> str:
    return clean(value, limit) if isinstance(value, str) else ""
