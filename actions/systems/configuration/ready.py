"""What a configuration's steps need beforehand: git, and the folders that are written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from actions.readiness.ready import Need
from actions.systems.configuration.settings import ConfigurationSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: ConfigurationSettings) -> Iterable[Need]:
        """Return git, and the folders of what runs and of the mirror."""
        folders = [settings.place(), str(PurePosixPath(settings.mirror).parent)]
        yield Need(host=settings.host, user=settings.run_as, programs=["git"], folders=folders)

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return nothing more: health and the closer look ask the remote, and compare."""
        return ()


READY = _Ready()
