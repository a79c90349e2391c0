"""Finding, sorting and counting results: SQLite against the same said in Python."""

from collections import Counter
from collections.abc import Callable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pwl_tui.answer import Answer, Outcome
from pwl_tui.filters import Which
from pwl_tui.state.models import Result
from pwl_tui.state.queries import selection
from pwl_tui.state.queries.find import EVERYTHING, FindError, hint, parse_find
from pwl_tui.state.queries.selection import LIST_ORDER, Sort, SortColumn
from pwl_tui.state.store import Store
from tests.unit.fake_service import FIRST, NOW, accepted, add_job

Passes = Callable[[Result], bool]
Drawn = tuple[Outcome, bool, bool | None, str, str, str]
WHICH: dict[Which, Passes] = {
    "all": lambda _: True,
    "on-whatsapp": lambda r: r.answer.on_whatsapp is True,
    "not-on-whatsapp": lambda r: r.answer.on_whatsapp is False,
    "business": lambda r: r.answer.on_whatsapp is True and r.answer.business is True,
    "failed": lambda r: r.answer.outcome is Outcome.FAILED,
    "pending": lambda r: r.answer.outcome is Outcome.PENDING,
    "not-sent": lambda r: r.answer.outcome is Outcome.NOT_SENT,
}
CARRIERS = [
    "",
    "Airtel",
    "airtel india",
    "T-Mobile US",
    "Telefónica",
    "100 %",
    "a_b",
    "back\\slash",
    "O'2; --",
]
NOTES = ["", "the service gave no answer", "reused from 2025-11-01"]


def fold(text: str) -> str:
    """Lower the letters that SQLite lowers."""
    return text.translate(str.maketrans(ascii_uppercase, ascii_lowercase))


def letters(value: str) -> Passes:
    return lambda r: any(
        fold(value) in fold(text) for text in (r.answer.carrier, r.answer.country, r.answer.note)
    )


def carrier(value: str) -> Passes:
    return lambda r: fold(value) in fold(r.answer.carrier)


WORDS: dict[str, Passes] = {
    "wa:yes": WHICH["on-whatsapp"],
    "WA:n": WHICH["not-on-whatsapp"],
    "business:yes": WHICH["business"],
    "business:no": lambda r: (
        r.answer.outcome is Outcome.COMPLETED and not (r.answer.on_whatsapp and r.answer.business)
    ),
    "outcome:completed": lambda r: r.answer.outcome is Outcome.COMPLETED,
    "outcome:failed": WHICH["failed"],
    "outcome:p": WHICH["pending"],
    "outcome:not-sent": WHICH["not-sent"],
    "country:in": lambda r: r.answer.country == "IN",
    "carrier:AIRTEL": carrier("airtel"),
    'carrier:"t-mobile us"': carrier("t-mobile us"),
    'carrier:"o\'2; --"': carrier("o'2; --"),
    "carrier:%": carrier("%"),
    "carrier:a_b": carrier("a_b"),
    "carrier:\\": carrier("\\"),
    "note:service": lambda r: "service" in r.answer.note,
    "batch:2": lambda r: r.batch == 2,
    "airtel": letters("airtel"),
    "telefó": letters("telefó"),
    "reused": letters("reused"),
    "^14155550": lambda r: str(r.number).startswith("14155550"),
    "0001": lambda r: "0001" in str(r.number),
}
ANSWERS = st.tuples(
    st.sampled_from([Outcome.COMPLETED, Outcome.COMPLETED, Outcome.FAILED, Outcome.PENDING]),
    st.booleans(),
    st.sampled_from([True, False, None]),
    st.sampled_from(CARRIERS),
    st.sampled_from(["", "IN", "US", "INX"]),
    st.sampled_from(NOTES),
)


@pytest.fixture(scope="module")
def open_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store.open(tmp_path_factory.mktemp("find"))
    store._database.read("PRAGMA synchronous=OFF")  # noqa: SLF001 - a hundred jobs are made here
    return store


