"""A line to write in. Its cursor does not blink: nothing on the console does."""

from __future__ import annotations

from textual.widgets import Input


class Field(Input):
    """An Input with a steady cursor."""

    def on_mount(self) -> None:
        """Keep the cursor steady."""
        self.cursor_blink = False
