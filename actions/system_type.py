"""A type of system (PostgreSQL, MongoDB…): everything that the house must know of it, in one declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from journal.events.types import Finding
from journal.incident.recovery_point import PositionForm

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from actions.settings import SystemSettings
    from actions.transport import Transport


class SystemType(msgspec.Struct, frozen=True, kw_only=True):
    """What a type of system brings. Where a field is a ``"module:attribute"``, importing the declaration loads nothing.

    Attributes:
        name: as an inventory's ``type:`` has it, and as its actions' names begin.
        title: what people call it.
        settings: its `actions.settings.SystemSettings`.
        probe: its health, a `Probe`.
        examine: a closer look, an `Examine`; empty: health is all there is to see.
        actions: where each action is, by its full name.
        roles: which action plays a part that gates and plan checks ask for (``start``, ``stop_writers``,
            ``allow_writers``, ``fence``, ``promote``, ``restore``, ``replay``, ``verify``), where it is not called so.
        backups: its `actions.backups.engine.BackupEngine`; empty: it has no backups.
        positions: how a recovery position is named beside an instant.
        simulated: its acts and health in a tabletop: where the YAML files are (`actions.tabletop.script.Script`),
            ``package:folder``.
        lab: its part of a lab on loopback, a `cleo_console.lab.service.LabService`.
    """

    name: str
    title: str
    settings: str
    probe: str
    examine: str = ""
    actions: Mapping[str, str] = {}
    roles: Mapping[str, str] = {}
    backups: str = ""
    positions: Sequence[PositionForm] = ()
    simulated: str = ""
    lab: str = ""

    def role(self, role: str) -> str:
        """Return the name of the action that plays a role."""
        return self.roles.get(role, f"{self.name}.{role}")


class Probe(Protocol):
    """Measures a system's health. It changes nothing, and ends within its deadline."""

    def __call__(self, system: str, settings: Any, host: Transport | None, *, deadline_s: float) -> Health:
        """Return the health.

        Args:
            system: its name in the inventory.
            settings: what the inventory says of it.
            host: the way to its host; None where it names none.
            deadline_s: seconds for all of it.
        """


class Examination(msgspec.Struct, kw_only=True):
    """What a closer look at one system saw.

    Attributes:
        facts: measured values; those of `journal.events.measured.Measured` count for clocks and loss.
        lines: what a person reads in the report, in order.
        findings: what a person must see to.
        summary: further words on it for the summary; empty: its health says all.
    """

    facts: dict[str, Any] = {}
    lines: list[str] = []
    findings: list[Finding] = []
    summary: str = ""


class Examine(Protocol):
    """Looks at a system more closely than its health. It changes nothing."""

    def __call__(self, ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
        """Return what it saw; what cannot be looked at is said in it, not raised.

        Args:
            ctx: the action's context.
            system: its name in the inventory.
            health: as it was just measured.
            thorough: read the data itself, for minutes (a damage report); else look for seconds (a health check).
        """


def load(where: str) -> Any:
    """Return what a ``"module:attribute"`` names."""
    module, _, attribute = where.partition(":")
    return getattr(import_module(module), attribute)


def settings_type(type_: SystemType) -> type[SystemSettings]:
    """Return the struct that an inventory entry of this type must fit."""
    found: type[SystemSettings] = load(type_.settings)
    return found
