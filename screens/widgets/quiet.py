"""Text that is repainted only when it has changed: Textual sends an update to the terminal even if nothing differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.widgets import OptionList


class Quiet(Static):
    """Shows content; never interprets markup."""

    def __init__(self, content: Content | str = "", *, id: str | None = None, classes: str | None = None) -> None:
        self._shown = content if isinstance(content, Content) else Content(content)
        super().__init__(self._shown, id=id, classes=classes, markup=False)

    @property
    def text(self) -> str:
        """What is shown, without its colours."""
        return self._shown.plain

    def show(self, content: Content | str) -> None:
        """Show ``content`` unless it is shown already."""
        content = content if isinstance(content, Content) else Content(content)
        if content.is_same(self._shown):
            return
        before, self._shown = self._shown, content
        self.update(content, layout=self.styles.auto_dimensions and not self._as_large(content, before))

    def _as_large(self, content: Content, before: Content) -> bool:
        """Whether the new content takes exactly the room of the old one, so that no layout is needed."""
        if content.plain == before.plain:
            return True
        one_line = "\n" not in content.plain + before.plain
        return one_line and self.styles.is_auto_width and content.cell_length == before.cell_length


def show_option(options: OptionList, place: int, words: Content) -> None:
    """Show an option's words unless they are shown already."""
    option = options.get_option_at_index(place)
    if not (isinstance(option.prompt, Content) and option.prompt.is_same(words)):
        options.replace_option_prompt_at_index(place, words)
