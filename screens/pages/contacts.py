"""Whom to call: the escalation matrix with its clocks, and the contacts outside."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.events.types import Kind
from journal.plan.contradictions import is_placeholder
from journal.plan.people import Contact
from journal.wording.durations import rough_minutes
from journal.wording.sanitize import sanitize
from screens.guidance.escalation import Standing, outside, standings
from screens.live.calls import note_answer, note_call
from screens.live.clocked import clock_of
from screens.pages.page import FullScreen
from screens.widgets.quiet import Quiet, show_option

_STYLES = {
    "not called": ("○", "$quiet"),
    "not needed": ("·", "$quiet"),
    "waiting": ("»", "bold $text-primary"),
    "answered": ("✓", "$text-success"),
    "OVERDUE": ("✗", "bold white on #b00020"),
}


class ContactsScreen(FullScreen):
    """Shows who was called and who answered; paging and acknowledging are keys. The console calls nobody by itself."""

    CSS_PATH = ["page.tcss", "contacts.tcss"]
    HEADING = "Contacts and escalation"
    NAME = "contacts"
    AUTO_FOCUS = "#levels"
    BINDINGS = [
        Binding("p", "page", "called", tooltip="note that you called the level at the cursor; its clock starts"),
        Binding("a", "acknowledge", "has answered", tooltip="note that the level at the cursor answered"),
        Binding("u", "take_back", "take back", tooltip="what was noted last of the level at the cursor was a mistake"),
    ]

    def body(self) -> Iterable[Widget]:
        """Yield the matrix and the contacts outside."""
        yield Quiet(_lead(self.incident.kind), id="lead")
        yield OptionList(id="levels", markup=False)
        yield Quiet(id="outside")

    def refresh_body(self) -> None:
        """Show every level as it stands now."""
        now = clock_of(self)()
        found = [*standings(self.incident, now), *outside(self.incident, now)]
        width = max((len(one.contact.level) for one in found), default=0) + 2
        levels = self.query_one("#levels", OptionList)
        if levels.option_count != len(found):
            levels.set_options([Option(_words(standing, width), id=standing.contact.level) for standing in found])
            levels.highlighted = _first_to_call(found)
        for place, standing in enumerate(found):
            show_option(levels, place, _words(standing, width))
        self.query_one("#outside", Quiet).show(_outside([one for one in self.incident.plan.contacts if not one.level]))

    @property
    def _level(self) -> str:
        option = self.query_one("#levels", OptionList).highlighted_option
        return (option.id or "") if option else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key applies: calls are noted while the incident is open."""
        if action in ("page", "acknowledge"):
            return self.is_mounted and bool(self._level) and self.incident.closed_at is None
        if action == "take_back":
            return self.is_mounted and self.incident.closed_at is None and self._level in self.incident.review.calls
        return True

    def action_page(self) -> None:
        """Note that the level was called."""
        note_call(self.app, self.session, self._level)

    def action_acknowledge(self) -> None:
        """Note that the level answered."""
        note_answer(self.app, self.session, self._level)

    def action_take_back(self) -> None:
        """Take back what was noted last of the level."""
        level = self._level
        self.session.review(f"take back the call of {level}", lambda commands: commands.take_call_back(level))


def _lead(kind: Kind) -> str:
    """Return what the page is for; in an exercise nobody outside hears of it."""
    if kind is Kind.REAL:
        return "The console calls nobody: call, then press p. Its clock runs until you press a."
    return f"A {kind}: say whom you would call, call nobody outside. p notes it, a that they answered."


def _first_to_call(found: list[Standing]) -> int | None:
    """Return where the cursor begins: at the first level that still has to do something."""
    done = ("answered", "not needed")
    return next((place for place, standing in enumerate(found) if standing.word not in done), 0 if found else None)


def _words(standing: Standing, width: int) -> Content:
    contact, (symbol, style) = standing.contact, _STYLES[standing.word]
    promise = (
        f"answers within {rough_minutes(contact.respond_within)}" if contact.respond_within else "no time promised"
    )
    lines = [
        Content.assemble(
            (f"{symbol} {sanitize(contact.level):<{width}}", style),
            (f"{sanitize(contact.role):<22} ", "bold"),
            (f"{standing.word}", style),
            (f"   {promise}", "$quiet"),
        ),
        Content.assemble("      ", _reach(contact)),
    ]
    if standing.detail:
        lines.append(Content.assemble("      ", (sanitize(standing.detail), style)))
    return Content("\n").join(lines)


def _reach(contact: Contact) -> Content:
    """Return how to reach somebody; a placeholder in the plan is shown as one."""
    how = sanitize(contact.contact)
    if is_placeholder(contact.contact):
        return Content.assemble((how, "strike $quiet"), (" PLACEHOLDER: no way to reach them", "bold $text-warning"))
    return Content.assemble((how, "bold"))


def _outside(contacts: list[Contact]) -> Content:
    lines = [Content.assemble((f"  {sanitize(contact.role):<24} ", ""), _reach(contact)) for contact in contacts]
    return Content("\n").join([Content.assemble(("Outside", "bold $text-accent")), *lines]) if lines else Content("")
