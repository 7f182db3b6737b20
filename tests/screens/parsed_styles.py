"""Parses each style sheet once a process: Textual does so in every app, which took a sixth of each test's start."""

from __future__ import annotations

from functools import wraps
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_known: dict[tuple[object, ...], list[RuleSet]] = {}


@wraps(_parse)
def _parse_once(sheet: Stylesheet, css: str, *args: Any, **named: Any) -> list[RuleSet]:
    key = (tuple(sheet._variables.items()), css, args, tuple(named.items()))
    if key not in _known:
        _known[key] = _parse(sheet, css, *args, **named)
    return _known[key]


def parse_each_sheet_once() -> None:
    """Have the apps of this process share what was parsed; rules that were parsed are never changed."""
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]
