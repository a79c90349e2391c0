"""The palette: every command of the screen in front, and every job, found by name."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.command import CommandInput, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.types import IgnoreReturnCallbackType
from textual.widgets import LoadingIndicator

from pwl_tui.text import clean
from pwl_tui.ui.commands import COMMANDS, Command
from pwl_tui.ui.screens.base import CommandScreen
from pwl_tui.wording.figures import grouped, percent

if TYPE_CHECKING:
    from pwl_tui.state.models import Job

_MOST_JOBS = 20
"""Jobs offered before anything is typed; typing finds all of them."""
_LEFT_OUT = ("palette", "leave")
"""The palette itself, and the second command that quits."""


class Entry(NamedTuple):
    """One thing that the palette offers.

    Attributes:
        title: what it is.
        words: more words that find it.
        description: shown below the title.
        run: does it.
    """

    title: str
    words: str
    description: str
    run: IgnoreReturnCallbackType


class Palette(CommandPalette):
    """Textual's palette, made to write nothing while nobody types."""

    def on_mount(self) -> None:
        """Stop the cursor from blinking and the indicator from turning."""
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None


class Everything(Provider):
    """Offers the commands, then the jobs. A command that cannot run now says why when it is chosen.

    It is one provider because Textual shows several in any order. Textual takes descriptions for markup.
    """

    async def discover(self) -> Hits:
        """Yield every command, and the first jobs of the home screen."""
        for entry in (*self._commands(), *islice(self._jobs(), _MOST_JOBS)):
            yield DiscoveryHit(Content(entry.title), entry.run, help=_plain(entry.description))

    async def search(self, query: str) -> Hits:
        """Yield the commands and jobs that match the query; a match in the title counts double."""
        matcher = self.matcher(query)
        for entry in (*self._commands(), *self._jobs()):
            score = 2 * matcher.match(entry.title) or matcher.match(f"{entry.title} {entry.words}")
            if score > 0:
                yield Hit(score, Content(entry.title), entry.run, help=_plain(entry.description))

    def _commands(self) -> Iterator[Entry]:
        screen = self.screen
        owners = self._owners()
        for command in COMMANDS:
            owner = owners.get(command.id)
            if owner is not None and command.id not in _LEFT_OUT:
                why = screen.why_not(command.id) if isinstance(screen, CommandScreen) else None
                title = command.title[0].upper() + command.title[1:]
                description = f"Not now: {why}" if why else command.help
                yield Entry(title, command.help, description, partial(self._run, command, owner))

    def _owners(self) -> dict[str, DOMNode]:
        """Return the node that runs each command: the screen, its table or form, or the application."""
        nodes: Iterable[DOMNode] = (self.app, *self.screen.query("Table, ListForm"), self.screen)
        bound = ((binding, node) for node in nodes for binding in node.BINDINGS)
        return {binding.id: node for binding, node in bound if isinstance(binding, Binding) and binding.id}

    def _jobs(self) -> Iterator[Entry]:
        jobs = self.screen.snapshot.jobs if isinstance(self.screen, CommandScreen) else ()
        for job in jobs:
            text = f"Job {job.id}: {job.state}, {percent(job.done)} of {grouped(job.numbers)}."
            yield Entry(f"Open {clean(job.name)}", text, text, partial(self._open, job))

    async def _run(self, command: Command, owner: DOMNode) -> None:
        if not (isinstance(self.screen, CommandScreen) and self.screen.explain(command.action)):
            await self.app.run_action(command.action, owner)

    def _open(self, job: "Job") -> None:
        from pwl_tui.ui.screens.job import JobScreen

        if isinstance(self.screen, CommandScreen):
            screen = JobScreen(self.screen.ctx, job)
            # A job's screen replaces another job's, so that back leads home.
            if isinstance(self.screen, JobScreen):
                self.app.switch_screen(screen)
            else:
                self.app.push_screen(screen)


def _plain(text: str) -> str:
    """Return markup that shows a text as it is. Textual's own `escape` doubles backslashes for good."""
    return text.replace("[", r"\[")
