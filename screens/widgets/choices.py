"""A list of which one thing is chosen: the cursor is the choice, and there may be none yet."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList


class Choices(OptionList):
    """An OptionList whose enter answers that nothing is chosen, where that is so."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Choose", show=False)]

    class NotChosen(Message):
        """Enter was pressed, and nothing is chosen."""

    @property
    def chosen(self) -> str:
        """The id of what is chosen; empty while nothing is."""
        option = self.highlighted_option
        return (option.id or "") if option else ""

    @property
    def names(self) -> list[str]:
        """What can be chosen, each by its first line."""
        return [plain(option.prompt).split("\n", 1)[0] for option in self.options if not option.disabled]

    def choose(self, name: str) -> None:
        """Choose what has this id; nothing where none has, or where it may not be chosen."""
        wanted = (place for place, option in enumerate(self.options) if option.id == name and not option.disabled)
        self.highlighted = next(wanted, None)

    def action_choose(self) -> None:
        """Answer with the choice."""
        if self.chosen:
            self.action_select()
        else:
            self.post_message(self.NotChosen())


def plain(prompt: object) -> str:
    """Return the words of an option's prompt."""
    return prompt.plain if isinstance(prompt, Content) else str(prompt)
