"""Who works at a step, who leads and who writes down: said, changed and journalled, and never a lock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands, NotNow
from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.incident.taken import SILENT_AFTER, at_work, counted_on, worker
from journal.store.journal import Journal
from tests.journal.stories import ADA, BEN, Story, declaration, plan, step

STEPS = (step("tell", items=["support"]), step("restore", action="db.restore"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    Journal.create(path, declaration(plan(*STEPS)), actor=ADA).close()
    return path


@pytest.fixture
def ada(path: Path) -> Iterator[IncidentCommands]:
    with Journal.open(path, actor=ADA) as journal:
        yield IncidentCommands(journal, lambda: fold_journal(path))


@pytest.fixture
def ben(path: Path) -> Iterator[IncidentCommands]:
    with Journal.open(path, actor=BEN) as journal:
        yield IncidentCommands(journal, lambda: fold_journal(path))


def taken(incident: Incident) -> dict[str, str]:
    return {step_id: work.by for step_id, work in at_work(incident)}


def test_a_step_is_taken_given_back_and_taken_over(path: Path, ada: IncidentCommands, ben: IncidentCommands) -> None:
    ada.take("restore")
    with pytest.raises(NotNow, match="yours already"):
        ada.take("restore")
    with pytest.raises(NotNow, match="not yours"):
        ben.give_back("restore")
    assert ben.take("restore").body == e.StepTaken(step="restore", over_from=ADA)
    assert taken(fold_journal(path)) == {"restore": BEN}
    ben.take_or_give_back("restore")
    assert taken(fold_journal(path)) == {}
    ben.take_or_give_back("restore")
    assert taken(fold_journal(path)) == {"restore": BEN}


def test_a_step_that_somebody_took_keeps_nobody_from_it(
    path: Path, ada: IncidentCommands, ben: IncidentCommands
) -> None:
    ben.take("tell")
    ada.check_item("tell", "support", True)
    assert fold_journal(path).settled("tell")
    ben.take("restore")
    assert ada.request_run("restore")


def test_a_step_that_is_settled_is_nobodys_any_more(path: Path, ada: IncidentCommands) -> None:
    ada.take("tell")
    ada.mark_done("tell")
    with pytest.raises(NotNow, match="already"):
        ada.take("tell")
    ada.reopen("tell", "nobody heard it")
    assert taken(fold_journal(path)) == {}
    ada.take("tell")
    ada.close("enough", "2 open")
    assert taken(fold_journal(path)) == {}
    with pytest.raises(NotNow, match="closed"):
        ada.take("restore")


def test_who_writes_nothing_for_long_is_not_counted_on(path: Path) -> None:
    told = Story(plan(*STEPS))
    told.tell(e.StepTaken(step="restore"), by=BEN)
    long = SILENT_AFTER - timedelta(seconds=1)
    assert counted_on(told.incident, "restore", told.at + long)
    assert not counted_on(told.incident, "restore", told.at + SILENT_AFTER)
    assert worker(told.incident, "restore")
    told.tell(e.NoteAdded(text="half way"), by=BEN, after=SILENT_AFTER.total_seconds())
    assert counted_on(told.incident, "restore", told.at + long)


def test_one_leads_and_one_writes_down(path: Path, ada: IncidentCommands, ben: IncidentCommands) -> None:
    ada.take_role("lead")
    with pytest.raises(NotNow, match="lead already"):
        ada.take_role("lead")
    assert ben.take_role("lead").body == e.RoleTaken(name="lead", over_from=ADA)
    team = fold_journal(path).team
    assert (team.holder("lead"), team.role(ADA), team.role(BEN)) == (BEN, "responder", "lead")
    ben.take_role("scribe")
    team = fold_journal(path).team
    assert (team.holder("lead"), team.holder("scribe")) == ("", BEN)
    with pytest.raises(NotNow, match="lead, scribe, responder"):
        ben.take_role("king")  # type: ignore[arg-type]
