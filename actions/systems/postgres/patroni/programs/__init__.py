"""The program that speaks with Patroni on its own host: its text is sent there, Patroni's own Python runs it."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def text_of(name: str) -> str:
    """Return a program's text, as ``python3 -c`` takes it."""
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
