"""Another profile: another key, address and region, kept in the configuration as the one in force."""

from functools import partial
from typing import Any

from textual.app import App

from pwl_tui.config import Settings, profiles
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.base import AppContext
from pwl_tui.ui.dialogs.questions import Ask, Choice

_OTHER = "other-"


async def switch_profile(app: App[Any], ctx: AppContext) -> str | None:
    """Ask which profile to use, and put it in force.

    Returns:
        What came of it, in a sentence; none: nothing was changed.

    Raises:
        ConfigError: the file cannot be used, or the command that prints the key fails.
        PathError: the file cannot be written.
    """
    current = ctx.settings.profile
    others = [name for name in await in_thread(lambda: profiles(ctx.config_file)) if name != current]
    if not others:
        return f"{clean(current)} is the only profile: a table [profiles.NAME] in the configuration adds one."
    choices = [Choice("stay", f"Stay with {clean(current)}")]
    choices += [Choice(f"{_OTHER}{place}", clean(name)) for place, name in enumerate(others)]
    question = "Its jobs are sent and polled from then on, and those of this one when it is used again."
    answer = await app.push_screen_wait(Ask("Use another profile", question, choices))
    if answer is None or not answer.startswith(_OTHER):
        return None
    name = others[int(answer.removeprefix(_OTHER))]
    ctx.use(await in_thread(partial(_put_in_force, ctx, name), "switch profile"))
    return f"The profile {clean(name)} is in use."


def _put_in_force(ctx: AppContext, name: str) -> Settings:
    settings, _ = ctx.save({"": {"profile": name}}, name)
    ctx.engine.use_settings(settings)
    return settings
