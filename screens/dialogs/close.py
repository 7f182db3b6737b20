"""Closing an incident: lists what is not in order, asks how it ended, and wants the number of what is left typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from journal.incident.closing import Remaining, phrase
from journal.wording import reasons
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.guidance.closing import IN_ORDER, not_in_order
from screens.live.listener import NewsListener
from screens.widgets.content import STYLES
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet

_EACH_ON_A_LINE = 6
"""Most lines of one kind; where there are more, only the steps' numbers are shown."""


class Ending(NamedTuple):
    """How it ended, and what was typed to leave things as they are."""

    summary: str
    leaving: str


class CloseDialog(Dialog[Ending], NewsListener):
    """Asks how it ended. What is not in order is listed, and wants its number typed.

    Args:
        incident_id: which incident.
        kind: its kind.
        left: returns what is not in order now.
    """

    CONFIRM = "Close it"

    def __init__(self, incident_id: str, kind: str, left: Callable[[], Sequence[Remaining]]) -> None:
        super().__init__(f"Close {incident_id}", kind)
        self._look = left
        self._left = list(left())
        self.set_class(bool(left), "-danger")

    def body(self) -> Iterable[Widget]:
        """Yield what is not in order, a heading a kind."""
        if not self._left:
            yield Quiet(IN_ORDER)
            return
        yield Quiet(Content.assemble((not_in_order(self._left), STYLES["bad"])), classes="label")
        yield Quiet(Content("\n").join(grouped(self._left)), id="left")

    def foot(self) -> Iterable[Widget]:
        """Yield the fields, always in sight."""
        yield Quiet("how it ended, in a sentence", classes="label")
        yield Field(id="summary")
        if wanted := phrase(self._left):
            yield Quiet(Content.assemble("to close it all the same, type  ", (wanted, "bold")), classes="label")
            yield Field(id="typed")

    def news(self) -> None:
        """Show what looks at what is in force have seen meanwhile, as long as the number to type stays the same."""
        left = list(self._look())
        if len(left) == len(self._left) and left != self._left:
            self._left = left
            self.query_one("#left", Quiet).show(Content("\n").join(grouped(left)))

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query_one("#summary", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take the complaint away: the answer has changed."""
        self.complain("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to what is missing, and closes when nothing is."""
        event.stop()
        if event.input.id == "summary" and event.value.strip() and self.query("#typed"):
            self.query_one("#typed", Input).focus()
        else:
            self.confirm()

    def confirm(self) -> None:
        """Give the answer, unless a part of it is missing."""
        summary = self.query_one("#summary", Input).value.strip()
        typed = self.query_one("#typed", Input).value.strip() if self.query("#typed") else ""
        if not summary:
            self.complain_at("summary", reasons.CLOSE)
        elif typed != phrase(self._left):
            self.complain_at("typed", f"To leave that as it is, type: {phrase(self._left)}. Nothing was closed.")
        else:
            self.dismiss(Ending(summary, typed))


def grouped(left: Sequence[Remaining]) -> list[Content]:
    """Return what is not in order, each kind under its word and its number."""
    lines: list[Content] = []
    for word, found in groupby(left, key=lambda one: one.word):
        several = list(found)
        lines.append(Content.assemble((f"{word} ({len(several)})" if len(several) > 1 else word, "bold")))
        if len(several) > _EACH_ON_A_LINE:
            lines.append(Content(f"  {', '.join(sanitize(one.about).split(' ')[0] for one in several)}"))
        else:
            lines += [Content(f"  {sanitize(one.about)}") for one in several]
    return lines
