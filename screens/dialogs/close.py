"""Closing an incident: lists what is not in order, says how it ended, and wants the number of what is left typed."""

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
    """How it ended, what was typed to leave things as they are, and whether the words are the journal's."""

    summary: str
    leaving: str
    derived: bool = False


class CloseDialog(Dialog[Ending], NewsListener):
    """Says how it ended by the journal, to be edited. What is not in order is listed, and wants its number typed.

    Args:
        incident_id: which incident.
        kind: its kind.
        left: returns what is not in order now.
        ending: returns how it ended, by the journal as it is now.
    """

    CONFIRM = "Close it"

    def __init__(
        self, incident_id: str, kind: str, left: Callable[[], Sequence[Remaining]], ending: Callable[[], str]
    ) -> None:
        super().__init__(f"Close {incident_id}", kind)
        self._look, self._look_how = left, ending
        self._left, self._ending = list(left()), ending()
        self.set_class(bool(left), "-danger")

    def body(self) -> Iterable[Widget]:
        """Yield how it ended, whole, and what is not in order, a heading a kind."""
        yield Quiet(self._how_it_ended(), id="ending")
        if not self._left:
            yield Quiet(IN_ORDER)
            return
        yield Quiet(Content.assemble((not_in_order(self._left), STYLES["bad"])), classes="label")
        yield Quiet(Content("\n").join(grouped(self._left)), id="left")

    def foot(self) -> Iterable[Widget]:
        """Yield the fields, always in sight."""
        yield Quiet("how it ended: as above, or in your words", classes="label")
        yield Field(self._ending, id="summary")
        if wanted := phrase(self._left):
            yield Quiet(Content.assemble("to close it all the same, type  ", (wanted, "bold")), classes="label")
            yield Field(id="typed")

    def _how_it_ended(self) -> Content:
        return Content.assemble(("by the journal  ", STYLES["quiet"]), sanitize(self._ending))

    def news(self) -> None:
        """Show what looks at what is in force have seen meanwhile, as long as the number to type stays the same.

        How it ended is brought up to date as long as nobody edited it.
        """
        if not self.query("#summary"):  # a dialog that closes loses its children first
            return
        self._follow_ending()
        left = list(self._look())
        if len(left) == len(self._left) and left != self._left:
            self._left = left
            self.query_one("#left", Quiet).show(Content("\n").join(grouped(left)))

    def _follow_ending(self) -> None:
        field, known, now = self.query_one("#summary", Field), self._ending, self._look_how()
        if now != known and field.value == known:
            self._ending = now
            self._untouched = {**self._untouched, "summary": now}
            field.fill_in(now)
            self.query_one("#ending", Quiet).show(self._how_it_ended())

    def on_mount(self) -> None:
        """Begin where something is to be typed."""
        self.query_one("#typed" if self._left else "#summary", Input).focus()

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
            self.dismiss(Ending(summary, typed, derived=summary == self._ending))


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
