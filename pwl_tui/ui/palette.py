"""The palette: the commands of the screen in front, found by their names."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from pwl_tui.ui.base import CommandScreen
from pwl_tui.ui.commands import Command, within


class CommandProvider(Provider):
    """Offers what the screen can do; what it cannot do now says why when it is chosen."""

    async def discover(self) -> Hits:
        """Yield every command."""
        for command in self._commands():
            yield DiscoveryHit(self._title(command), partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose title or help sounds like the query."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(f"{command.title} {command.help}")
            if score > 0:
                title = Content(self._title(command))
                yield Hit(score, title, partial(self._run, command), help=command.help)

    def _commands(self) -> list[Command]:
        scopes = self.screen.SCOPES if isinstance(self.screen, CommandScreen) else ()
        return [command for command in within("everywhere", *scopes) if command.id != "palette"]

    def _title(self, command: Command) -> str:
        return command.title[0].upper() + command.title[1:]

    async def _run(self, command: Command) -> None:
        screen = self.screen
        if isinstance(screen, CommandScreen) and screen.explain(command.action):
            return
        # A command is an action of the screen, of its table or form, or of the program.
        for node in (screen, *screen.query("Table, ListForm"), self.app):
            if hasattr(node, f"action_{command.action}"):
                await self.app.run_action(command.action, node)
                return
