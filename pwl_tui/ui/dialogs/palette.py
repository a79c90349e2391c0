"""The palette: the commands of the screen in front and every job, found by their names."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from textual.command import CommandInput, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import LoadingIndicator

from pwl_tui.text import clean
from pwl_tui.ui.base import CommandScreen
from pwl_tui.ui.commands import Command, within
from pwl_tui.ui.presenters.format import grouped, percent

if TYPE_CHECKING:
    from pwl_tui.state.models import Job

_MOST_JOBS = 20
"""Jobs that are offered before anything is typed; typing finds them all."""
_LEFT_OUT = ("palette", "leave")
"""What one is in already, and what `quit` is, too."""


class Entry(NamedTuple):
    """One thing that the palette offers: by what words it is found, and what is said of it now."""

    title: str
    words: str
    said: str
    run: IgnoreReturnCallbackType


class Palette(CommandPalette):
    """Textual's, which writes nothing while nobody types."""

    def on_mount(self) -> None:
        """Stop what blinks and what turns."""
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None


class Everything(Provider):
    """Offers what the screen can do, then every job. What cannot be done now says why when it is chosen.

    One provider and not two: Textual shows them in any order. It takes what is said for markup.
    """

    async def discover(self) -> Hits:
        """Yield every command, and the jobs that stand first at home."""
        for entry in (*self._commands(), *islice(self._jobs(), _MOST_JOBS)):
            yield DiscoveryHit(Content(entry.title), entry.run, help=_plain(entry.said))

    async def search(self, query: str) -> Hits:
        """Yield the commands and jobs whose words sound like the query; a title counts twice as much."""
        matcher = self.matcher(query)
        for entry in (*self._commands(), *self._jobs()):
            score = 2 * matcher.match(entry.title) or matcher.match(f"{entry.title} {entry.words}")
            if score > 0:
                yield Hit(score, Content(entry.title), entry.run, help=_plain(entry.said))

    def _commands(self) -> Iterator[Entry]:
        screen = self.screen
        scopes = screen.SCOPES if isinstance(screen, CommandScreen) else ()
        for command in within("everywhere", *scopes):
            if command.id not in _LEFT_OUT:
                why = screen.why_not(command.id) if isinstance(screen, CommandScreen) else None
                title = command.title[0].upper() + command.title[1:]
                said = f"Not now: {why}" if why else command.help
                yield Entry(title, command.help, said, partial(self._run, command))

    def _jobs(self) -> Iterator[Entry]:
        jobs = self.screen.snapshot.jobs if isinstance(self.screen, CommandScreen) else ()
        for job in jobs:
            said = f"Job {job.id}: {job.state}, {percent(job.done)} of {grouped(job.numbers)}."
            yield Entry(f"Open {clean(job.name)}", said, said, partial(self._open, job))

    async def _run(self, command: Command) -> None:
        screen = self.screen
        if isinstance(screen, CommandScreen) and screen.explain(command.action):
            return
        # A command is an action of the screen, of its table or form, or of the program.
        for node in (screen, *screen.query("Table, ListForm"), self.app):
            if hasattr(node, f"action_{command.action}"):
                await self.app.run_action(command.action, node)
                return

    def _open(self, job: "Job") -> None:
        from pwl_tui.ui.screens.job import JobScreen

        if isinstance(self.screen, CommandScreen):
            screen = JobScreen(self.screen.ctx, job)
            # One job's screen never lies over another's: back leads home.
            if isinstance(self.screen, JobScreen):
                self.app.switch_screen(screen)
            else:
                self.app.push_screen(screen)


def _plain(text: str) -> str:
    """Return markup that shows a text as it is. Textual's own `escape` doubles backslashes for good."""
    return text.replace("[", r"\[")
