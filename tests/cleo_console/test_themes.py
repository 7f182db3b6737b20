"""Colours: read on every background, and the alarm is the loudest where there are only sixteen."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color

from cleo_console.themes import DARK, DEFAULTS, LIGHT, SIXTEEN, BadTheme, theme_name

RED, GREY, WHITE = 9, 7, 15
READABLE = 4.5
"""The contrast that WCAG wants of text, level AA."""


def variables(theme: object) -> dict[str, str]:
    return {**DEFAULTS, **theme.to_color_system().generate(), **theme.variables}  # type: ignore[attr-defined]


def in_sixteen(colour: str) -> int | None:
    return RichColor.parse(Color.parse(colour).hex6).downgrade(ColorSystem.STANDARD).number


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 has it, of 1 to 21."""
    lighter, darker = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_in_sixteen_colours_what_failed_is_bright_red_and_nothing_else_is() -> None:
    known = variables(SIXTEEN)
    tones = [f"text-{tone}" for tone in ("primary", "success", "warning", "error", "accent")]
    seen = {name: in_sixteen(known[name]) for name in ("foreground", "quiet", *tones)}
    assert seen["text-error"] == RED
    assert [name for name, colour in seen.items() if colour == RED] == ["text-error"]
    assert seen["text-warning"] not in (GREY, WHITE, seen["text-accent"], seen["text-success"])


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["background", "surface", "panel", "block-cursor-background"])
def test_every_tone_can_be_read_on_every_ground(theme: object, ground: str) -> None:
    known = variables(theme)
    for name in ("foreground", "quiet", "text-success", "text-warning", "text-error", "text-primary", "text-accent"):
        assert contrast(known[ground], known[name]) >= READABLE, name
    for name in ("alarm", "kind-real", "kind-lab"):
        assert contrast(known[name], "white") >= READABLE, name


@pytest.mark.parametrize(
    ("colours", "no_color", "environment", "name"),
    [
        ("truecolor", False, {}, "cleo"),
        ("standard", False, {}, "cleo-16"),
        ("256", False, {"COLORFGBG": "0;15"}, "cleo-light"),
        ("256", False, {"COLORFGBG": "0;15", "CLEO_THEME": "dark"}, "cleo"),
        ("truecolor", False, {"CLEO_THEME": "light"}, "cleo-light"),
        ("truecolor", True, {}, "ansi-dark"),
        ("truecolor", True, {"CLEO_THEME": "light"}, "ansi-light"),
    ],
)
def test_the_theme_follows_the_terminal_unless_it_is_named(
    colours: str, no_color: bool, environment: dict[str, str], name: str
) -> None:
    assert theme_name(colours, no_color=no_color, environment=environment) == name


def test_a_theme_that_is_none_is_named() -> None:
    with pytest.raises(BadTheme, match="CLEO_THEME is 'dusk'"):
        theme_name("truecolor", no_color=False, environment={"CLEO_THEME": "dusk"})
