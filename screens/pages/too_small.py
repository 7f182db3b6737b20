"""What a terminal shows that is too small for anything else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from screens.widgets.quiet import Quiet

WIDTH, HEIGHT = 80, 24


class TooSmall(Screen[None]):
    """Says so, and goes away when there is room again."""

    CSS_PATH = "too_small.tcss"
    BINDINGS = [Binding("q,ctrl+q", "app.quit", "quit")]

    def compose(self) -> ComposeResult:
        """Lay out the words."""
        yield Quiet(id="words")

    def on_mount(self) -> None:
        """Say it."""
        self._say()

    def on_resize(self) -> None:
        """Say it with the new size."""
        self._say()

    def _say(self) -> None:
        size = self.app.size
        self.query_one("#words", Quiet).show(
            f"Too small: {size.width}x{size.height}. Make it {WIDTH}x{HEIGHT}. What runs goes on. q: quit"
        )
