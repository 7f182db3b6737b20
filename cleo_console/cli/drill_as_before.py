"""Whether a drill's systems are as they were before it: looked at anew, once all is cleaned up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from cleo_console.cli.run import follow_run
from journal.events.types import HealthChanged
from journal.store.journal import Follower, Reader
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cleo_console.cli.incident_access import IncidentAccess
    from journal.incident.state import Incident
    from journal.plan.action_spec import Catalogue

_LOOK = "status.check"
_SETTLES_S = 180.0
"""Seconds that systems are given after a drill: a standby catches up, a pool fills, a probe comes by."""
_PAUSE_S = 2.0
_UP = "up"


def not_as_before(at: IncidentAccess, catalogue: Catalogue) -> list[str]:
    """Return what was up before the drill changed anything and is not now, each in words; it is given a while.

    What was not up before is not judged. Nothing is asked where nothing destructive was begun.
    """
    began = _first_change(at.incident(), catalogue)
    were_up = _up_before(at, began) if began else []
    if not were_up:
        return []
    end = time.monotonic() + _SETTLES_S
    with Follower(at.place.journal, after=at.incident().seq) as follower:
        while True:
            if time.monotonic() > end or not _not_up(at.incident(), were_up):
                seen = follow_run(at, at.commands.request_action(_LOOK, {}), quiet=True)
                left = [name for name in were_up if seen.facts.get(name) != _UP]
                if not left or time.monotonic() > end:
                    return [_words(at.incident(), name, str(seen.facts.get(name, "not measured"))) for name in left]
            follower.wait(_PAUSE_S)


def say_kept(incident: Incident) -> None:
    """Print the old data that the drill's restores moved aside: nothing removes them but a person."""
    found = [str(run.facts.get("aside") or "") for run in incident.runs.values() if run.changes_step]
    for path in filter(None, dict.fromkeys(found)):
        click.echo(sanitize(f"kept: {path}: data of before the drill; nothing removes it but a person"))


def _first_change(incident: Incident, catalogue: Catalogue) -> datetime | None:
    """Return when the first destructive run began; None: none did."""
    return min(
        (
            run.started_at
            for run in incident.runs.values()
            if run.started_at and run.changes_step and (spec := catalogue.get(run.action)) and spec.destructive
        ),
        default=None,
    )


def _up_before(at: IncidentAccess, began: datetime) -> list[str]:
    """Return the systems that were up at the last look before something was changed."""
    status: dict[str, str] = {}
    with Reader(at.place.journal) as reader:
        for event in reader.events():
            if event.at > began:
                break
            if isinstance(event.body, HealthChanged):
                status[event.body.system] = event.body.status
    return [name for name, last in status.items() if last == _UP]


def _not_up(incident: Incident, names: Iterable[str]) -> list[str]:
    return [name for name in names if (known := incident.health.get(name)) is None or known.status != _UP]


def _words(incident: Incident, name: str, now: str) -> str:
    known = incident.health.get(name)
    detail = f" ({known.detail})" if known and known.detail and known.status == now else ""
    return f"{name} was up before, and is {now}{detail}"
