"""What is said of odd polls, number by number, and which terminals the screen opens on."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pwl_tui.cli.launcher import can_draw_on
from tests.cases.answers import NUMBERS, Body, answer, came_of
from tests.cases.case import Case
from tests.unit.fake_service import open_store

PLAIN = answer(*NUMBERS)
FIRST, *REST = PLAIN["results"]
NO = {**FIRST, "wa_status": "INVALID"}
LEFT = {"phone_number": FIRST["phone_number"], "status": "pending"}
BROKEN = {"phone_number": FIRST["phone_number"], "status": "failed"}


def _told(body: Body, directory: Path, **how: Any) -> str:
    """Return what is said of the batch, and what is known of its first number."""
    came_of(body, directory, **how)
    store = open_store(directory)
    problem, known = store.batches.get(1, 1).problem, store.results.known(1)[1][0]
    store.close()
    on = {True: ", on WhatsApp", False: ", not on WhatsApp", None: ""}[known.on_whatsapp]
    note = f" ({known.note})" if known.note else ""
    return f"{known.outcome}{on}{note}" + ("" if problem is None else f". {problem.message}")


def case(name: str, expected: str, *results: object, polls: int = 1, **more: object) -> Case:
    body = {**PLAIN, "results": [*results, *REST], **more}
    return Case(name, expected, partial(_told, body, polls=polls))


def _opens(term: str, _: Path) -> str:
    return "the screen opens" if can_draw_on(term) else "refused"


_CONTRADICTS = "The finished answer for batch 1.1 contradicts itself about 1 of its 4 numbers"
_ENDED = (
    "The service ended batch 1.1 with the status 'failed';"
    " 1 of its 4 numbers has no answer and counts as failed."
)

CASES: Sequence[Case] = (
    case(
        "about another batch",
        "pending. The service answered about another batch.",
        FIRST,
        batch_id="id-2",
        polls=9,
    ),
    case("on WhatsApp and not, once", f"pending. {_CONTRADICTS}.", FIRST, NO),
    case("not on WhatsApp and on it, once", f"pending. {_CONTRADICTS}.", NO, FIRST),
    case(
        "on WhatsApp and not, again and again",
        f"failed (the service gave opposite answers). {_CONTRADICTS}; it counts as failed.",
        *(FIRST, NO),
        polls=5,
    ),
    case("the same twice", "completed, on WhatsApp", FIRST, FIRST),
    case("on WhatsApp, then pending", "completed, on WhatsApp", FIRST, LEFT),
    case("failed, then not on WhatsApp", "completed, not on WhatsApp", BROKEN, NO),
    case("failed without a reason", "failed (the service gave no reason)", BROKEN),
    case(
        "completed, one still pending, once",
        "pending. The finished answer for batch 1.1 leaves out 1 of its 4 numbers.",
        LEFT,
    ),
    case(
        "completed, and pending for good",
        "failed (the service gave no answer). The finished answer for batch 1.1 leaves out 1 of its 4"
        " numbers; it counts as failed.",
        LEFT,
        polls=5,
    ),
    case("failed, one pending, once", f"pending. {_ENDED}", LEFT, status="failed"),
    case(
        "failed, one pending, again and again",
        f"failed (the service gave no answer: it ended the batch as failed). {_ENDED}",
        *(LEFT,),
        status="failed",
        polls=5,
    ),
    *(
        Case(f"TERM={term}", "the screen opens", partial(_opens, term))
        for term in ("xterm-ghostty", "xterm-kitty", "alacritty", "tmux-256color", "foot", "some-256color")
    ),
    *(
        Case(f"TERM={term}", "refused", partial(_opens, term))
        for term in ("foo", "dumb", "unknown", "", "vt52")
    ),
)
