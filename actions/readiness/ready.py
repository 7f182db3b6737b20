"""What a type of system brings so that its steps can be looked at on an ordinary day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a system needs of one host.

    Attributes:
        host: the inventory's name of the host.
        user: the account that programs run as there; empty: our own.
        programs: names or paths of programs that must be there.
        folders: folders in which that account must be able to make something.
        actions: the actions that need it; none: all of the system's.
    """

    host: str
    user: str = ""
    programs: Sequence[str] = ()
    folders: Sequence[str] = ()
    actions: Sequence[str] = ()


class TypeReady(Protocol):
    """What is common to a type's actions, looked at once a system. It changes nothing."""

    def needs(self, settings: Any) -> Iterable[Need]:
        """Return what a system needs of its hosts: those are looked at once, whoever needs them.

        Args:
            settings: what the inventory says of the system.
        """

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return what was found of one system beside its hosts, health and backups; what nobody could see is said.

        Args:
            ctx: with the systems; it only reads.
            system: its name in the inventory.
            health: as it was just measured.
        """


ActionReady = Callable[["ActionContext"], Iterable[ReadyFinding]]
"""What one action needs beside that, at ``ctx.system``: named by ``@action(ready=…)``. It changes nothing."""

DRY_RUN = "its dry run"
"""``@action(ready=DRY_RUN)``: its dry run is the look, with the parameters that the plan gives it."""
