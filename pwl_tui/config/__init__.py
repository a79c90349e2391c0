"""The settings: option first, then environment, then the profile in the file, then the default.

`tables` declares them, `values` says what a key and an address may be, `settings` reads them, and `writing`
writes the example, the key and what is changed. Nothing here knows the service, a list or a screen.
"""

from pwl_tui.config.errors import ConfigError
from pwl_tui.config.settings import Settings, load
from pwl_tui.config.tables import Lists, Notify, Polling, Ui
from pwl_tui.config.values import KeyCommand
from pwl_tui.config.writing import Changes, example, profiles, save, save_key, show

__all__ = [
    "Changes",
    "ConfigError",
    "KeyCommand",
    "Lists",
    "Notify",
    "Polling",
    "Settings",
    "Ui",
    "example",
    "load",
    "profiles",
    "save",
    "save_key",
    "show",
]
