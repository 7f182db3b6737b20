"""A command takes the state once, at however many systems it asks for runs: each time may read the whole journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.store.journal import Journal
from tests.actions.worlds import declared, places_in, plan_with

MEND = {"id": "mend", "title": "Mend", "action": "thing.work", "system": "thing"}
SYSTEMS = [KnownSystem(name=f"thing-{n}", type="thing", plays="thing", acts=["thing"]) for n in range(40)]


@pytest.mark.parametrize(
    "command",
    [
        lambda said: said.request_runs("mend", confirmed="thing-1"),
        lambda said: said.request_runs("mend", dry_run=True),
        lambda said: said.request_action("thing.work", {}, system="thing-7", confirmed="thing-7"),
        lambda said: said.skip("mend", "no time"),
        lambda said: said.note("seen", "mend"),
    ],
    ids=["runs", "dry runs", "action", "skip", "note"],
)
def test_one_command_takes_the_state_once(tmp_path: Path, command: Callable[[IncidentCommands], object]) -> None:
    place = declared(places_in(tmp_path), plan=plan_with(MEND))
    taken: list[Incident] = []

    def state() -> Incident:
        taken.append(fold_journal(place.journal))
        return taken[-1]

    with Journal.open(place.journal, actor="ana@laptop") as journal:
        journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=SYSTEMS))
        command(IncidentCommands(journal, state))
    assert len(taken) == 1
    assert state().seq > taken[0].seq, "it was written"
