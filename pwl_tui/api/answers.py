"""From the wire to `models`: reads a success, whatever the service adds, omits or renames.

A reader takes the fields of an answer and returns its model. None means that the answer lacks what it cannot
do without. Any other field of an unexpected type counts as missing, so that a change of the service does not
put paid answers out of reach. Every string passes `text.clean`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from pwl_tui.answer import NO_ANSWER, Answer, Outcome
from pwl_tui.api.models import Balance, BatchAnswer, Check, NumberAnswer, Submitted
from pwl_tui.api.tolerant import Fields, salvaged
from pwl_tui.provider import Service
from pwl_tui.secret import MASK
from pwl_tui.text import clean

_ON_WHATSAPP: Mapping[str, bool] = {"validconfirmed": True, "invalid": False}
"""By word, in lower case and without what joins its parts."""
_FLAGS: Mapping[str, bool] = {"true": True, "false": False}
_WAITING = frozenset({"pending", "queued", "waiting", "processing", "inprogress", "running"})
"""Words for a number that gets its answer later: what else is said of it is not true yet."""
_FAILURE_WORDS = ("fail", "error")
_OVER = ("complete", "done", "finished", "success", "partial", "ended", "closed", "processed")
"""How a word of another status than ``completed`` begins for what gets no more answers."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NOT_YET = frozenset({"not", "no", "never", "yet", "until", "to", "be", "being", "non"})
_ENDED_EARLY = frozenset(
    {"failed", "failure", "error", "errored", "cancelled", "canceled", "expired", "aborted", "rejected"}
    | {"terminated", "stopped"}
)
_NO_REASON = "the service gave no reason"
_LONGEST_ID = 200
_LONGEST_NUMBER = 40
_LONGEST_WORD = 40
_TOO_MANY = 10**15
"""Thousands of counts below it can still be added up in 64 bits, as in the ledger."""


def fields_of(body: bytes) -> Fields:
    """Return the fields of an answer, unwrapped from a gateway's ``{"isSuccess": true, "data": …}``."""
    fields = salvaged(body)
    data = fields.get("data")
    return data if fields.get("isSuccess") is True and isinstance(data, dict) else fields


