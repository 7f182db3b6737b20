"""What the screens ask of the program around them. ``cleo_console`` implements it, and so do the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from actions.by_hand import Typed
    from journal.commands.declare import Declaration
    from journal.commands.offer import Offer
    from journal.events.types import Kind
    from journal.incident.state import Incident
    from journal.paths import Paths
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan, Step
    from journal.store.journal import Journal


class IncidentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of incidents.

    Attributes:
        note: why its journal could not be read; empty where it could. Everything but ``id`` is then empty.
    """

    id: str
    title: str = ""
    kind: str = ""
    severity: str = ""
    scenario: str = ""
    declared_at: datetime | None = None
    closed_at: datetime | None = None
    in_doubt: int = 0
    note: str = ""

    @classmethod
    def of(cls, incident: Incident) -> IncidentSummary:
        """Return the line of one incident."""
        return cls(
            id=incident.id,
            title=incident.title,
            kind=incident.kind,
            severity=incident.severity,
            scenario=incident.scenario,
            declared_at=incident.declared_at,
            closed_at=incident.closed_at,
            in_doubt=len(incident.in_doubt()),
        )


class AppServices(Protocol):
    """What the program does for its screens. Every method may block on the disk: screens call them in a thread."""

    @property
    def actor(self) -> str:
        """Who uses the console, as ``user@host``."""

    @property
    def paths(self) -> Paths:
        """Where incidents and locks are kept."""

    def incidents(self) -> Sequence[IncidentSummary]:
        """Return every incident there is, open or closed."""

    def plan(self) -> Plan:
        """Return the plan that a new incident is declared with."""

    def kinds(self) -> Sequence[Kind]:
        """Return the kinds of incident that the inventory allows to declare."""

    def inventory_name(self) -> str:
        """Return what the inventory in use is called, or an empty string where there is none."""

    def declare(self, declaration: Declaration) -> str:
        """Declare an incident; it is on the disk when this returns.

        Returns:
            The incident's id.

        Raises:
            CleoError: it cannot be declared as asked.
        """

    def offers(self) -> Sequence[Offer]:
        """Return the alerts that nobody answered yet, the newest first."""

    def answered(self, offer: Offer) -> None:
        """Offer an alert no more: it was declared."""

    def dismiss(self, offer: Offer, why: str) -> None:
        """Offer an alert no more until it is over or fires anew: it is nothing to be declared.

        Raises:
            CleoError: it has fired anew since it was looked at, or that cannot be written.
        """

    def catalogue(self) -> Catalogue:
        """Return the actions there are, by name."""

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        """Open an incident's journal for writing; who asks closes it.

        Args:
            incident_id: which incident.
            waiting: called with who holds the journal while a write waits for it, and with an empty text afterwards.

        Raises:
            CleoError: there is none, or it cannot be opened.
        """

    def shell_commands(self, incident: Incident, step: Step) -> Sequence[Typed]:
        """Return the shell commands of a step where it is not done yet, without secrets; none: it has none.

        Raises:
            CleoError: the inventory cannot be read.
        """

    def now(self) -> datetime:
        """Return the present, in UTC; in an exercise, its own."""

    def ensure_runner(self, incident_id: str) -> None:
        """Start the incident's detached runner if none holds the lease.

        Raises:
            CleoError: it does not start.
        """

    def runner_alive(self, incident_id: str) -> bool:
        """Return whether a runner holds the incident's lease."""

    def write_fault(self, incident_id: str) -> str:
        """Return what keeps the incident's runner from writing to the journal, or an empty string."""

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        """Return the command that opens an incident again, in the full screen or in plain lines."""

    def warnings(self) -> Sequence[str]:
        """Return what a person should know before the first action."""
