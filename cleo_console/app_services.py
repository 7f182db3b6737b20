"""The services that the screens use: incidents on this machine, plans, runners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from cleo_console import __version__
from cleo_console.secret_filter import SecretFilter
from cleo_console.settings import actor, asked_actor, paths
from journal.errors import CleoError
from journal.events.envelope import Clock
from journal.events.types import InventoryRead, Kind
from journal.incident.declaration import declared_in
from journal.incident.fold import fold_journal
from journal.wording.sanitize import sanitize
from journal.yamlfile.names import strange
from screens.app_services import IncidentSummary

if TYPE_CHECKING:
    from actions.by_hand import Typed
    from actions.inventory import Inventory
    from journal.commands.declare import Declaration
    from journal.commands.offer import Offer
    from journal.incident.state import Incident
    from journal.paths import IncidentPlace, Paths
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan, Step
    from journal.plan.read import LoadedPlan
    from journal.store.journal import Journal
    from journal.store.witness import Head


_SHOWN = 100
"""Characters of a wrong id that are repeated."""


class NoSuchIncident(CleoError):
    """There is no incident of that id here."""


class ConsoleServices:
    """The services of an installation: its journals, its inventory, detached runners.

    Args:
        paths: where incidents and locks are kept, and the inventory.
        actor: who uses the console, as ``user@host``.
    """

    def __init__(self, paths: Paths, actor: str) -> None:
        self.paths = paths
        self.actor = actor
        self._filter = SecretFilter()

    def incidents(self) -> Sequence[IncidentSummary]:
        """Return every incident there is, the newest first."""
        return [self._summary(incident_id) for incident_id in self.paths.ids()]

    def _summary(self, incident_id: str) -> IncidentSummary:
        try:
            incident = fold_journal(self.paths.incident(incident_id).journal)
        except CleoError as error:
            return IncidentSummary(id=incident_id, note=error.message)
        return IncidentSummary.of(incident)

    @cached_property
    def _loaded(self) -> LoadedPlan:
        from cleo_console.plans import bundled
        from journal.plan.load import load_plan

        return load_plan(self.paths.plan or bundled(), self.catalogue())

    @cached_property
    def _inventory(self) -> Inventory:
        from cleo_console.world import inventory_at

        return inventory_at(self.paths.inventory)

    def plan(self) -> Plan:
        """Return the plan that a new incident is declared with."""
        return self._loaded.plan

    def kinds(self) -> Sequence[Kind]:
        """Return the kinds of incident that the inventory allows to declare."""
        return [kind for kind in self._inventory.allows if kind is not Kind.TABLETOP]

    def inventory_name(self) -> str:
        """Return what the inventory in use is called, or an empty string where there is none."""
        return self._inventory.name if self.paths.inventory else ""

    def declare(self, declaration: Declaration) -> str:
        """Declare an incident and return its id."""
        return self.declare_by(self._loaded, declaration)

    def declare_by(self, plan: LoadedPlan, declaration: Declaration) -> str:
        """Declare an incident that goes by a plan of its own, and return its id."""
        from cleo_console.known_before import known_before
        from journal.commands.declare import declare

        if declaration.kind not in self.kinds():
            allowed = ", ".join(self.kinds())
            raise CleoError(
                f"The inventory {self._inventory.name} allows incidents of kind {allowed}.", "Choose one of these."
            )
        self._filter.learn(self.paths.inventory)
        place = declare(
            self.paths,
            plan,
            declaration,
            actor=self.actor,
            inventory=str(self.paths.inventory or ""),
            program=f"cleo-console {__version__}",
            blot=self._filter,
            read=self._read_inventory(plan.plan),
            known=known_before(self.paths, self.inventory_name()),
        )
        return place.folder.name

    def offers(self) -> Sequence[Offer]:
        """Return the alerts that nobody answered yet, the newest first; as told, where plan or inventory do not fit."""
        from cleo_console.monitoring.offers import Offers

        found = Offers(self.paths.alerts).open(self.now())
        try:
            return [self.fitted(one) for one in found]
        except CleoError:  # whoever declares is told why; until then incidents and alerts are listed all the same
            return found

    def answered(self, offer: Offer) -> None:
        """Offer an alert no more: it was declared."""
        from cleo_console.monitoring.offers import Offers

        Offers(self.paths.alerts).answered(offer)

    def dismiss(self, offer: Offer, why: str) -> None:
        """Offer an alert no more until it is over or fires anew; who dismissed it is kept beside the alerts."""
        from cleo_console.monitoring.offers import Offers

        Offers(self.paths.alerts).dismiss(offer, self.actor, why, self.now())

    def fitted(self, offer: Offer) -> Offer:
        """Return an offer with the plan's scenario, where its system tells it, and none that the plan does not have."""
        from actions.inventory import known_systems
        from journal.commands.offer import likely_scenario

        plan = self.plan()
        known = {one.name: one for one in known_systems(self._inventory, plan.systems)}
        own = known.get(offer.system)
        part = (known.get(own.standby_of) or own).plays if own else ""
        named = offer.scenario if offer.scenario in plan.scenarios else likely_scenario(plan, part)
        return msgspec.structs.replace(offer, scenario=named)

    def _read_inventory(self, plan: Plan) -> InventoryRead | None:
        """Return what the inventory says now; nothing where there is none, or it was spoilt since it was shown."""
        from actions.inventory_read import digest, with_systems
        from cleo_console.world import inventory_at

        path = self.paths.inventory
        if not path:
            return None
        sha256 = digest(path)  # of what is read after it: where it is changed in between, the runner reads it again
        with suppress(CleoError):  # its runner says why it cannot be used
            return with_systems(InventoryRead(path=str(path), sha256=sha256), inventory_at(path), plan.systems)
        return None

    def catalogue(self) -> Catalogue:
        """Return the actions there are, by name."""
        from actions.registry import catalogue

        return catalogue()

    def shell_commands(self, incident: Incident, step: Step) -> Sequence[Typed]:
        """Return the shell commands of a step where it is not done yet, without secrets."""
        from actions.inventory import known_systems
        from actions.runner.facts import incident_facts
        from actions.step_by_hand import step_commands
        from cleo_console.world import inventory_at
        from journal.incident.cures import cure_params
        from journal.incident.instances import acted_on, left

        self._filter.learn(incident.inventory or None)
        inventory = inventory_at(incident.inventory or None)
        known = known_systems(inventory, incident.plan.systems)  # no runner may have read it yet
        systems = left(incident, step) or acted_on(incident, step, known)
        params, point = cure_params(incident, step), incident.recovery_point
        facts = incident_facts(incident, "", datetime.now(UTC))
        found = step_commands(step, inventory, systems, params=params, incident=incident.id, point=point, facts=facts)
        return [line._replace(what=[*map(self._filter, line.what)], text=self._filter(line.text)) for line in found]

    def place(self, incident_id: str) -> IncidentPlace:
        """Return where an incident is kept.

        Raises:
            NoSuchIncident: there is none of that id.
        """
        place = self.paths.incident(incident_id)
        if strange(incident_id) or not place.journal.exists():
            raise NoSuchIncident(
                f"There is no incident {sanitize(incident_id)[:_SHOWN]} in {self.paths.incidents}.",
                "List them: cleo journal list",
            )
        return place

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        """Open an incident's journal for writing; ``waiting`` is called with who holds it while a write waits."""
        from journal.store.journal import Journal

        place = self.place(incident_id)
        journal = Journal.open(
            place.journal,
            actor=self.actor,
            clock=self._clock_of(incident_id),
            fallback=place.fallback,
            deadline=True,
            waiting=waiting,
            blot=self._filter,
        )
        self._filter.learn(self.paths.inventory, _inventory_of(place))
        journal.witness = self.witness
        return journal

    def witness(self, head: Head) -> str:
        """Give a head to the second party that is set; return what went wrong, or nothing."""
        from cleo_console.witness import give

        return give(head, self.paths)

    def now(self) -> datetime:
        """Return the present, in UTC; in an exercise, its own."""
        return datetime.now(UTC)

    def _clock_of(self, incident_id: str) -> Clock:
        """Return the clock that an incident's events carry."""
        return Clock()

    def ensure_runner(self, incident_id: str) -> None:
        """Start the incident's detached runner if none holds the lease."""
        from cleo_console.runner_process import ensure_runner

        ensure_runner(self.paths.incident(incident_id))

    def runner_alive(self, incident_id: str) -> bool:
        """Return whether a runner holds the incident's lease."""
        from actions.runner.lease import held

        return held(self.paths.incident(incident_id).folder)

    def write_fault(self, incident_id: str) -> str:
        """Return what keeps the incident's runner from writing to the journal, or an empty string."""
        from actions.runner.write_fault import WriteFaultFlag

        return WriteFaultFlag(self.paths.incident(incident_id).folder).read()

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        """Return the command that opens an incident again, in the full screen or in plain lines."""
        return f"cleo --plain {incident_id}" if plain else f"cleo open {incident_id}"

    def warnings(self) -> Sequence[str]:
        """Return what a person should know before the first action."""
        from cleo_console.runner_process import warnings

        try:
            named = [secret.env for system in self._inventory.systems.values() for secret in system.secrets()]
        except CleoError as error:  # a journal is read and written all the same
            return [error.message, *self._of_journals()]
        return [*warnings(tuple(name for name in named if name)), *self._of_journals()]

    def _of_journals(self) -> list[str]:
        """Return what waits for the witness, and what is wrong with where journals would go on without this disk."""
        from cleo_console.witness import waiting_line
        from journal.store.failover.failover import check_fallback

        waits = list(waiting_line(self.paths))
        if self.paths.fallback is None or not self.paths.incidents.is_dir():
            return waits
        return [*waits, *check_fallback(self.paths.incidents, self.paths.fallback)]


def _inventory_of(place: IncidentPlace) -> str:
    """Return the inventory that an incident's runner goes by; empty where it has none, or cannot be read."""
    try:
        return declared_in(place.journal).inventory
    except CleoError:
        return ""


def installed_services() -> ConsoleServices:
    """Return the services of this installation for the user who runs the command."""
    return ConsoleServices(paths(), actor())


def acting_services() -> ConsoleServices:
    """Like `installed_services`, for what is about to be written: who shares a login is asked for a name first."""
    return ConsoleServices(paths(), asked_actor())
