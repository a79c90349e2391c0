"""The palette: the commands of the screen in front and every job, found by their names."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from pwl_tui.text import clean
from pwl_tui.ui.base import CommandScreen
from pwl_tui.ui.commands import Command, within
from pwl_tui.ui.figures import grouped, percent

if TYPE_CHECKING:
    from pwl_tui.state.models import Job

_MOST_JOBS = 20
"""Jobs that are offered before anything is typed; typing finds them all."""


class Entry(NamedTuple):
    """One thing that the palette offers: by what words it is found, and what is said of it now."""

    title: str
    words: str
    said: str
    run: IgnoreReturnCallbackType


class CommandProvider(Provider):
    """Offers what the screen can do; what it cannot do now says why when it is chosen."""

    async def discover(self) -> Hits:
        """Yield every command."""
        for entry in self._entries():
            yield DiscoveryHit(entry.title, entry.run, help=entry.said)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose title or help sounds like the query."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(f"{entry.title} {entry.words}")
            if score > 0:
                yield Hit(score, Content(entry.title), entry.run, help=entry.said)

    def _entries(self) -> Iterator[Entry]:
        screen = self.screen
        scopes = screen.SCOPES if isinstance(screen, CommandScreen) else ()
        for command in within("everywhere", *scopes):
            if command.id != "palette":
                why = screen.why_not(command.id) if isinstance(screen, CommandScreen) else None
                title = command.title[0].upper() + command.title[1:]
                said = f"Not now: {why}" if why else command.help
                yield Entry(title, command.help, said, partial(self._run, command))

    async def _run(self, command: Command) -> None:
        screen = self.screen
        if isinstance(screen, CommandScreen) and screen.explain(command.action):
            return
        # A command is an action of the screen, of its table or form, or of the program.
        for node in (screen, *screen.query("Table, ListForm"), self.app):
            if hasattr(node, f"action_{command.action}"):
                await self.app.run_action(command.action, node)
                return


class JobProvider(Provider):
    """Offers every job: choosing it opens its screen."""

    async def discover(self) -> Hits:
        """Yield the jobs that stand first at home."""
        for job in self._jobs()[:_MOST_JOBS]:
            yield DiscoveryHit(_job_title(job), partial(self._open, job), help=_job_help(job))

    async def search(self, query: str) -> Hits:
        """Yield the jobs whose name or state sounds like the query."""
        matcher = self.matcher(query)
        for job in self._jobs():
            score = matcher.match(f"{_job_title(job)} {_job_help(job)}")
            if score > 0:
                yield Hit(score, Content(_job_title(job)), partial(self._open, job), help=_job_help(job))

    def _jobs(self) -> "tuple[Job, ...]":
        return self.screen.snapshot.jobs if isinstance(self.screen, CommandScreen) else ()

    def _open(self, job: "Job") -> None:
        from pwl_tui.ui.screens.job import JobScreen

        if isinstance(self.screen, CommandScreen):
            screen = JobScreen(self.screen.desk, job)
            # One job's screen never lies over another's: back leads home.
            if isinstance(self.screen, JobScreen):
                self.app.switch_screen(screen)
            else:
                self.app.push_screen(screen)


def _job_title(job: "Job") -> str:
    return f"Open {clean(job.name)}"


def _job_help(job: "Job") -> str:
    return f"Job {job.id}: {job.state}, {percent(job.done)} of {grouped(job.numbers)}."
