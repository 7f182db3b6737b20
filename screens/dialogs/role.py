"""What a person is in the incident: lead, scribe or responder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.incident.state import Incident
from screens.dialogs.dialog import Dialog
from screens.guidance.people import ROLES, holder_words
from screens.widgets.choices import Choices
from screens.widgets.quiet import Quiet

if TYPE_CHECKING:
    from journal.events.types import RoleName


class RoleDialog(Dialog["RoleName"]):
    """Gives the role that was chosen. Nothing is chosen beforehand but the role that the person has.

    Args:
        incident: its state.
        actor: who is asked, as ``user@host``.
    """

    CONFIRM = "I am (enter)"

    def __init__(self, incident: Incident, actor: str) -> None:
        super().__init__(f"What are you, {actor}?", incident.kind)
        self._incident = incident
        self._actor = actor

    def body(self) -> Iterable[Widget]:
        """Yield the roles, each with what it does and who has it."""
        yield Quiet("It is journalled with the time, and keeps nobody from anything. b changes it again.")
        yield Choices(*(self._option(name) for name in ROLES), id="roles", markup=False)

    def _option(self, name: RoleName) -> Option:
        holder = holder_words(self._incident, name, self._actor)
        lines = ((name.capitalize(), "bold"), (f"  {ROLES[name]}", "$quiet"), f"  {holder}" if holder else "")
        return Option(Content.assemble(*lines), id=name)

    def on_mount(self) -> None:
        """Begin at the role that the person has; without one, nothing is chosen."""
        roles = self.query_one(Choices)
        roles.choose(self._incident.team.role(self._actor))
        roles.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter answers: there is no other part."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the role; the one that the person has already changes nothing."""
        chosen = self.query_one(Choices).chosen
        if not chosen:
            self.complain_of_no_choice()
            return
        has = self._incident.team.role(self._actor)
        self.dismiss(None if chosen == has else chosen)  # type: ignore[arg-type]
