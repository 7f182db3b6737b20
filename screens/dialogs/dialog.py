"""What all dialogs share: a box, a title that carries the incident's kind, a line for what is wrong, buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

from journal.wording.sanitize import sanitize
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet

R = TypeVar("R")


class Dialog(ModalScreen[R], Generic[R]):
    """A question. Escape leaves it without an answer; arrows and tab go from part to part.

    Args:
        title: what it is about.
        kind: the incident's kind, or empty.
    """

    CSS_PATH: ClassVar[str | list[str]] = "dialog.tcss"  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back, without an answer"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]
    CONFIRM: ClassVar[str] = "OK"
    CANCEL: ClassVar[str] = "Cancel (esc)"
    DANGER: ClassVar[bool] = False

    def __init__(self, title: str, kind: str = "") -> None:
        super().__init__()
        self._title = title
        self._kind = kind

    def compose(self) -> ComposeResult:
        """Lay out title, body, complaint, buttons."""
        with Vertical(id="box"):
            badge = kind_badge(self._kind, colour=not self.app.no_color) if self._kind else Content("")
            yield Quiet(
                Content.assemble(badge, "  " if self._kind else "", (sanitize(self._title), "bold")), id="title"
            )
            with VerticalScroll(id="body", can_focus=False):
                yield from self.body()
            yield from self.foot()
            yield Quiet(id="complaint")
            with Horizontal(id="buttons"):
                yield from self.buttons()

    def body(self) -> Iterable[Widget]:
        """Yield what is between title and buttons."""
        return ()

    def foot(self) -> Iterable[Widget]:
        """Yield what must stay in sight, however long the body: it does not scroll."""
        return ()

    def buttons(self) -> Iterable[Widget]:
        """Yield the buttons."""
        yield Button(self.CONFIRM, id="confirm", variant="error" if self.DANGER else "primary", compact=True)
        yield Button(self.CANCEL, id="cancel", compact=True)

    def complain(self, text: str) -> None:
        """Say what is wrong with the answer, and keep the dialog open."""
        self.query_one("#complaint", Quiet).show(Content.assemble((sanitize(text), "bold $text-error")))

    def confirm(self) -> None:
        """Answer, or complain."""
        self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer or leave."""
        event.stop()
        if event.button.id == "confirm":
            self.confirm()
        elif event.button.id == "cancel":
            self.action_leave()

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class Problem(Dialog[None]):
    """Says what went wrong, and what to do next. Stays until it can have been read.

    It comes by itself: whoever presses a key just then meant something else, and would never know of it.
    """

    CONFIRM = "Understood (enter)"
    DANGER = True
    UNREAD_S = 0.5

    def __init__(self, title: str, message: str, hint: str, kind: str = "") -> None:
        super().__init__(title, kind)
        self._message = message
        self._hint = hint

    @property
    def unread(self) -> bool:
        """Whether nobody can have read it yet: it takes no key."""
        return self.query_one("#confirm", Button).disabled

    def body(self) -> Iterable[Widget]:
        """Yield the message and what to do next."""
        yield Quiet(Content.assemble((sanitize(self._message), "bold")))
        if self._hint:
            yield Quiet(Content.assemble(("Do next  ", "bold $text-accent"), sanitize(self._hint)))

    def buttons(self) -> Iterable[Widget]:
        """Yield the one button."""
        yield Button("One moment…", id="confirm", variant="error", compact=True, disabled=True)

    def on_mount(self) -> None:
        """Wait until it is seen."""
        self.call_after_refresh(self.set_timer, self.UNREAD_S, self._can_be_read)

    def _can_be_read(self) -> None:
        confirm = self.query_one("#confirm", Button)
        confirm.label, confirm.disabled = self.CONFIRM, False
        confirm.refresh(layout=True)  # the new label is longer, and Textual keeps the width
        confirm.focus()

    def action_leave(self) -> None:
        """Close it, once it can have been read."""
        if not self.unread:
            super().action_leave()