def answered_job(store: Store, drawn: Sequence[Drawn]) -> list[Result]:
    """Store a job of three batches, of which two are sent, and return its results as they were told."""
    job = add_job(store, FIRST, 30, batch_size=10)
    for seq in (1, 2):
        batch = accepted(store, job, seq, f"{job}-{seq}")
        first = FIRST + batch.first
        some = [
            (
                first + place,
                Answer(
                    outcome,
                    on if outcome is Outcome.COMPLETED else None,
                    business if outcome is Outcome.COMPLETED else None,
                    *texts,
                ),
            )
            for place, (outcome, on, business, *texts) in enumerate(drawn[batch.first : batch.first + 10])
        ]
        store.polls.learn(batch, some, done=False, now=NOW + seq, next_poll=NOW)
    return store.results.page(job, "all", 0, 99)


@settings(max_examples=60)
@given(
    drawn=st.lists(ANSWERS, min_size=20, max_size=20),
    which=st.sampled_from(list(WHICH)),
    words=st.lists(st.tuples(st.booleans(), st.sampled_from(list(WORDS))), max_size=3),
    column=st.sampled_from(get_args(SortColumn)),
    descending=st.booleans(),
    offset=st.integers(0, 12),
)
def test_sqlite_agrees_with_python(
    open_store: Store,
    drawn: Sequence[Drawn],
    which: Which,
    words: list[tuple[bool, str]],
    column: SortColumn,
    descending: bool,
    offset: int,
) -> None:
    results = answered_job(open_store, drawn)
    job = open_store.jobs.all()[0].id
    # Digits that stand side by side are one number: a word of letters keeps them apart.
    text = " ".join(
        f"-{word}" if negated else word for negated, word in words if word[0] not in "^0" or negated
    )
    words = [(negated, word) for negated, word in words if word[0] not in "^0" or negated]
    find = parse_find(text)
    wanted = [
        r
        for r in results
        if WHICH[which](r) and all(WORDS[word](r) is not negated for negated, word in words)
    ]
    assert open_store.results.count(job, which, find) == len(wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "PIECE", 7)
        assert open_store.results.page(job, which, offset, 6, find) == wanted[offset : offset + 6]
        chosen = open_store.results.select(job, which, find, Sort(column, descending))
        chosen.grow()
        before = chosen.page(offset, 6)
        while chosen.grow():
            pass
        assert chosen.total == len(wanted)
        after = chosen.page(0, 99)
        assert sorted(after, key=lambda r: r.index) == wanted
        assert after == in_order(wanted, column, descending)
        if (column, descending) != LIST_ORDER:
            assert before == after[offset : offset + 6]


def in_order(results: list[Result], column: SortColumn, descending: bool) -> list[Result]:
    """Sort as the screen promises: equals in list order, blanks last."""
    sign = -1 if descending else 1
    rank = {outcome: sign * place for place, outcome in enumerate(sorted(Outcome))}
    told = {True: 0, False: 1, None: 2}
    match column:
        case "list":
            return sorted(results, key=lambda r: sign * r.index)
        case "number":
            return sorted(results, key=lambda r: sign * r.number)
        case "answer":
            return sorted(
                results,
                key=lambda r: (
                    rank[r.answer.outcome],
                    sign * told[r.answer.on_whatsapp],
                    sign * told[r.answer.business],
                ),
            )
        case "answered":
            # The second batch is answered after the first; what has no answer stands in list order.
            answered = [r for r in results if r.answer.outcome is Outcome.COMPLETED]
            answered.sort(key=lambda r: sign * (r.batch or 0))
            return answered + [r for r in results if r.answer.outcome is not Outcome.COMPLETED]
        case "country" | "carrier":
            named = [r for r in results if getattr(r.answer, column)]
            named.sort(key=lambda r: str(getattr(r.answer, column)).encode(), reverse=descending)
            return named + [r for r in results if not getattr(r.answer, column)]


