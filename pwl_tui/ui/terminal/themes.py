"""The colors: one accent. Terminals with 16 colors use their own."""

from collections.abc import Mapping
from typing import Literal

from textual.theme import Theme

ThemeChoice = Literal["auto", "dark", "light", "ansi"]

DARK = Theme(
    name="pwl-dark",
    dark=True,
    primary="#5fb3a1",
    secondary="#7a8699",
    accent="#5fb3a1",
    foreground="#d8dee6",
    background="#14181d",
    surface="#1a1f26",
    panel="#222933",
    success="#86b86b",
    warning="#dca54c",
    error="#e0685f",
    variables={
        "block-cursor-background": "#2d4a4a",
        "block-cursor-foreground": "#eef4f2",
        "border": "#3a4450",
        "edge": "#3a4450",
        "muted": "#8794a3",
    },
)
LIGHT = Theme(
    name="pwl-light",
    dark=False,
    primary="#0f766e",
    secondary="#5b6675",
    accent="#0f766e",
    foreground="#1c232b",
    background="#fbfbf9",
    surface="#f2f2ee",
    panel="#e6e6e0",
    success="#3f7d2a",
    warning="#96620a",
    error="#b3261e",
    variables={
        "block-cursor-background": "#cfe5e1",
        "block-cursor-foreground": "#10201e",
        "border": "#c3c5c0",
        "edge": "#c3c5c0",
        "muted": "#66717d",
    },
)
THEMES = (DARK, LIGHT)
VARIABLES = {"muted": "ansi_bright_black", "edge": "ansi_bright_black"}
"""Colors that our themes add, for the other themes."""


def choose(
    setting: ThemeChoice, environ: Mapping[str, str], *, low_bandwidth: bool, light: bool | None = None
) -> str:
    """Return the name of the theme to use.

    Args:
        setting: what the person configured.
        environ: for ``NO_COLOR`` and what the terminal says about itself.
        low_bandwidth: prefer numbered colors, which take half as many bytes as true colors.
        light: whether the terminal reported a light background; None if it has not reported.
    """
    if light is None:
        light = _light_background(environ)
    light = setting == "light" or (setting != "dark" and light)
    true_color = environ.get("COLORTERM", "") in {"truecolor", "24bit"} or "256" in environ.get("TERM", "")
    plain = environ.get("NO_COLOR") or setting == "ansi"
    if plain or (setting == "auto" and (low_bandwidth or not true_color)):
        return "ansi-light" if light else "ansi-dark"
    return LIGHT.name if light else DARK.name


def _light_background(environ: Mapping[str, str]) -> bool:
    """Return whether ``COLORFGBG``, which ends in the number of the background, names a white one (7, 15)."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
