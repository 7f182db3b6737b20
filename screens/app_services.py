"""What a screen may ask of its app. ``cleo_console`` gives it; tests give their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from journal.commands.declare import Declaration
    from journal.events.types import Kind
    from journal.paths import Paths
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan
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


class AppServices(Protocol):
    """The app's side. Every method may block on the disk: screens call them in a worker thread."""

    @property
    def actor(self) -> str:
        """Who sits here, as ``user@host``."""

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
        """Declare an incident and return its id; its first page is on the disk by then. Raises CleoError."""

    def catalogue(self) -> Catalogue:
        """Return the actions there are, by name."""

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        """Open an incident's journal for writing. The screens close it. Raises CleoError.

        ``waiting`` is told who holds it while a write has to wait, and an empty text afterwards.
        """

    def ensure_runner(self, incident_id: str) -> None:
        """Start the incident's detached runner if none holds the lease. Raises CleoError."""

    def runner_alive(self, incident_id: str) -> bool:
        """Return whether a runner holds the incident's lease."""

    def trouble(self, incident_id: str) -> str:
        """Return what keeps the incident's runner from writing to the journal, or an empty string."""

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        """Return the command that opens an incident again, in the full screen or in plain lines."""

    @property
    def runner_outlives(self) -> bool:
        """Whether runners go on without the console."""

    def warnings(self) -> Sequence[str]:
        """Return what a person should know before the first action."""
