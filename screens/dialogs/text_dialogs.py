"""Dialogs that ask for words: a reason, a note, a summary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from journal.wording import reasons
from journal.wording.sanitize import sanitize_lines
from screens.dialogs.dialog import Dialog
from screens.guidance.times import EXAMPLES, NotATime, instant
from screens.live.clocked import clock_of
from screens.widgets.echo import Echo
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet


class Words(Dialog[str]):
    """One line of text. Enter gives it.

    Args:
        title: what it is about.
        kind: the incident's kind.
        label: what is asked for.
        required: what to complain of if it stays empty; empty where it may.
        text: what to know before answering.
        value: what stands in the field beforehand.
        confirm: the button's word.
    """

    def __init__(
        self, title: str, kind: str, *, label: str, required: str, text: str = "", value: str = "", confirm: str = "OK"
    ) -> None:
        super().__init__(title, kind)
        self._value = value
        self._label = label
        self._required = required
        self._text = text
        self._confirm = confirm

    def body(self) -> Iterable[Widget]:
        """Yield the text and the field."""
        if self._text:
            yield Quiet(Content(sanitize_lines(self._text)))
        yield Quiet(self._label, classes="label")
        yield Field(self._value, id="words")

    def on_mount(self) -> None:
        """Begin in the field."""
        self.query_one("#confirm").label = f"{self._confirm} (enter)"  # type: ignore[attr-defined]
        self.query_one("#words", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the words, unless they are required and missing."""
        words = self.query_one("#words", Input).value.strip()
        if self._required and (wrong := reasons.complaint(words, self._required)):
            self.complain_at("words", wrong)
        else:
            self.dismiss(words)


class LateNote(NamedTuple):
    """A note, and when it happened where that was not now."""

    text: str
    happened_at: datetime | None


class Note(Dialog[LateNote]):
    """A note to the incident. With a time it is a late entry: both times are kept.

    Args:
        title: what it is about.
        kind: the incident's kind.
        asked: what people were told, where the note answers that; empty where it does not.
    """

    CONFIRM = "Write (enter)"

    def __init__(self, title: str, kind: str, asked: str = "") -> None:
        super().__init__(title, kind)
        self._asked = asked

    def body(self) -> Iterable[Widget]:
        """Yield what is answered, the field, the time, and what the time will count as."""
        if self._asked:
            yield Quiet(Content(sanitize_lines(self._asked)))
        answers = "what you do about it, and why"
        yield Quiet(answers if self._asked else "what happened, what you saw, what you did", classes="label")
        yield Field(id="words")
        yield Quiet(f"when, if not now: {EXAMPLES}", classes="label")
        yield Field(id="when", placeholder="now")
        yield Echo(id="echo")

    def on_mount(self) -> None:
        """Begin in the text."""
        self.query_one("#words", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the time will count as."""
        if event.input.id == "when":
            self.query_one(Echo).follow(event.value.strip() or None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter writes."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the note, unless it is empty or its time is none."""
        text, when = (self.query_one(f"#{name}", Input).value.strip() for name in ("words", "when"))
        if not text:
            self.complain_at("words", reasons.EMPTY_NOTE)
            return
        try:
            happened_at = instant(when, clock_of(self)()) if when else None
        except NotATime as error:
            self.complain_at("when", f"{error.message} {error.hint}")
            return
        self.dismiss(LateNote(text, happened_at))


class LateEntry(Note):
    """A note on what happened earlier: it must have a time."""

    def confirm(self) -> None:
        """Give the entry, unless its time is missing."""
        if not self.query_one("#when", Input).value.strip():
            self.complain_at("when", f"Say when it happened: {EXAMPLES}.")
        else:
            super().confirm()
