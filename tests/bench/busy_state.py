"""A state file as a busy office fills it in two weeks: many jobs and their results, the newest still live."""

from collections.abc import Sequence
from itertools import count

from pwl_tui.answer import Answer, Outcome
from pwl_tui.state.jobs import NewBatch, NewJob, NewNumber
from pwl_tui.state.models import Batch
from tests.ui.sample_state import NOW, Scene, answer

BATCH = 1_000


def office(scene: Scene, *, jobs: int, live: int) -> None:
    """Store jobs of `BATCH` numbers each, ``list-0000`` and on; live ones have half their answers."""
    scene.credits(5_000_000, 4_821_000)
    numbers = count(14_152_000_000)
    for index in range(jobs):
        listed = [next(numbers) for _ in range(BATCH)]
        batch_id = f"550e8400-e29b-41d4-a716-{index:012}"
        batch = sent(scene, f"list-{index:04}", listed, batch_id, NOW - (jobs - index) * 1_200.0)
        done = index < jobs - live
        in_time = scene.store.batches.numbers(batch)[: None if done else BATCH // 2]
        scene.store.polls.learn(
            batch,
            [answer(number) for number in in_time],
            done=done,
            now=NOW - 4,
            next_poll=None if done else NOW + 12,
        )


def sent(scene: Scene, name: str, numbers: Sequence[int], batch_id: str, at: float) -> Batch:
    """Store a job as if its one batch was sent at a moment, and polled never; return the batch."""
    job = NewJob(
        binding=scene.binding,
        profile="default",
        name=name,
        source="pasted",
        origin=b"",
        created=at,
        rows=len(numbers),
        blank=0,
        rejected=0,
        duplicates=0,
        numbers=len(numbers),
    )
    job_id = scene.store.jobs.add(
        job,
        pieces=(),
        rows=((row, None) for row in range(len(numbers))),
        numbers=(NewNumber(number, 1, Answer(Outcome.PENDING)) for number in numbers),
        batches=[NewBatch(0, len(numbers), "", batch_id, at)],
    )
    return scene.store.batches.get(job_id, 1)