def usable_id(value: object) -> str | None:
    """Return a batch ID that can be polled: up to 200 printable characters, not only dots, not the key."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip(".") or MASK in text:
        return None
    return text if len(text) <= _LONGEST_ID and clean(text, _LONGEST_ID) == text else None


def read_balance(fields: Fields, service: Service) -> Balance | None:
    """Read the credits of `service`."""
    balance = count_of(fields.get("balance"))
    return None if balance is None else Balance(text_of(fields.get("service")) or service, balance)


def read_submitted(fields: Fields) -> Submitted | None:
    """Read the answer to a submission. An ID is enough, whatever else it says."""
    batch_id = usable_id(fields.get("batch_id"))
    if batch_id is None:
        return None
    return Submitted(batch_id, count_of(fields.get("total_numbers")), text_of(fields.get("status")))


def read_batch(fields: Fields, batch_id: str) -> BatchAnswer | None:
    """Read a poll of `batch_id`. An answer about another batch, or an end without results, does not count."""
    status, results = text_of(fields.get("status")), fields.get("results")
    about = usable_id(fields.get("batch_id"))
    if about is None or about.casefold() != batch_id.casefold():
        return None
    pending = count_of(fields.get("pending"))
    ended_early = _word(status) in _ENDED_EARLY
    done = ended_early or _is_over(status, pending, results)
    if not isinstance(results, list):
        # Then the word is all there is, and it would make failures of all numbers: it must leave no doubt.
        if not status or (done and not ended_early) or "error" in status.lower():
            return None
        results = []
    # The next answer may say that a batch goes on which is said to have failed: one is not believed.
    over = done and not ended_early
    answers: dict[object, Answer] = {}
    read = [_number(result, answers, done=over) for result in results if isinstance(result, dict)]
    return BatchAnswer(
        batch_id,
        done,
        status,
        count_of(fields.get("total_numbers")),
        count_of(fields.get("completed")),
        count_of(fields.get("failed")),
        pending,
        read,
        unreadable=len(results) - len(read),
        ended_early=ended_early,
    )


def _word(status: str) -> str:
    return re.sub(r"[\W_]+", "", status.lower())


def _says_over(status: str) -> bool:
    """Return whether a status says that something is over; ``suspended`` and ``unprocessed`` do not."""
    words = {word.lower() for word in _WORDS.findall(status)}
    return words.isdisjoint(_NOT_YET) and any(word.startswith(_OVER) for word in words)


def _is_over(status: str, pending: int | None, results: object) -> bool:
    """Return whether a batch gets no more answers by its status.

    Only ``completed``, the word of the reference, is believed while numbers are pending: ``success`` may be
    about the call, and ``partially_completed`` may mean "so far".

    Args:
        status: of the batch.
        pending: numbers, by the service's count. None means it gave none.
        results: as received.
    """
    word = _word(status)
    if word == "completed":
        return True
    if not _says_over(status):
        return False
    if pending is None and isinstance(results, list) and word in _OVER:
        return not any(isinstance(one, dict) and one.get("status") == "pending" for one in results)
    return pending == 0


def read_check(fields: Fields) -> Check | None:
    """Read a single check; without a number it must at least say whether it is on WhatsApp."""
    number = _unless_masked(text_of(fields.get("formatted_number"), _LONGEST_NUMBER))
    answer = _completed(fields, fields.get("status"), fields.get("countrycode"))
    if answer.on_whatsapp is None and not number:
        return None
    return Check(number, answer, text_of(fields.get("linetype")))


def _number(fields: Fields, answers: dict[object, Answer], *, done: bool) -> NumberAnswer:
    """Read one result.

    Args:
        fields: of the result.
        answers: of results before it: many are alike but for their number.
        done: whether the batch is completed.
    """
    get = fields.get
    flag, business = get("numberstatus"), get("businessnumber")
    flags = (_flag(flag), flag is None, _flag(business))  # in JSON, 1 is not true
    alike = (get("status"), get("wa_status"), get("carrier"), get("country"), get("error"), flags)
    try:
        answer = answers.get(alike)
        if answer is None:
            answer = answers[alike] = _answer(fields, done=done)
    except TypeError:  # one of them is an object or an array
        answer = _answer(fields, done=done)
    number, other = _spelled(fields)
    return NumberAnswer(number, answer, other)


def _answer(fields: Fields, *, done: bool) -> Answer:
    """Decide what became of one number, even if its status is a word that the reference does not list.

    A word of failure is a failure. An answer (``wa_status`` or ``numberstatus``) counts whatever the status
    word says; only a word for waiting overrides it, until the batch is completed. An answer that cannot be
    read counts once the number or the batch is said to be completed. A number without an answer then has
    failed, because it will not get one, unless it says itself that it is waiting. Before that it is pending.
    """
    status = text_of(fields.get("status"))
    word = status.lower()
    wa_status, flag = fields.get("wa_status"), fields.get("numberstatus")
    known = _on_whatsapp(wa_status, flag) is not None
    blank = wa_status is None or (isinstance(wa_status, str) and not wa_status.strip())
    said = known or flag is not None or not blank
    refused = any(part in word for part in _FAILURE_WORDS)
    waiting = _word(word) in _WAITING
    if refused or (done and not said and not waiting):
        note = text_of(fields.get("error")) or (_NO_REASON if refused else NO_ANSWER)
        return Answer(Outcome.FAILED, note=note)
    over = known or _says_over(status)
    if (waiting and not (done and said)) or (not done and not (said and over)):
        return Answer(Outcome.PENDING)
    return _completed(fields, wa_status, fields.get("country"))


def _spelled(fields: Fields) -> tuple[str, str]:
    """Return a number as it is written where it should be, and in another way if there is one."""
    number, other = fields.get("phone_number"), fields.get("formatted_number")
    return number_of(number), "" if other == number else number_of(other)


def _completed(fields: Fields, word: object, country: object) -> Answer:
    """Read the answer to a number that has one; a word that cannot be read is kept in the note."""
    on_whatsapp = _on_whatsapp(word, fields.get("numberstatus"))
    unread = text_of(word, _LONGEST_WORD) if on_whatsapp is None else ""
    return Answer(
        Outcome.COMPLETED,
        on_whatsapp=on_whatsapp,
        business=_flag(fields.get("businessnumber")),
        carrier=text_of(fields.get("carrier")),
        country=text_of(country),
        note=f"the service said {unread}" if unread else "",
    )


def _on_whatsapp(word: object, flag: object) -> bool | None:
    """Return the answer in the word, else in the flag. None means neither is known."""
    known = _ON_WHATSAPP.get(_word(word)) if isinstance(word, str) else None
    return _flag(flag) if known is None else known


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def count_of(value: object) -> int | None:
    """Return a count. None means that it is none, or too large to be stored and added up."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_MANY:
        return value
    return None


def number_of(value: object) -> str:
    """Return a phone number made safe to show; empty if the value is none. JSON may have it as a number."""
    if isinstance(value, str):
        plain = len(value) <= _LONGEST_NUMBER and value[1:].isdecimal() and value[0] == "+"
        return value if plain else _unless_masked(clean(value, _LONGEST_NUMBER))
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e16 else ""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**16:
        return str(value)
    return ""


def _unless_masked(number: str) -> str:
    """Return nothing if all that was said of a number is the key."""
    return "" if MASK in number and not any(sign.isdecimal() for sign in number) else number


def text_of(value: object, limit: int = 100) -> str:
    """Return a text made safe to show, cut off at `limit` characters; empty if the value is none."""
    if not isinstance(value, str):
        return ""
    return clean(value, limit) if len(value) > limit else _cleaned(value)


_cleaned = lru_cache(2_000)(clean)
"""Carriers, countries and statuses are few."""