@pytest.mark.parametrize(
    ("text", "passing", "failing"),
    [
        ("9198", 9_198_000_000, 9_180_000_000),
        ("+1 (415) 555-00 01", 14_155_550_001, 114_155_550_001),
        ("^1415", 14_155_550_001, 91_415_000_000),
        ("415 555", 14_155_550_001, 14_155_500_055),
        ("-9198", 9_180_000_000, 9_198_000_000),
    ],
)
def test_digits_are_looked_for_in_the_number(
    open_store: Store, text: str, passing: int, failing: int
) -> None:
    for number, found in ((passing, 1), (failing, 0)):
        assert open_store.results.count(add_job(open_store, number, 1), "all", parse_find(text)) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("contry:IN", "There is no field 'contry'; did you mean 'country'?"),
        ("qwxz:1", "There is no field 'qwxz'."),
        ("outcome:faild", "outcome: cannot be 'faild'; did you mean 'failed'?"),
        ("wa:", "wa: takes yes or no."),
        ("batch:x", "'x' is not a batch number."),
        ("batch:" + "9" * 30, f"'{'9' * 30}' is not a batch number."),
    ],
)
def test_what_is_not_in_the_language_is_said(text: str, message: str) -> None:
    with pytest.raises(FindError) as caught:
        parse_find(text)
    assert caught.value.problem.message == message


@given(text=st.text())
def test_whatever_is_typed_is_found_or_explained(open_store: Store, text: str) -> None:
    try:
        find = parse_find(text)
    except FindError as error:
        message = error.problem.message
        find = EVERYTHING
    else:
        message = "."
    assert message[-1] in ".?"
    assert find.condition.count("?") == len(find.values)
    assert "'" not in find.condition.replace("'completed'", "").replace("ESCAPE '\\'", "").replace(
        "'failed'", ""
    ).replace("'pending'", "").replace("'not_sent'", "")
    open_store.results.count(1, "all", find)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "wa: business: outcome: country: carrier: note: batch: · 9198 · +1415 · -not"),
        ("9198 ", "wa: business: outcome: country: carrier: note: batch:"),
        ("wa:yes ca", "carrier:"),
        ("-outcome:f", "outcome: completed, failed, pending or not_sent"),
    ],
)
def test_the_hint_says_what_can_be_typed_next(text: str, words: str) -> None:
    assert hint(text) == words


def test_numbers_that_wait_are_told_from_those_that_were_never_sent(open_store: Store) -> None:
    drawn = [(Outcome.PENDING, True, None, "", "", "")] * 12 + [
        (Outcome.COMPLETED, True, None, "", "", "")
    ] * 8
    answered_job(open_store, drawn)
    job = open_store.jobs.all()[0].id
    assert open_store.results.waiting(job) == (12, 10)
    assert (open_store.results.count(job, "pending"), open_store.results.count(job, "not-sent")) == (12, 10)


def test_answers_are_broken_down_by_country_and_carrier(
    open_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "PIECE", 7)
    drawn = [
        (Outcome.COMPLETED, place % 4 == 0, None, CARRIERS[place % 3], "IN" if place % 5 else "US", "")
        for place in range(18)
    ] + [(Outcome.FAILED, False, None, "Airtel", "IN", "")] * 2
    results = [r for r in answered_job(open_store, drawn) if r.answer.on_whatsapp is not None]
    breakdown = open_store.results.breakdown(open_store.jobs.all()[0].id)
    while breakdown.grow():
        assert breakdown.progress < 1
    assert breakdown.progress == 1
    for shares, names in (
        (breakdown.countries(), [r.answer.country for r in results]),
        (breakdown.carriers(), [r.answer.carrier for r in results]),
    ):
        assert {share.name: share.checked for share in shares} == Counter(names)
        assert sum(share.on_whatsapp for share in shares) == sum(bool(r.answer.on_whatsapp) for r in results)
        assert [share.checked for share in shares] == sorted(Counter(names).values(), reverse=True)
