"""What line mode has said already: each thing is said once, and again when it is different."""

from __future__ import annotations


class Said:
    """Remembers the last lines on each subject."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, ...]] = {}

    def new(self, about: str, *lines: str) -> list[str]:
        """Return the lines on a subject where they are not what was said of it the last time; else nothing."""
        if self._last.get(about) == lines:
            return []
        self._last[about] = lines
        return list(lines)

    def forget(self) -> None:
        """Say everything again."""
        self._last.clear()
