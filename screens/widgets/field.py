"""A field of one line with a cursor that does not blink."""

from __future__ import annotations

from textual.events import Focus, Paste
from textual.widgets import Input


class Field(Input):
    """An Input with a steady cursor. What is pasted comes whole: several lines become one.

    What the program filled in is selected when the cursor comes, so that typing replaces it; what was typed is not.
    """

    def on_mount(self) -> None:
        """Keep the cursor steady."""
        self.cursor_blink = False
        self._filled_in = self.value

    def fill_in(self, text: str) -> None:
        """Put in what the program suggests: typing replaces it."""
        self.value = self._filled_in = text

    def _on_focus(self, event: Focus) -> None:
        self.select_on_focus = self.select_on_focus and self.value == self._filled_in

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()  # Input would keep the first line only, without saying so
        event.stop()
        self.replace(one_line(event.text), *self.selection)

    def action_paste(self) -> None:
        """Put in what was copied on the console itself."""
        self.replace(one_line(self.app.clipboard), *self.selection)


def one_line(text: str) -> str:
    """Return all lines of ``text`` as one, a space between them; blank ones are left out."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else " ".join(line.strip() for line in lines)
