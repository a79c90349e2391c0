"""The settings: options override the environment, which overrides the profile in the file, then the defaults.

`tables` declares them, `values` checks keys and addresses, `settings` reads them, and `writing` writes the
example, the key and changed settings. Nothing here knows the service, lists or the screen.
"""

from pwl_tui.config.errors import ConfigError
from pwl_tui.config.settings import Settings, load
from pwl_tui.config.tables import Lists, Notify, Polling, Sending, Ui, Worker
from pwl_tui.config.values import KeyCommand
from pwl_tui.config.writing import Changes, example, profiles, save, save_key, show

__all__ = [
    "Changes",
    "ConfigError",
    "KeyCommand",
    "Lists",
    "Notify",
    "Polling",
    "Sending",
    "Settings",
    "Ui",
    "Worker",
    "example",
    "load",
    "profiles",
    "save",
    "save_key",
    "show",
]
