"""Switching to another profile: another API key, address and region; the configuration remembers it."""

from functools import partial
from typing import Any

from textual.app import App

from pwl_tui.config import Settings, profiles
from pwl_tui.text import clean
from pwl_tui.ui.background import in_thread
from pwl_tui.ui.context import AppContext
from pwl_tui.ui.dialogs.questions import Ask, Choice

_OTHER = "other-"


async def switch_profile(app: App[Any], ctx: AppContext) -> str | None:
    """Ask which profile to use, and use it.

    Returns:
        What came of it, in a sentence. None means that nothing was changed.

    Raises:
        ConfigError: the file cannot be used, or the command that prints the key fails.
        PathError: the file cannot be written.
    """
    current = ctx.settings.profile
    others = [name for name in await in_thread(lambda: profiles(ctx.config_file)) if name != current]
    if not others:
        return f"{clean(current)} is the only profile. A table [profiles.NAME] in the configuration adds one."
    choices = [Choice("stay", f"Keep {clean(current)}")]
    choices += [Choice(f"{_OTHER}{place}", clean(name)) for place, name in enumerate(others)]
    question = (
        "Its jobs are then sent and polled. The jobs of the current profile wait until you switch back."
    )
    answer = await app.push_screen_wait(Ask("Switch profile", question, choices))
    if answer is None or not answer.startswith(_OTHER):
        return None
    name = others[int(answer.removeprefix(_OTHER))]
    ctx.use(await in_thread(partial(_put_in_force, ctx, name), "switch profile"))
    return f"Switched to profile {clean(name)}."


def _put_in_force(ctx: AppContext, name: str) -> Settings:
    settings, _ = ctx.save({"": {"profile": name}}, name)
    ctx.engine.use_settings(settings)
    return settings
