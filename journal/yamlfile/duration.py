"""Durations as people write them."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"([0-9]{1,9})\s*(s|min|h|d)\b")


class Duration(int):
    """A length of time in whole seconds, written as ``15 min``, ``1 h 30 min``, ``60 d``."""

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Return the duration that ``text`` names.

        Raises:
            ValueError: ``text`` is not made of numbers with the units s, min, h, d.
        """
        parts = _PART.findall(text)
        if not parts or _PART.sub("", text).strip():
            raise ValueError(f"{text!r} is not a duration; write it as 45 s, 15 min, 1 h 30 min or 60 d")
        return cls(sum(int(number) * _UNITS[unit] for number, unit in parts))

    def __str__(self) -> str:
        """Return it as a plan writes it."""
        left, words = int(self), []
        for unit, size in reversed(_UNITS.items()):
            count, left = divmod(left, size)
            if count:
                words.append(f"{count} {unit}")
        return " ".join(words) or "0 s"
