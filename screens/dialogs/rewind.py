"""To which moment a tabletop is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.guidance.moments import Moment
from screens.widgets.choices import Choices
from screens.widgets.quiet import Quiet


class RewindDialog(Dialog[Moment]):
    """Gives the moment that was chosen. Nothing is chosen beforehand.

    Args:
        kind: the incident's kind.
        moments: those that there are, the latest first.
        now: the exercise's time.
    """

    CONFIRM = "Rewind (enter)"

    def __init__(self, kind: str, moments: Sequence[Moment], now: datetime) -> None:
        super().__init__("Rewind to before which of these?", kind)
        self._moments = {str(one.to): one for one in moments}
        self._now = now

    def body(self) -> Iterable[Widget]:
        """Yield the moments, and what becomes of the rest."""
        yield Quiet(
            "All since then stays in the journal, and does not count: steps, injects, health and clock go back."
        )
        if not self._moments:
            yield Quiet("There is nothing to go back to yet, or something has run since the start.")
        yield Choices(*(self._option(one) for one in self._moments.values()), id="moments", markup=False)

    def _option(self, one: Moment) -> Option:
        said = (f"{one.at:%H:%M:%S}  ", "bold"), sanitize(one.words), (f"  {age(one.at, self._now)}", "$quiet")
        return Option(Content.assemble(*said), id=str(one.to))

    def on_mount(self) -> None:
        """Begin in the list, at none of it."""
        moments = self.query_one(Choices)
        moments.choose("")
        moments.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter answers: there is no other part."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the moment."""
        chosen = self.query_one(Choices).chosen
        if not chosen:
            self.query_one(Choices).focus()
            self.complain("Nothing is chosen yet, and nothing was rewound. Choose with up and down.")
            return
        self.dismiss(self._moments[chosen])
