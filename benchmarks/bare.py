"""The reference: a minimal Textual app that shows a text and the keys that are pressed."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "the smallest Textual app"


class Bare(App[None]):
    """One Static."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """Show the text."""
        yield Static(TEXT, markup=False)

    def on_key(self, event: events.Key) -> None:
        """Show the key."""
        self.query_one(Static).update(f"pressed {event.key}")


if __name__ == "__main__":
    Bare().run()
