"""Dialogs in which people write what belongs to the report: a field of several lines, an action item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, TextArea

from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.drafts import Words
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet


class FieldDialog(Dialog[str]):
    """One field of the report. An empty text takes back what was written.

    Args:
        title: the field.
        kind: the incident's kind.
        text: what was written before.
        facts: what the evidence says of it.
    """

    CSS_PATH: ClassVar[str | list[str]] = ["dialog.tcss", "report_dialogs.tcss"]
    CONFIRM = "Write (ctrl+s)"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "write", "Write", priority=True)]

    def __init__(self, title: str, kind: str, text: str, facts: Sequence[str]) -> None:
        super().__init__(title, kind)
        self._text = text
        self._facts = facts

    def body(self) -> Iterable[Widget]:
        """Yield the field, and what the evidence says."""
        yield TextArea(self._text, id="text", tab_behavior="focus", soft_wrap=True)
        if self._facts:
            facts = "\n".join(f"· {sanitize(fact)}" for fact in self._facts)
            yield Quiet(Content.assemble(("The report says of it already:\n", "bold"), facts))

    def on_mount(self) -> None:
        """Begin at the end of the text; the cursor is steady."""
        area = self.query_one(TextArea)
        area.cursor_blink = False
        area.move_cursor(area.document.end)
        area.focus()

    def words(self) -> Words:
        """Return the text."""
        return {"text": self.query_one(TextArea).text.strip()}

    def fill_in(self, words: Words) -> None:
        """Put in a text that could not be written before."""
        area = self.query_one(TextArea)
        area.text = words.get("text", area.text)
        area.move_cursor(area.document.end)

    def action_write(self) -> None:
        """Write."""
        self.confirm()

    def confirm(self) -> None:
        """Give the text, where it is another than before."""
        text = self.query_one(TextArea).text.strip()
        self.dismiss(None if text == self._text.strip() else text)


class Item(NamedTuple):
    """An action item as it was written."""

    text: str
    owner: str
    due: str


class ItemDialog(Dialog[Item]):
    """An action item: what, who, until when.

    Args:
        title: new, or which.
        kind: the incident's kind.
        item: what was written before.
    """

    CONFIRM = "Write (enter)"

    def __init__(self, title: str, kind: str, item: tuple[str, str, str]) -> None:
        super().__init__(title, kind)
        self._item = item

    def body(self) -> Iterable[Widget]:
        """Yield the three fields."""
        labels = ("what is to be done", "who does it", "until which day, as 2026-12-31")
        for name, label, value in zip(Item._fields, labels, self._item, strict=True):
            yield Quiet(label, classes="label")
            yield Field(value=value, id=name)

    def on_mount(self) -> None:
        """Begin in the text."""
        self.query_one("#text").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on; in the last field it writes."""
        event.stop()
        if event.input.id == "due":
            self.confirm()
        else:
            self.focus_next()

    def confirm(self) -> None:
        """Give the item, unless it is empty or its day is none."""
        item = Item(*(self.query_one(f"#{name}", Input).value.strip() for name in Item._fields))
        if not item.text:
            self.complain_at("text", "Say what is to be done.")
        elif item.due and not _is_day(item.due):
            self.complain_at("due", f"{item.due!r} is no day. Write it as 2026-12-31.")
        else:
            self.dismiss(item)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
