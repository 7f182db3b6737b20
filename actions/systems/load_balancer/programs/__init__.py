"""Programs that run on HAProxy's host with no more than its Python: their text is sent there."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def text_of(name: str) -> str:
    """Return a program's text, as ``python3 -c`` takes it."""
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
