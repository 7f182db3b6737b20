"""Help: every key of the screen, and every symbol. Both are made from the tables that the screens use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from screens.guidance.symbols import HEALTH, STEPS
from screens.widgets.content import STYLES
from screens.widgets.quiet import Quiet

_INTRO = (
    "The screen shows the journal: nothing you read here is a promise, only what was written. NEXT names what to do "
    "and the key. Leaving the console stops nothing: the runner goes on. In doubt means that nobody knows how a run "
    "ended; look first, then say. A figure without evidence says not measured."
)


_DIALOGS = (
    "enter: take what the cursor is on, and go on; in the last part, do what the button says. Just after a dialog "
    "opened it takes none",
    "tab, up and down: from part to part; space: tick or untick. Neither answers",
    "escape: back without an answer; where words were typed, once more",
)


class HelpScreen(ModalScreen[None]):
    """Shows the bindings it is given, and the legend.

    Args:
        bindings: the keys of the screen below.
    """

    CSS_PATH = "help.tcss"
    BINDINGS = [Binding("escape,question_mark,q", "dismiss", "Back")]

    def __init__(self, bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._bindings_shown = bindings

    def compose(self) -> ComposeResult:
        """Lay out intro, keys, symbols."""
        with Vertical(id="box"):
            yield Quiet(Content.assemble(("Help", "bold"), "   esc: back   up, down: scroll"), id="title")
            with VerticalScroll(id="body"):
                yield Quiet(_INTRO)
                yield Quiet(Content("\n").join([heading("Keys"), *key_lines(self._bindings_shown)]))
                yield Quiet(Content("\n").join([heading("Symbols"), *legend()]))
                yield Quiet(Content("\n").join([heading("Dialogs"), *map(Content, _DIALOGS)]))

    def on_mount(self) -> None:
        """Scroll with the keys at once."""
        self.query_one("#body").focus()


def heading(text: str) -> Content:
    """Return a heading."""
    return Content.assemble((text, "bold $text-accent"))


def key_lines(bindings: Iterable[Binding]) -> list[Content]:
    """Return a line for every key: the key, and what it does."""
    return [
        Content.assemble((f"{binding.key_display or binding.key:>8}  ", "bold"), binding.tooltip or binding.description)
        for binding in bindings
        if binding.tooltip
    ]


def legend() -> list[Content]:
    """Return a line for every state of a step, then of a system."""
    looks = [*STEPS.values(), *HEALTH.values()]
    styled = ((look, STYLES[look.tone]) for look in looks)
    lines = [Content.assemble((f"{look.symbol:>8}  ", style), (look.word, style)) for look, style in styled]
    return [*lines[: len(STEPS)], heading("Systems"), *lines[len(STEPS) :]]
