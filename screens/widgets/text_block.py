"""Lines that wrap below their own text, repainted only when what they say has changed."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widgets import Static

from screens.guidance.text import Line
from screens.widgets.hanging import Hanging


class TextBlock(Static):
    """Shows lines; never interprets markup."""

    def __init__(self, *, id: str) -> None:
        self._shown = Hanging(())
        super().__init__(self._shown, id=id, markup=False)

    @property
    def text(self) -> str:
        """What is shown, without its colours, a line each however it is wrapped."""
        return self._shown.plain

    def show(self, lines: Iterable[Line]) -> None:
        """Show ``lines`` unless they are shown already."""
        shown = Hanging(lines)
        if not shown.is_same(self._shown):
            self._shown = shown
            self.update(shown, layout=self.styles.auto_dimensions)

    def rows(self, width: int, lines: int | None = None) -> int:
        """Return how many rows the first ``lines`` lines, or all, take in ``width`` columns."""
        return self._shown.rows(width, lines)
