"""A late entry: what happened earlier, with the time at which it happened. Both times are kept."""

from __future__ import annotations

from textual.widgets import Input

from screens.dialogs.text_dialogs import Note


class LateEntry(Note):
    """A note that must have a time."""

    def confirm(self) -> None:
        """Give the entry, unless its time is missing."""
        if not self.query_one("#when", Input).value.strip():
            self.query_one("#when", Input).focus()
            self.complain("Say when it happened: 14:05, 10 min ago, 2026-11-22T14:05Z.")
        else:
            super().confirm()
