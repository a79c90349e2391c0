"""A state file with fixed data, for snapshots and measurements: the same jobs at the same moment."""

import random
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from pwl_tui.answer import Answer, Outcome
from pwl_tui.api.errors import decode_error
from pwl_tui.config import Settings, Ui
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.events import Event
from pwl_tui.engine.money.evidence import READING_OFFSETS
from pwl_tui.engine.problems import credits_short
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Kind, Problem
from pwl_tui.secret import Secret
from pwl_tui.state.files.journal import Entry, timestamp
from pwl_tui.state.models import BalanceReading, Batch, Binding, Job
from pwl_tui.state.store import Store

NOW = 1_763_700_000.0
"""21 November 2025, 04:40 UTC."""
KEY = Secret("scene-key")
_CARRIERS = ("T-Mobile", "Verizon", "AT&T", "Vodafone", "O2")
LOST_ANSWER = Problem(
    kind=Kind.TIMEOUT,
    message="The service did not answer in time.",
    charged="unknown",
    remedy="Settle the batch: the balance before and after shows whether it was charged.",
)
REFUSED = decode_error(403, {}, b'{"error": "This key may not use WhatsApp validation"}', paid=True)
GONE = decode_error(404, {}, b'{"error": "Batch not found"}', paid=False)


class StillEngine(Engine):
    """An engine that never sends or asks: what is stored stays as it is."""

    def start(self, listener: Callable[[Event], None], scope: object = None) -> None:
        """Do nothing."""


class Scene:
    """Fills a state file.

    Args:
        directory: where it lies.
        settings: what the screen is shown with.
    """

    def __init__(self, directory: Path, settings: Settings | None = None) -> None:
        self.directory = directory
        self.settings = settings or Settings(key_source=KEY, region="US", ui=Ui(theme="dark"))
        self.store = Store.open(directory / "state")
        # Hundreds of jobs are stored here, and none of them is worth waiting for a disk.
        self.store._database.read("PRAGMA synchronous=OFF")  # noqa: SLF001 - no program may do this
        self.engine = StillEngine(self.store, self.settings, clock=lambda: NOW, draw=random.Random(1))
        self._ids = 0

    def belong_here(self) -> None:
        """Be no copy of another scene."""
        with self.store._database.transaction() as c:  # noqa: SLF001 - the program notes such a decision
            c.execute("UPDATE places SET path=?", (self.store.places.here.path,))

    @property
    def binding(self) -> Binding:
        """Whose jobs these are."""
        binding = self.engine.binding
        assert binding is not None
        return binding

    def credits(self, *whatsapp: int) -> None:
        """Store readings of the credits; the last one was read a day ago and again two minutes ago."""
        times = [NOW - 90_000 - 3600 * (len(whatsapp) - 1 - index) for index in range(len(whatsapp))]
        for at, balance in zip([*times, NOW - 120], [*whatsapp, whatsapp[-1]], strict=True):
            self.store.balances.add(self.binding, BalanceReading(at, "wavalidation", balance))
        for service, balance in (
            ("phonevalidation", 4_850),
            ("calleridvalidation", 120),
            ("blacklistchecker", 9),
        ):
            self.store.balances.add(self.binding, BalanceReading(NOW - 120, service, balance))

    def reading(self, balance: int, ago: float) -> None:
        """Store one reading of the WhatsApp credits, so many seconds old."""
        self.store.balances.add(self.binding, BalanceReading(NOW - ago, "wavalidation", balance))

    def job(self, name: str, numbers: int, *, days: float = 0.0, junk: int = 0) -> Job:
        """Store a job of so many numbers as planned, `days` old."""
        lines = [f"+1415{2_000_000 + self._ids * 100 + n}" for n in range(numbers)]
        lines += ["n/a"] * junk
        self._ids += numbers
        source = Source.from_text("\n".join(lines), name)
        plan = self.engine.plans.for_list(source, Options(numbers="possible"), reuse_days=0)
        created = self.engine.jobs.create(plan, name=name)
        with self.store._database.transaction() as c:  # noqa: SLF001 - no part of the program dates a job back
            c.execute("UPDATE jobs SET created=? WHERE id=?", (NOW - days * 86_400 - 600, created.id))
        return created

    def send(self, job: Job, seq: int, *, answered: float, ago: float = 300.0, balance: int = 50_000) -> None:
        """Let a batch be accepted so many seconds ago, and a share of its numbers be answered since."""
        batch = self._intended(job, seq, ago, balance)
        self._ids += 1
        self.store.batches.accept(
            batch,
            batch_id=f"550e8400-e29b-41d4-a716-{self._ids:012}",
            charged=batch.size,
            now=NOW - ago,
            next_poll=NOW + 12,
            error=None,
        )
        if not answered:
            return
        batch = self.store.batches.get(job.id, seq)
        numbers = self.store.batches.numbers(batch)[: int(batch.size * answered)]
        self.store.polls.learn(
            batch,
            [answer(number) for number in numbers],
            done=answered == 1.0,
            now=NOW - 4,
            next_poll=None if answered == 1.0 else NOW + 12,
        )

    def doubt(self, job: Job, seq: int, *readings: int, ago: float = 700.0) -> None:
        """Let the outcome of a batch be unknown, and the balance be read so many times since."""
        doubted = NOW - ago + 60
        self.store.batches.mark_unknown(self._intended(job, seq, ago), LOST_ANSWER, now=doubted)
        for offset, balance in zip(READING_OFFSETS, readings, strict=False):
            reading = BalanceReading(doubted + offset, "wavalidation", balance)
            self.store.balances.add_evidence(self.binding, reading, job.id, seq)

    def hold(self, job: Job, required: int, available: int) -> None:
        """Let a job wait for credits."""
        self.store.jobs.hold(job.id, credits_short(required, available), None)

    def answer_rest(self, job: Job, seq: int) -> None:
        """Let the numbers of a batch that are pending be answered four seconds ago."""
        batch = self.store.batches.get(job.id, seq)
        answers = [answer(number) for number in self.store.batches.numbers(batch)]
        self.store.polls.learn(batch, answers, done=True, now=NOW - 4, next_poll=None)

    def refuse(self, job: Job, seq: int) -> None:
        """Let a batch be refused ten minutes ago."""
        self.store.batches.refuse(self._intended(job, seq, 600.0), REFUSED, now=NOW - 600)

    def lose_sight(self, job: Job, seq: int) -> None:
        """Let the service not know a batch any more that it has accepted."""
        self.store.polls.unreachable(self.store.batches.get(job.id, seq), GONE, now=NOW - 60)

    def _intended(self, job: Job, seq: int, ago: float, balance: int = 50_000) -> Batch:
        self.store.batches.intend(self.store.batches.get(job.id, seq), now=NOW - ago, balance=balance)
        return self.store.batches.get(job.id, seq)


