"""What the toy's steps need beforehand: the folder that its copies are put beside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actions.readiness.ready import Need
from cleo_toy.settings import ToySettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: ToySettings) -> Iterable[Need]:
        """Return the folder of its copies."""
        yield Need(host=settings.host, folders=[settings.copies])

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return nothing more than its health says."""
        return ()


READY = _Ready()
