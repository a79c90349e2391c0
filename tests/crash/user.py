"""What a person does after a crash: go on, settle with the provider's help, mend what was refused, go on."""

import json
import random
import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from tests.crash.machine import Kill, Machine, Ran
from tests.crash.reconcile import job_names, read_batches, unclaimed

DONE, FAILED, UNKNOWN = 0, 1, 5
"""Exit codes of the program."""
WATCH, WORKER = ("watch", "--json"), ("worker", "run", "--json")
_ROUNDS = 40
_WRITE_OFF, _MISTAKE = 0.1, 0.2
"""Below the one a batch that was charged is written off, below the other it is declared free by mistake."""


def wished(path: Path) -> Path:
    """Return the file to which the job of a list is to be exported by itself."""
    return path.with_suffix(".wished.csv")


class StuckError(AssertionError):
    """The work does not come to an end."""


class Person:
    """Goes on with the work on a machine until it is done.

    Args:
        machine: where.
        lists: the lists to submit, each once.
        chance: decides how charged batches are settled; none: by their ids.
        worker: whether a background worker goes on with the work, and `watch` is at most beside it.

    Attributes:
        planned: when plans were made, by the name of the job that they were for; see `Ran.planned`.
    """

    def __init__(
        self,
        machine: Machine,
        lists: list[Path],
        chance: random.Random | None = None,
        *,
        worker: bool = False,
    ) -> None:
        self._machine = machine
        self._lists = lists
        self._chance = chance
        self._rest = [WORKER, WATCH] if worker else [WATCH]
        self.planned: defaultdict[str, list[float]] = defaultdict(list)

    @property
    def commands(self) -> list[tuple[str, ...]]:
        """What goes on with the work, the most important first: lists that are no jobs yet, and the rest."""
        submits = [
            ("submit", str(path), "--name", path.stem, "--yes", "--wait", "--json", *self._wish(path))
            for path in self._lists
        ]
        return [*submits, *self._rest]

    @property
    def has_brought_all(self) -> bool:
        """Whether all lists are jobs."""
        return not self._lists

    def _wish(self, path: Path) -> tuple[str, ...]:
        return ("--export", str(wished(path))) if self._rest[0] == WORKER else ()

    def note(self, ran: Ran) -> None:
        """Learn from the end of a command which lists have become jobs."""
        said = [
            path
            for path in self._lists
            if re.search(rf"^Created job \d+ {re.escape(path.stem)}\.$", ran.err, re.MULTILINE)
        ]
        if ran.planned:
            self.planned[self._planned_job(ran)] += ran.planned
        # A database may have stored what it could not tell of any more.
        unsure = ran.killed or (ran.code != DONE and self._machine.books.url is not None)
        if self._lists and unsure and not said:
            said = [path for path in self._lists if path.stem in self._there()]
        self._lists = [path for path in self._lists if path not in said]

    def react(self, ran: Ran, kill: Kill | None = None) -> bool:
        """Do what the end of a command asks for.

        Args:
            ran: how it ended.
            kill: when to kill the commands that settle; none: not at all.

        Returns:
            Whether there is anything left to do.
        """
        self.note(ran)
        if ran.code == UNKNOWN:
            self.settle(kill)
        elif ran.code != DONE and not ran.killed:
            self.resume()
        return ran.code != DONE or ran.arguments != self._rest[0] or bool(self._lists)

    def resume(self) -> None:
        """Resume whatever is stopped, and try again what was refused."""
        for job in self._jobs():
            if job["state"] != "completed":
                self._machine.run("resume", job["job"])

    def finish(self) -> None:
        """Go on to the end, with nobody killing anything.

        Raises:
            StuckError: there is no end.
        """
        for _ in range(_ROUNDS):
            ran = self._machine.run(*self.commands[0])
            if self._machine.complaints:
                raise StuckError("the program itself is broken")
            if not self.react(ran):
                return
        raise StuckError(f"{ran.arguments} ends with {ran.code} again and again: {ran.err}")

    def _planned_job(self, ran: Ran) -> str:
        """Return the name of the job that a plan was for."""
        command, which = ran.arguments[:2]
        if command == "submit":
            return Path(which).stem
        names = dict(self._machine.books.query("SELECT id, name FROM jobs"))
        return f"{names[int(which)]} retry"

    def _there(self) -> Collection[str]:
        if self._machine.books.url is not None:  # which may be away for a moment
            return job_names(self._machine.books)
        return {job["name"] for job in self._jobs()}

    def _jobs(self) -> list[dict[str, str]]:
        ran = self._machine.run("jobs", "--json")
        while ran.code == FAILED and self._machine.books.url is not None:
            ran = self._machine.run("jobs", "--json")  # its database is away for a moment
        if ran.code != DONE:
            raise StuckError(f"the jobs cannot be listed, {ran.code}: {ran.err}{ran.out}")
        jobs: list[dict[str, str]] = json.loads(ran.out)
        return jobs

    def settle(self, kill: Kill | None = None) -> None:
        """Decide every batch in doubt, knowing from the provider what was charged.

        Args:
            kill: when to kill the commands that settle. None means not at all.
        """
        machine = self._machine
        machine.quiet()
        batches = read_batches(machine.books)
        charged = unclaimed(machine.place.world, batches)
        for batch in batches:
            if batch.state != "unknown":
                continue
            found = charged.get(batch.digest)
            words = self._decision(found[0].batch_id if found else None)
            arguments = ("settle", batch.label, "--json", "--as", *words)
            mistake = found and words[0] == "free"
            machine.tally.add("settled", "free by mistake" if mistake else words[0])
            if kill is None:
                machine.run(*arguments)
            else:
                machine.kill(machine.start_to_die(kill, *arguments), kill)

    def _decision(self, batch_id: str | None) -> tuple[str, ...]:
        draw = self._chance.random() if self._chance is not None else 1.0
        if batch_id is None or _WRITE_OFF <= draw < _MISTAKE:
            return ("free",)
        return ("lost",) if draw < _WRITE_OFF else ("adopted", "--batch-id", batch_id)
