"""Sizes in words."""

from __future__ import annotations


def size_words(size: int) -> str:
    """Return a size in words, as people read it off ``df``."""
    scale, unit = next(((s, u) for s, u in ((1e9, "GB"), (1e6, "MB")) if size >= s), (1e3, "kB"))
    return f"{size / scale:,.1f} {unit}"
