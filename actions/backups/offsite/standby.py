"""The cold standbys of a system: hosts on another site that reach the second place when the system's own is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import msgspec

from actions.settings import SystemSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.inventory import Inventory


def cold_standbys(inventory: Inventory, system: str) -> list[str]:
    """Return the names of those that stand by cold for a system."""
    return [name for name, one in inventory.systems.items() if one.cold and one.standby_of == system]


class _At:
    """A context that is aimed at the standby; all else is the real one's."""

    def __init__(self, real: ActionContext, system: str, inventory: Inventory) -> None:
        self._real, self.system, self.inventory = real, system, inventory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def at_standby(ctx: ActionContext, name: str) -> ActionContext:
    """Return the context that is aimed at the standby, with its settings as it serves in its primary's place."""
    systems: Mapping[str, SystemSettings] = ctx.inventory.systems
    own = systems[name]
    if own.cold:
        own = msgspec.structs.replace(own.taking_over(systems[ctx.system]), standby_of="", cold=False)
    offsite = ctx.inventory.offsite
    if offsite and offsite.kept_credentials:
        offsite = msgspec.structs.replace(offsite, credentials=offsite.kept_credentials)
    inventory = msgspec.structs.replace(ctx.inventory, systems={**systems, name: own}, offsite=offsite)
    return cast("ActionContext", _At(ctx, name, inventory))
