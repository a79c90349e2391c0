from pwl_tui.answer import Answer, Outcome
from pwl_tui.engine.money.lookups import Finding, LookupPlan
from pwl_tui.engine.problems import LOOKUP_ORPHAN, NO_SPEND
from pwl_tui.wording.lookup import cost, details, outcome, source

YES = Answer(Outcome.COMPLETED, on_whatsapp=True, business=True, carrier="T-Mobile", country="US")
AT = 1_800_000_000.0


def test_what_is_known_of_a_number_and_since_when() -> None:
    asked = Finding(1, YES, "mobile", AT, paid=True)
    assert (outcome(asked), details(asked)) == ("on WhatsApp, business", "T-Mobile, US, mobile")
    assert source(asked) == "asked now, 1 credit"
    assert source(Finding(1, YES, at=AT, job=3)) == "as of 2027-01-15 (job 3)"
    assert source(Finding(1, YES, at=AT)) == "as of 2027-01-15 (lookup)"
    assert [outcome(Finding(1, Answer(Outcome.COMPLETED, on))) for on in (False, None)] == [
        "not on WhatsApp",
        "unknown",
    ]
    nothing = Finding(1, problem=LOOKUP_ORPHAN)
    assert (outcome(nothing), details(nothing), source(nothing)) == ("", "", "")


def test_what_a_plan_costs() -> None:
    free = {1: Finding(1, YES, at=AT), 2: Finding(2, problem=LOOKUP_ORPHAN)}
    plan = LookupPlan((1, 2, 3, 4), fresh=False, since=0.0, free=free, balance=1_002)
    assert cost(plan) == "1 known, 1 in doubt, 2 to ask, 2 credits; 1,000 left."
    assert cost(LookupPlan((1,), True, 0.0, {}, problem=NO_SPEND)) == "1 to ask, 1 credit."
