"""The console's colours: for dark terminals, for light ones, and for those that have 16 colours and no other."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

from journal.errors import CleoError

DEFAULTS = {
    "quiet": "#9eaab8",
    "rule": "#404952",
    "alarm": "#b00020",
    "caution": "#e0a000",
    "kind-real": "#b00020",
    "kind-drill": "#e0a000",
    "kind-lab": "#1f5fbf",
    "kind-tabletop": "#5fb0a0",
}
"""Colours that Textual's themes do not have: quiet text, lines, and backgrounds of what is loud."""

DARK = Theme(
    name="cleo",
    dark=True,
    primary="#5aa9e6",
    secondary="#7fc8a9",
    accent="#ffd166",
    success="#7fd17f",
    warning="#ffb347",
    error="#ff6b6b",
    foreground="#e6e6e6",
    background="#101418",
    surface="#151b21",
    panel="#202830",
    variables={
        "block-cursor-background": "#1d4060",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#2a343f",
        "block-cursor-blurred-foreground": "#e6e6e6",
    },
)

LIGHT = Theme(
    name="cleo-light",
    dark=False,
    primary="#0b5cad",
    secondary="#1d6f5c",
    accent="#8a4b00",
    success="#1a6e2e",
    warning="#8f5200",
    error="#b3141f",
    foreground="#16191d",
    background="#ffffff",
    surface="#ffffff",
    panel="#e4e4e4",
    variables={
        "quiet": "#57606a",
        "rule": "#b2b2b2",
        "text-primary": "#0b4f94",
        "text-success": "#17612a",
        "text-warning": "#874d00",
        "text-error": "#b3141f",
        "text-accent": "#7a4200",
        "block-cursor-background": "#cfe3f7",
        "block-cursor-foreground": "#16191d",
        "block-cursor-blurred-background": "#dddddd",
        "block-cursor-blurred-foreground": "#16191d",
    },
)

_RED, _BRIGHT_RED, _GREEN, _BROWN, _BLUE, _CYAN, _WHITE, _BRIGHT_WHITE = (
    "#aa0000", "#ff5555", "#00aa00", "#aa5500", "#0000aa", "#00aaaa", "#aaaaaa", "#ffffff",
)  # fmt: skip
_GREY, _BRIGHT_CYAN, _BLACK = "#555555", "#55ffff", "#000000"

SIXTEEN = Theme(
    name="cleo-16",
    dark=True,
    primary=_BLUE,
    secondary=_CYAN,
    accent=_BRIGHT_CYAN,
    success=_GREEN,
    warning=_BROWN,
    error=_BRIGHT_RED,
    foreground=_WHITE,
    background=_BLACK,
    surface=_BLACK,
    panel=_BLACK,
    variables={
        "quiet": _WHITE,
        "rule": _GREY,
        "alarm": _RED,
        "caution": _BROWN,
        "kind-real": _RED,
        "kind-drill": _BROWN,
        "kind-lab": _BLUE,
        "kind-tabletop": _CYAN,
        "text-primary": _BRIGHT_CYAN,
        "text-success": _GREEN,
        "text-warning": _BROWN,
        "text-error": _BRIGHT_RED,
        "text-accent": _BRIGHT_CYAN,
        "panel-lighten-1": _GREY,
        "block-cursor-background": _BLUE,
        "block-cursor-foreground": _BRIGHT_WHITE,
        "block-cursor-blurred-background": _GREY,
        "block-cursor-blurred-foreground": _BRIGHT_WHITE,
        "scrollbar": _GREY,
        "scrollbar-background": _BLACK,
    },
)
"""Bright red is for what failed or is down, and for nothing else; each colour is one that such a terminal has."""

THEMES = (DARK, LIGHT, SIXTEEN)
_CHOICES = ("dark", "light")


class BadTheme(CleoError):
    """CLEO_THEME names no theme."""


def theme_name(color_system: str | None, *, no_color: bool, environment: Mapping[str, str] = os.environ) -> str:
    """Return the theme for a terminal: CLEO_THEME, else light where the terminal says that its background is.

    Args:
        color_system: how many colours Rich found that the terminal has.
        no_color: whether people want none (NO_COLOR).
        environment: the environment variables.

    Raises:
        BadTheme: CLEO_THEME is neither ``dark`` nor ``light``.
    """
    wanted = environment.get("CLEO_THEME", "")
    if wanted and wanted not in _CHOICES:
        raise BadTheme(
            f"CLEO_THEME is {wanted!r}, and there is no such theme.", "Set it to dark or light, or unset it."
        )
    if no_color:
        return "ansi-light" if _is_light(wanted, environment) else "ansi-dark"
    if _is_light(wanted, environment):
        return LIGHT.name
    return SIXTEEN.name if color_system in ("standard", "windows") else DARK.name


def _is_light(wanted: str, environment: Mapping[str, str]) -> bool:
    """Return whether the background is light; COLORFGBG is what rxvt, Konsole and others say of theirs."""
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return wanted == "light" or (not wanted and background in ("7", "15"))
