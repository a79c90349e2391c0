"""What is told of a retry, of a sample and of a batch in doubt."""

from msgspec.structs import replace

from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.retrying import RetryPlan
from pwl_tui.engine.jobs.sampling import Rates, share
from pwl_tui.engine.problems import COPIED
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.store import Store
from pwl_tui.wording import doubt, sample
from pwl_tui.wording.retry import retry
from tests.unit.fake_service import FIRST, add_job


def test_a_retry_tells_what_is_paid_for_and_what_is_not(store: Store) -> None:
    job = store.jobs.get(add_job(store, FIRST, 3))
    listed = plan(Source.from_text("+14155552671\n+442079460958\n"), Options(header=False))
    made = planning.make(listed, {}, balance=None)
    batch = replace(store.batches.of(job.id)[0], size=900)
    assert retry(RetryPlan(job, made, (), 0)) == [
        f"2 failed numbers of {job.name} will be sent as a new job and paid for again.",
        "This costs 2 credits.",
    ]
    assert retry(RetryPlan(job, None, (batch,), 0)) == [
        "1 rejected batch with 900 numbers will be sent again within the job; they were not charged.",
        "This costs 900 credits.",
    ]
    assert retry(RetryPlan(job, made, (batch, batch), 0))[-1] == "This costs 1,802 credits."


def test_a_retry_in_a_copied_directory_warns_of_the_original(store: Store) -> None:
    job = store.jobs.get(add_job(store, FIRST, 3))
    refused = store.batches.of(job.id)[0]
    copied = replace(refused, size=900, error=COPIED)
    told = retry(RetryPlan(job, None, (refused, copied, copied), 0))
    assert (
        told[0] == "1 rejected batch with 3 numbers will be sent again within the job; they were not charged."
    )
    assert told[1].startswith(
        "2 withdrawn batches with 1,800 numbers will be sent after all. If the original"
    )
    assert told[1].endswith("paid for twice.")
    assert told[2:] == ["This costs 1,803 credits."]


def test_a_sample_tells_its_rates_and_what_they_make_of_the_rest() -> None:
    rates = Rates(500, share(305, 500), share(30, 500), share(2, 500))
    assert sample.heads(rates, 24_002) == ("", "of 500 answered", "of the 24,002 left out, about")
    assert sample.table(rates, 24_002)[0] == (
        "on WhatsApp",
        "61% (57% to 65%)",
        "14,600 (13,600 to 15,600)",
    )


def test_the_rest_of_a_sample_tells_its_cost() -> None:
    assert sample.rest(1).startswith("1 number left out: sending it costs 1 credit at most.")
    assert sample.rest(900).startswith("900 numbers left out: sending them costs 900 credits at most.")


def test_a_batch_in_doubt_tells_what_is_unknown(store: Store) -> None:
    [batch] = store.batches.of(add_job(store, FIRST, 2))
    assert doubt.unknown(batch) == "It is unknown whether its 2 numbers were accepted and charged."