def answer(number: int) -> tuple[int, Answer]:
    """Return a number and what the service says of it: the same every time, and everything now and then."""
    fails, on_whatsapp = number % 97 == 0, number % 10 < 7
    if fails:
        return number, Answer(Outcome.FAILED, note="the number could not be checked")
    return number, Answer(
        Outcome.COMPLETED,
        on_whatsapp=on_whatsapp,
        business=on_whatsapp and number % 11 == 0,
        carrier=_CARRIERS[number % len(_CARRIERS)],
        country="US",
    )


def rest(scene: Scene) -> None:
    """Nothing moves: finished jobs, and one that is paused."""
    scene.credits(58_000, 55_500, 52_000, 51_900, 49_000, 48_210)
    done = scene.job("crm-export-nov", 1_800, days=1, junk=40)
    scene.send(done, 1, answered=1.0, ago=86_400)
    scene.send(done, 2, answered=1.0, ago=86_300)
    older = scene.job("newsletter", 900, days=6)
    scene.send(older, 1, answered=1.0, ago=6 * 86_400)
    paused = scene.job("partners-eu", 1_500)
    scene.send(paused, 1, answered=1.0)
    scene.store.jobs.pause(paused.id, paused=True)


def live(scene: Scene) -> None:
    """A day like any other: the same, and a job that the service works on."""
    rest(scene)
    running = scene.job("spring-leads", 3_000, junk=12)
    scene.send(running, 1, answered=1.0)
    scene.send(running, 2, answered=0.6)
    scene.send(running, 3, answered=0.0)


def attention(scene: Scene) -> None:
    """The same, and two jobs that need the person."""
    live(scene)
    waiting = scene.job("autumn-event", 1_200)
    scene.hold(waiting, 1_200, 210)
    in_doubt = scene.job("webinar", 2_000)
    scene.send(in_doubt, 1, answered=1.0, ago=900)
    scene.doubt(in_doubt, 2, 49_000, 49_000, 49_000, ago=160)


def leaving(scene: Scene) -> None:
    """A list of which the larger part is not sent yet."""
    rest(scene)
    running = scene.job("spring-leads", 7_500)
    scene.send(running, 1, answered=0.4)
    scene.send(running, 2, answered=0.0)


