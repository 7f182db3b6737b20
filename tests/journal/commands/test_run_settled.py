"""What a look has settled can be run all the same, and is refused in words that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.incident.records import StepState
from journal.paths import IncidentPlace
from journal.store.journal import Journal
from tests.actions.worlds import declared, places_in, plan_with

MEND = {"id": "mend", "title": "Mend", "action": "thing.mend", "system": "thing"}
THING = KnownSystem(name="thing", type="thing", plays="thing", acts=["thing"])
LOST = e.Settling(action="thing.mend", use="impossible", words="nothing is left", system="thing")


@pytest.fixture
def place(tmp_path: Path) -> IncidentPlace:
    """An incident in which a look has found that the step is impossible."""
    found = declared(places_in(tmp_path), plan=plan_with(MEND))
    with Journal.open(found.journal, actor="ana@laptop") as journal:
        journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=[THING]))
        look = journal.append(e.RunRequested(action="damage.report"))[0].seq
        journal.append(e.ActionStarted(run=look, action="damage.report"))
        journal.append(e.ActionFinished(run=look, status="succeeded", summary="seen", settles=[LOST]))
    return found


@pytest.fixture
def desk(place: IncidentPlace) -> Iterator[IncidentCommands]:
    with Journal.open(place.journal, actor="ana@laptop") as journal:
        yield IncidentCommands(journal, lambda: fold_journal(place.journal))


@pytest.mark.parametrize(
    "ask", [lambda desk: desk.request_run("mend"), lambda desk: desk.request_action("thing.mend", {})]
)
def test_it_can_be_asked_for_by_its_step_and_by_its_action(
    place: IncidentPlace, desk: IncidentCommands, ask: Callable[[IncidentCommands], int]
) -> None:
    assert fold_journal(place.journal).state("mend") is StepState.IMPOSSIBLE
    run = ask(desk)
    assert fold_journal(place.journal).runs[run].step == "mend"
    assert fold_journal(place.journal).state("mend") is StepState.REQUESTED


def test_it_is_not_skipped_too_and_that_is_said_in_words_that_fit(desk: IncidentCommands) -> None:
    with pytest.raises(NotNow, match=r"Mend is not possible\."):
        desk.skip("mend", "no time")
