"""What all dialogs share: a box, a title that carries the incident's kind, a line for what is wrong, buttons, keys.

The keys are the same in all of them; `docs/architecture.md` (section 3, dialogs) and the help page say which.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input

from journal.wording.sanitize import sanitize
from screens.drafts import KeepsWords, Words
from screens.widgets.choices import Choices
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet
from screens.widgets.shrinking import Shrinking
from screens.widgets.typing_target import RefusesKeys

R = TypeVar("R")
_TYPED_ANEW = "typed"
"""The field for a target, or for what a person must have read: never filled in, nothing that would be missed."""
_ALWAYS = ("ctrl+q", "ctrl+c")
"""Keys of the whole program."""
UNREAD = "One moment: read it first."
THROWS_AWAY = "Not written yet. Escape once more throws away what you typed."


class Dialog(ModalScreen[R], KeepsWords, RefusesKeys, Generic[R]):
    """A question. Escape leaves it without an answer; arrows and tab go from part to part (up and down within a list).

    Args:
        title: what it is about.
        kind: the incident's kind, or empty.

    Attributes:
        unread: whether nobody can have read it yet, and nobody has pressed a key in it: then it takes no enter.
        pressed_at: when the last key was pressed that it was asked about.
        by_itself: whether it came by itself, and not by a key: until it can have been read, it takes no key at all.
    """

    UNREAD_S: ClassVar[float] = 0.5
    """Seconds, from when it is on the screen, until it can have been read, if it asks one thing."""
    READS: ClassVar[int] = 1
    """How many times as long it takes to read it."""

    CSS_PATH: ClassVar[str | list[str]] = "dialog.tcss"  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back, without an answer"),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]
    CONFIRM: ClassVar[str] = "OK"
    CANCEL: ClassVar[str] = "Cancel (esc)"
    DANGER: ClassVar[bool] = False

    def __init__(self, title: str, kind: str = "") -> None:
        super().__init__()
        self.unread = True
        self.by_itself = False
        self._title = title
        self._kind = kind
        self._untouched: Words = {}
        self._warned = False
        self._on_screen_at = float("inf")
        self.pressed_at = float("-inf")

    @property
    def asks(self) -> str:
        """What is asked, to know the same question again."""
        return f"{type(self).__name__}: {self._title}"

    def on_mount(self) -> None:
        """Give back what was typed before and could not be written; wait until it can have been read."""
        self._untouched = self.words()
        self.fill_in(self.kept)
        self.call_after_refresh(self._begin_to_count)

    def _begin_to_count(self) -> None:
        """Begin to count: it is on the screen."""
        self._on_screen_at = time.monotonic()
        self.set_timer(self.UNREAD_S * self.READS, self.can_be_read)

    def words(self) -> Words:
        """Return what is typed, by field, without a target."""
        return {field.id or "": field.value.strip() for field in self.query(Input) if field.id != _TYPED_ANEW}

    def fill_in(self, words: Words) -> None:
        """Put words into the fields that they were typed into."""
        for field in self.query(Input):
            field.value = words.get(field.id or "", field.value)

    def takes_key(self, key: str, pressed_at: float) -> bool:
        """Return whether it takes a key: no enter before it can have been read, unless another key was pressed in it.

        Two blind presses of enter, the first of which opened it, decide nothing. It counts when a key was pressed: on a
        busy machine the timer is late, and who read it for long enough need not press again.
        """
        self.pressed_at = pressed_at
        if key in _ALWAYS:
            return True
        if self.unread and pressed_at - self._on_screen_at >= self.UNREAD_S * self.READS:
            self.can_be_read()
        if self.unread and (self.by_itself or key == "enter"):
            self.complain(UNREAD)
            return False
        self._warned = self._warned and key == "escape"
        if self.unread:
            self.can_be_read()
        return True

    def can_be_read(self) -> None:
        """Take every key from now on."""
        self.unread = False
        if self.complaint == UNREAD:
            self.complain("")

    def on_choices_not_chosen(self, event: Choices.NotChosen) -> None:
        """Enter was pressed in a list of which nothing is chosen: say what there is."""
        event.stop()
        self.complain_of_no_choice()

    def complain_of_no_choice(self) -> None:
        """Name what can be chosen, and go there; nothing is decided."""
        choices = self.query_one(Choices)
        choices.focus()
        self.complain(f"Nothing is chosen yet, and nothing was decided. Choose with up and down: {_any_of(choices)}.")

    def compose(self) -> ComposeResult:
        """Lay out title, body, complaint, buttons."""
        with Shrinking("body", id="box"):
            yield Quiet(self._heading(self._title), id="title")
            with VerticalScroll(id="body", can_focus=False):
                yield from self.body()
            yield from self.foot()
            yield Quiet(id="complaint")
            with Horizontal(id="buttons"):
                yield from self.buttons()

    def entitle(self, title: str) -> None:
        """Show another title; it still asks the same."""
        self.query_one("#title", Quiet).show(self._heading(title))

    def _heading(self, title: str) -> Content:
        badge = kind_badge(self._kind, colour=not self.app.no_color) if self._kind else Content("")
        return Content.assemble(badge, "  " if self._kind else "", (sanitize(title), "bold"))

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
        for line in self.query("#complaint").results(Quiet):  # none before the dialog is laid out
            line.show(Content.assemble((sanitize(text), "bold $text-error")))

    def complain_at(self, field: str, text: str) -> None:
        """Say what is wrong with the answer, with the cursor in the field that it concerns."""
        self.query_one(f"#{field}").focus()
        self.complain(text)

    @property
    def complaint(self) -> str:
        """What is wrong with the answer, as it is shown."""
        return "".join(line.text for line in self.query("#complaint").results(Quiet))

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
        """Leave without an answer; words that were typed are not thrown away at one key."""
        if self._warned or self.words() == self._untouched:
            self.dismiss(None)
            return
        self._warned = True
        self.complain(THROWS_AWAY)


def _any_of(choices: Choices) -> str:
    return "; ".join(choices.names)


class Problem(Dialog[None]):
    """Says what went wrong, and what to do next. Stays until it can have been read.

    It comes by itself: whoever presses a key just then meant something else, and would never know of it.
    """

    CONFIRM = "Understood (enter)"
    DANGER = True

    def __init__(self, title: str, message: str, hint: str, kind: str = "") -> None:
        super().__init__(title, kind)
        self.by_itself = True
        self._message = message
        self._hint = hint

    def body(self) -> Iterable[Widget]:
        """Yield the message and what to do next."""
        yield Quiet(Content.assemble((sanitize(self._message), "bold")))
        if self._hint:
            yield Quiet(Content.assemble(("Do next  ", "bold $text-accent"), sanitize(self._hint)))

    def buttons(self) -> Iterable[Widget]:
        """Yield the one button."""
        yield Button("One moment…", id="confirm", variant="error", compact=True, disabled=True)

    def can_be_read(self) -> None:
        """Take every key, with the focus on the button."""
        super().can_be_read()
        confirm = self.query_one("#confirm", Button)
        confirm.label, confirm.disabled = self.CONFIRM, False
        confirm.refresh(layout=True)  # the new label is longer, and Textual keeps the width
        confirm.focus()
