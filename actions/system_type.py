"""A type of system (PostgreSQL, MongoDB…): everything that the house must know of it, in one declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import msgspec

from journal.errors import CleoError
from journal.incident.recovery_point import PositionForm

if TYPE_CHECKING:
    from actions.settings import SystemSettings


class SystemType(msgspec.Struct, frozen=True, kw_only=True):
    """What a type of system brings. Where a field is a ``"module:attribute"``, importing the declaration loads nothing.

    Attributes:
        name: as an inventory's ``type:`` has it, and as its actions' names begin.
        title: what people call it.
        settings: its `actions.settings.SystemSettings`.
        probe: its health, a `actions.examination.Probe`.
        examine: a closer look, an `actions.examination.Examine`; empty: health is all there is to see.
        actions: where each action is, by its full name.
        roles: which action plays a part that gates and plan checks ask for (``start``, ``stop_writers``,
            ``allow_writers``, ``fence``, ``promote``, ``restore``, ``replay``, ``verify``; of a drill's clean-up also
            ``rejoin``, ``switch_back``, ``unfence``, ``stop``, and ``lead_over`` and ``lead_back``, which lead users to
            another site and back), where it is not called so.
        follows_again: the actions, in order, by which a standby follows its primary again after that was restored;
            none: it does so by itself.
        backups: its `actions.backups.engine.BackupEngine`; empty: it has no backups.
        positions: how a recovery position is named beside an instant.
        simulated: its acts and health in a tabletop: where the YAML files are (`actions.tabletop.script.Script`),
            ``package:folder``.
        stored_keys: reads keys to compare with another store's: an `actions.stored_keys.StoredKeys`; empty: none.
        stored_keys_by_hand: the command that prints them, an `actions.stored_keys.StoredKeysByHand`; empty: none.
        evidence: what of it is evidence of a break-in, an `actions.evidence.evidence.EvidenceSource`; empty: unknown.
        traces: makes what looks for an intruder's traces in it and in its backups, an
            `actions.intrusion.traces.TraceSource`; empty: nobody knows what one leaves.
        behind: tells which server answers behind a pooler: an `actions.behind.Behind`; empty: it stands behind none.
        credentials: opens its users, an `actions.credentials.store.CredentialStore`, for a context; empty: it has none.
        cold: what it adds to the activation of a cold standby, an `actions.cold_standby.standby.ColdWay`; empty: it is
            restored on its own host alone.
        ready: what its steps need beforehand, an `actions.readiness.ready.TypeReady`; empty: nobody can look.
        own_looks: which of its actions bring a look of their own beside that (`@action(ready=…)`): where there is
            ``ready``, no other is imported to find out.
        client: the client library that its looks import when they first need it, by its module's name; empty: none.
            Who looks at many systems at once imports it beforehand (`actions.readiness.lean`).
        lab: its part of a lab on loopback, a `cleo_console.lab.service.LabService`.
    """

    name: str
    title: str
    settings: str
    probe: str
    examine: str = ""
    actions: Mapping[str, str] = {}
    roles: Mapping[str, str] = {}
    follows_again: Sequence[str] = ()
    backups: str = ""
    positions: Sequence[PositionForm] = ()
    simulated: str = ""
    evidence: str = ""
    traces: str = ""
    credentials: str = ""
    lab: str = ""
    stored_keys: str = ""
    stored_keys_by_hand: str = ""
    behind: str = ""
    cold: str = ""
    ready: str = ""
    own_looks: Sequence[str] = ()
    client: str = ""

    def role(self, role: str) -> str:
        """Return the name of the action that plays a role."""
        return self.roles.get(role, f"{self.name}.{role}")


class CannotLoad(CleoError):
    """A part of a type of system cannot be loaded: its module is missing, or raises as it is imported."""


def load(where: str) -> Any:
    """Return what a ``"module:attribute"`` names.

    Raises:
        CannotLoad: importing it fails, in whatever way: it may be somebody else's package.
    """
    try:
        return resolve_name(where)
    except (Exception, SystemExit) as error:  # what one package does takes no other system down
        why = f"{type(error).__name__}: {error}"
        raise CannotLoad(f"{where} cannot be loaded: {why}.", "Mend or remove the package that brings it.") from error


def settings_type(type_: SystemType) -> type[SystemSettings]:
    """Return the struct that an inventory entry of this type must fit."""
    found: type[SystemSettings] = load(type_.settings)
    return found
