"""Items that the journal tells of are ticked by what it tells, and by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands, NotNow
from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.incident.known import known, not_met
from journal.store.journal import Journal
from tests.journal.stories import Story, declaration, plan, step

OPEN, HELD, TOLD = "Nothing is open", "Nothing is held", "People are told"
ITEMS = [{"text": OPEN, "known": "nothing-open"}, {"text": HELD, "known": "nothing-held"}, TOLD]
STEPS = (
    step("hold", action="db.hold"),
    step("verify", action="db.verify"),
    step("release", action="db.release"),
    step("close", items=ITEMS),
)
TARGET = [e.Identity(name="confirm", value="db@here", known="reported")]


@pytest.fixture
def told() -> Story:
    return Story(plan(*STEPS))


def so(told: Story) -> set[str]:
    return {OPEN, HELD} - not_met(told.incident, told.incident.plan.by_id["close"]).keys()


def evidence(told: Story, item: str) -> str:
    found = known(told.incident, told.incident.plan.by_id["close"], item)
    assert found
    return found.evidence


def begin(told: Story, step_id: str, **started: object) -> int:
    run = told.tell(e.RunRequested(step=step_id, action=f"db.{step_id}"))
    told.tell(e.ActionStarted(step=step_id, run=run, action=f"db.{step_id}", **started))  # type: ignore[arg-type]
    return run


def end(told: Story, run: int, step_id: str, status: str = "succeeded") -> None:
    told.tell(e.ActionFinished(step=step_id, run=run, status=status, summary="told"))  # type: ignore[arg-type]


def test_they_follow_what_runs_fails_and_is_in_force(told: Story) -> None:
    run = begin(told, "hold", undone_by="db.release", target=TARGET)
    assert so(told) == set()  # begun, it may hold already
    assert evidence(told, OPEN) == "seen 03:00: 1 running, 0 failed, 0 in doubt; 1.1.1 Hold"
    end(told, run, "hold")
    assert so(told) == {OPEN}
    assert evidence(told, HELD) == "seen 03:00: 1 in force; 1.1.1 Hold"
    end(told, begin(told, "verify"), "verify", "failed")
    assert so(told) == set()
    assert evidence(told, OPEN) == "seen 03:00: 0 running, 1 failed, 0 in doubt; 1.1.2 Verify"
    end(told, begin(told, "verify"), "verify")
    told.tell(e.ActionInDoubt(step="verify", run=begin(told, "verify"), why="its runner is gone"))
    assert evidence(told, OPEN) == "seen 03:00: 0 running, 0 failed, 1 in doubt; 1.1.2 Verify"


def test_the_step_is_done_once_both_are_so_and_open_again_when_they_are_not(told: Story) -> None:
    end(told, begin(told, "hold", undone_by="db.release", target=TARGET), "hold")
    told.tell(e.ItemChecked(step="close", item=TOLD, checked=True))
    assert told.state("close") == "ready"
    end(told, begin(told, "release", target=TARGET), "release")
    assert (told.state("close"), told.incident.steps["close"].by) == ("marked done", "")
    run = begin(told, "verify")
    assert told.state("close") == "ready"
    end(told, run, "verify")
    assert told.state("close") == "marked done"
    end(told, begin(told, "verify"), "verify", "failed")
    assert told.state("close") == "ready"


def test_nobody_says_what_is_not_so(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.db", declaration(plan(*STEPS)), actor="ada@ops1") as journal:
        desk = IncidentCommands(journal, lambda: fold_journal(journal.path))
        with pytest.raises(NotNow, match="nobody ticks that"):
            desk.check_item("close", OPEN, True)
        run = desk.request_run("hold")
        with pytest.raises(NotNow, match=r"Nothing is open: that is not so .*1 running"):
            desk.mark_done("close", "looked")
        journal.append(e.RunRefused(step="hold", run=run, gate="hold", message="no", yields="never"))
        desk.mark_done("close", "looked")
        assert fold_journal(journal.path).state("close") == "marked done"