def spent(scene: Scene) -> None:
    """A ledger: charges, a top-up, and credits that went where nobody knows."""
    listed, balance = scene.job("crm-export-nov", 2_600, days=1), 30_000
    scene.reading(balance, 90_000)
    for seq, size in ((1, 1_000), (2, 1_000), (3, 600)):
        scene.send(listed, seq, answered=1.0, ago=86_400 - 60 * seq, balance=balance)
        balance -= size
        scene.reading(balance, 86_400 - 60 * seq - 30)
    scene.reading(balance + 20_000, 40_000)
    scene.reading(balance + 19_500, 7_200)
    scene.send(scene.job("webinar", 800), 1, answered=1.0, ago=600, balance=balance + 19_500)
    scene.reading(balance + 18_700, 120)


def expiring(scene: Scene) -> None:
    """Answers that the service deletes soon, a job that failed in part and its retry, another key's job."""
    scene.credits(50_000, 48_210)
    old = scene.job("easter-leads", 400, days=11)
    scene.send(old, 1, answered=0.4, ago=11.5 * 86_400)
    failed = scene.job("crm-export-nov", 1_800, days=2)
    for seq in (1, 2):
        scene.send(failed, seq, answered=1.0, ago=2 * 86_400)
    scene.engine.jobs.retry(scene.engine.plans.for_retry(failed.id))
    elsewhere = Scene(
        scene.directory, replace(scene.settings, key_source=Secret("another"), profile="agency")
    )
    elsewhere.send(elsewhere.job("agency-list", 200, days=1), 1, answered=0.5, ago=86_400)
    elsewhere.store.close()


def crowded(scene: Scene, jobs: int = 200, live_jobs: int = 50) -> None:
    """As many jobs as a busy office has in two weeks, a quarter of them live."""
    scene.credits(50_000, 48_210)
    for index in range(jobs):
        job = scene.job(f"list-{index:03}", 40, days=(jobs - index) / 15)
        scene.send(job, 1, answered=0.5 if index >= jobs - live_jobs else 1.0)


def empty(scene: Scene) -> None:
    """A key, its credits, and no list yet."""
    scene.credits(48_210)


def unread(scene: Scene) -> None:
    """A job, and no reading of the credits yet."""
    scene.send(scene.job("spring-leads", 1_200), 1, answered=0.3)


def stale(scene: Scene) -> None:
    """The same, and credits that were last read two hours ago."""
    unread(scene)
    scene.reading(48_210, 7_300)


def short(scene: Scene) -> None:
    """A job under way, and hardly any credits."""
    scene.credits(6_800, 5_600, 3_200)
    scene.send(scene.job("spring-leads", 2_400), 1, answered=0.3)


def done(scene: Scene) -> None:
    """Everything has its answers but a batch that has most of them."""
    scene.credits(58_000, 52_000, 48_210)
    older = scene.job("newsletter", 900, days=6)
    scene.send(older, 1, answered=1.0, ago=6 * 86_400)
    scene.send(scene.job("spring-leads", 1_000, junk=12), 1, answered=0.9)


def troubled(scene: Scene) -> None:
    """A refused batch, one that the service does not know, one whose answers it deletes within hours."""
    scene.credits(50_000, 48_210)
    expired = scene.job("summer-sale", 600, days=14)
    scene.send(expired, 1, answered=0.5, ago=13.9 * 86_400)
    gone = scene.job("agency-import", 1_400, days=2)
    scene.send(gone, 1, answered=1.0, ago=2 * 86_400)
    scene.send(gone, 2, answered=0.25, ago=2 * 86_400)
    scene.lose_sight(gone, 2)
    refused = scene.job("crm-export-nov", 1_600)
    scene.send(refused, 1, answered=1.0, ago=900)
    scene.refuse(refused, 2)


def sampled(scene: Scene) -> None:
    """A sample that is answered, of a list of which the rest was left out."""
    scene.credits(48_210)
    rows = "\n".join(f"+1415{2_000_000 + n}" for n in range(4_000))
    plan = scene.engine.plans.for_list(
        Source.from_text(rows, "webinar.csv"), Options(numbers="possible"), sample=500
    )
    scene.send(scene.engine.jobs.create(plan, name="webinar"), 1, answered=1.0)


def journaled(scene: Scene) -> None:
    """A day like any other, and two batches that only the journal knows."""
    live(scene)
    for ago, size in ((5_000, 1_000), (4_800, 640)):
        entry = Entry(
            batch_id=f"7d444840-9dc0-11d1-b245-{ago:012}",
            at=timestamp(NOW - ago),
            base_url=scene.binding.base_url,
            key=scene.binding.fingerprint,
            size=size,
        )
        scene.store.journal.append(entry)
