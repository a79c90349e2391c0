"""Single numbers as people type them: what is looked up, what is refused, and what it costs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.engine.engine import Engine
from pwl_tui.lists.numbers.typed import read_typed, split
from tests.cases.case import Case
from tests.unit.fake_service import (
    SILENT,
    Clock,
    WorldService,
    failing,
    look_up,
    make_engine,
    make_service,
    open_store,
)

Again = Callable[[Engine, WorldService, Sequence[int]], None]
"""What happens before the lookup."""


def _typed(text: str, region: str | None = None, before: Again | None = None, *, fresh: bool = False) -> Case:
    """Return the case of a text that is typed, still without what is expected."""

    def get(directory: Path) -> str:
        clock = Clock()
        service, store = make_service(clock), open_store(directory)
        engine = make_engine(store, service, clock)
        try:
            typed = read_typed(split(text), region, "valid")
            if typed.refused:
                return f"{' '.join(typed.refused)} {len(service.world.ledger)} paid"
            if before is not None:
                before(engine, service, typed.numbers)
            clock.now += 0.5
            found = look_up(engine, *typed.numbers, fresh=fresh)
            shown = ", ".join(f"+{one.number} {_from(one.paid, one.answer is not None)}" for one in found)
            return f"{shown}; {len(service.world.ledger)} paid"
        finally:
            engine.close()
            store.close()

    return Case(text, "", get)


def _from(paid: bool, known: bool) -> str:
    return "asked" if paid else "known" if known else "not asked"


def _case(name: str, expected: str, case: Case) -> Case:
    return case._replace(name=f"lookup: {name}", expected=expected)


def _once(engine: Engine, _: WorldService, numbers: Sequence[int]) -> None:
    look_up(engine, *numbers)


def _in_vain(engine: Engine, service: WorldService, numbers: Sequence[int]) -> None:
    service.after = failing(SILENT)
    look_up(engine, *numbers)
    service.after = lambda: None


CASES: Sequence[Case] = (
    _case("a word", "'garbage' is not a phone number. 0 paid", _typed("garbage")),
    _case("a word beside a number", "'n/a' is not a phone number. 0 paid", _typed("+14155552671, n/a")),
    _case("a name", "'Ada Lovelace' is not a phone number. 0 paid", _typed("Ada Lovelace", "US")),
    _case("a date", "'2024-01-31' is not a phone number. 0 paid", _typed("2024-01-31", "GB")),
    _case("national, no region", "'07400 123456' has no country code. 0 paid", _typed("07400 123456")),
    _case("national with its region", "+447400123456 asked; 1 paid", _typed("07400 123456", "GB")),
    _case("a Chinese mobile, no region", "'13345807302' has no country code. 0 paid", _typed("13345807302")),
    _case("with 00", "+447400123456 asked; 1 paid", _typed("0044 7400 123456")),
    _case("with an extension", "+14155552671 asked; 1 paid", _typed("+1 (415) 555-2671 ext. 12")),
    _case("a link", "+14155552671 asked; 1 paid", _typed("https://wa.me/14155552671?text=hi")),
    _case("an RFC 3966 address", "+14155552671 asked; 1 paid", _typed("tel:+1-415-555-2671;ext=5")),
    _case("Arabic digits", "+201001234567 asked; 1 paid", _typed("+٢٠١٠٠١٢٣٤٥٦٧")),
    _case("the same written twice", "+14155552671 asked; 1 paid", _typed("+14155552671, 001 415 555 2671")),
    _case("the same within a second", "+14155552671 known; 1 paid", _typed("+14155552671", None, _once)),
    _case(
        "the same within a second, asked anew",
        "+14155552671 asked; 2 paid",
        _typed("+14155552671", None, _once, fresh=True),
    ),
    _case(
        "the same after no answer came",
        "+14155552671 not asked; 1 paid",
        _typed("+14155552671", None, _in_vain),
    ),
    _case(
        "the same after no answer came, asked anew",
        "+14155552671 asked; 2 paid",
        _typed("+14155552671", None, _in_vain, fresh=True),
    ),
    _case(
        "digits lost in Excel",
        "'1.41556E+10' has lost digits in a spreadsheet. 0 paid",
        _typed("1.41556E+10"),
    ),
)
