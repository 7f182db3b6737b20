"""The loss: from the newest commit that came back to the newest that was seen; a bound is shown as one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.events.measured import Measured
from journal.incident import clocks
from journal.report.objectives import rpo_results
from tests.journal.stories import BEGAN, Story, plan, step

DB = {"system": "db"}
STEPS = (
    step("stop-writers", action="db.stop_writers", **DB),
    step("damage", action="damage.report"),
    step("restore", action="db.restore", verified_by="verify", **DB),
    step("apply", action="db.apply_wal", verified_by="verify", **DB),
    step("verify", action="db.verify", **DB),
)


def at(seconds: float) -> datetime:
    """Return an instant of the database's clock, in seconds after the start that was typed."""
    return BEGAN + timedelta(seconds=seconds)


def facts(**measured: Any) -> dict[str, Any]:
    return Measured(**measured).facts()


def story(**more: Any) -> Story:
    told = Story(plan(*STEPS), **more)
    told.at = BEGAN
    return told


def down(told: Story, seen: float, found: float, **last: Any) -> None:
    """A probe saw the commit of second ``seen``, and found the system down at second ``found``."""
    told.at = at(found)
    measured = Measured(newest_commit_at=at(seen), **last)
    told.tell(e.HealthChanged(system="db", status="down", was="up", last=measured), after=0)


def last_commit(seconds: float, **more: Any) -> dict[str, Any]:
    """What is measured when writers are kept out, or a log is read to its end."""
    return facts(newest_commit_at=at(seconds), no_commit_after=at(seconds), **more)


def recover(told: Story, to: float, *, verified: str = "succeeded", **more: Any) -> None:
    told.run("restore", started={"destructive": True})
    told.run("apply", facts=facts(recovered_to=at(to), **more))
    if verified:
        told.run("verify", status=verified, facts=facts(newest_commit_at=at(to)))


def lost(told: Story) -> tuple[float | None, str, bool | None]:
    (clock,) = clocks.rpo(told.incident)
    return clock.achieved, clock.loss.bound if clock.loss else "", clock.met


def remark(told: Story) -> str:
    (result,) = rpo_results(told.incident)
    return result.remark


def test_what_a_chosen_point_gave_up_is_lost_whenever_the_incident_is_said_to_have_begun() -> None:
    told = story()
    told.run("stop-writers", started={"destructive": True}, facts=last_commit(1000, heartbeats=500))
    recover(told, -0.1, heartbeats=395)
    assert lost(told) == (1000.1, "", False)
    assert "at least 105 committed heartbeats missing" in remark(told)


@pytest.mark.parametrize("typed", [-600, 0, 21])
def test_a_wrong_start_changes_nothing(typed: float) -> None:
    told = story(began_at=at(typed).isoformat())
    told.run("restore", started={"destructive": True}, facts=last_commit(20))
    told.run("apply", facts=facts(recovered_to=at(-7)))
    assert lost(told) == (27, "", None)
    told.run("verify")
    assert lost(told) == (27, "", True)


def test_what_only_a_probe_saw_is_a_bound_until_it_found_the_system_down() -> None:
    told = story()
    down(told, seen=10, found=13)
    recover(told, 0)
    assert lost(told) == (13, "at most", True)
    assert "02:50:10 UTC (the health probe); 10 s of it seen" in remark(told)


def test_a_system_that_only_hangs_may_commit_again_and_bounds_nothing() -> None:
    told = story()
    told.at = at(13)
    last = Measured(newest_commit_at=at(10))
    told.tell(e.HealthChanged(system="db", status="down", was="up", last=last, may_commit=True), after=0)
    recover(told, 0)
    assert lost(told) == (10, "at least", None)


def test_a_bound_beyond_the_target_is_neither_met_nor_missed() -> None:
    told = story()
    down(told, seen=10, found=2000)
    recover(told, 0)
    assert lost(told) == (2000, "at most", None)
    (result,) = rpo_results(told.incident)
    assert result.verdict == "not proven"


def test_the_start_that_was_typed_is_a_bound_said_as_such_and_meets_nothing() -> None:
    told = story()
    recover(told, -30)
    assert lost(told) == (30, "at most", None)
    assert "nobody saw the newest commit; only the start that was typed bounds it" in remark(told)


def test_the_log_that_was_kept_tells_more_than_the_probe() -> None:
    told = story()
    down(told, seen=10, found=13, heartbeats=700)
    told.run("restore", started={"destructive": True}, facts=last_commit(12.5))
    told.run("apply", facts=facts(recovered_to=at(0), heartbeats=690))
    assert lost(told)[:2] == (12.5, "")
    assert "at least 10 committed heartbeats" in remark(told)


def test_a_log_that_lacks_what_the_probe_saw_is_not_believed_to_be_whole() -> None:
    told = story()
    down(told, seen=10, found=13)
    told.run("restore", started={"destructive": True}, facts=last_commit(2))
    told.run("apply", facts=facts(recovered_to=at(2)))
    assert lost(told)[:2] == (11, "at most")


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_the_hosts_clock_may_be_another_than_the_consoles(ahead: float) -> None:
    told = story()
    down(told, seen=10 + ahead, found=13, clock_ahead_s=ahead)
    recover(told, ahead)
    assert lost(told)[:2] == (13, "at most")


def test_where_clocks_disagree_and_nobody_knows_by_how_much_nothing_bounds_the_loss() -> None:
    told = story()
    down(told, seen=3600, found=13)
    recover(told, 3590)
    assert lost(told) == (10, "at least", None)


def test_the_damage_reports_newest_commit_is_evidence() -> None:
    told = story()
    told.run("damage", facts={"db": facts(newest_commit_at=at(500))})
    told.run("restore", started={"destructive": True}, facts=facts(no_commit_after=at(600)))
    told.run("apply", facts=facts(recovered_to=at(0)))
    assert lost(told)[:2] == (600, "at most")


def test_nothing_is_met_before_a_verification_passed() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(5))
    recover(told, 0, verified="", timeline=2, from_timeline=1)
    assert (lost(told)[2], "no verification" in remark(told)) == (None, True)
    told.tell(e.StepMarkedDone(step="verify", note="looks fine"))
    assert lost(told)[2] is None
    told.run("verify", status="failed")
    assert (lost(told)[2], "step 1.1.5 failed" in remark(told)) == (None, True)
    told.run("verify")
    assert lost(told) == (5, "", True)
    told.run("apply", facts=facts(recovered_to=at(0), timeline=2, from_timeline=1))
    assert lost(told)[2] is True, "asked again, it told the same again"
    recover(told, 0, verified="", timeline=3, from_timeline=1)
    assert lost(told)[2] is None, "what proved the first recovery proves nothing of the second"


def test_a_second_recovery_on_the_way_of_the_first_adds_to_its_loss() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(100))
    recover(told, 40, timeline=2, from_timeline=1)
    assert lost(told)[0] == 60
    told.run("stop-writers", facts=last_commit(500))
    recover(told, 490, timeline=3, from_timeline=2)
    assert lost(told) == (70, "", True)


def test_a_second_recovery_from_before_the_first_gives_up_what_was_written_since() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(100))
    recover(told, 40, timeline=2, from_timeline=1)
    told.run("stop-writers", facts=last_commit(500))
    recover(told, 90, timeline=3, from_timeline=1)
    assert lost(told)[0] == 410


def test_a_second_try_that_comes_further_has_lost_less() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(100))
    recover(told, 40, timeline=2, from_timeline=1)
    recover(told, 95, timeline=3, from_timeline=1)
    assert lost(told)[0] == 5


def test_what_was_written_after_the_recovery_is_not_lost() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(100))
    recover(told, 90)
    told.tell(e.HealthChanged(system="db", status="up", was="down"))
    down(told, seen=5000, found=5003)
    assert lost(told)[:2] == (10, "")
    told.run("verify", facts=facts(newest_commit_at=at(5000)))
    assert lost(told)[:2] == (13, "at most"), "the second outage may have cost what the probe did not see"


def test_a_crash_after_a_verified_recovery_takes_its_proof_from_nobody() -> None:
    told = story()
    told.run("stop-writers", facts=last_commit(5))
    recover(told, 0, timeline=2, from_timeline=1)
    down(told, seen=500, found=503)
    told.run("apply", facts={**last_commit(502), **facts(recovered_to=at(502))})
    assert lost(told) == (5, "", True)


def test_commits_after_the_start_that_was_typed_show_that_it_bounds_nothing() -> None:
    told = story()
    recover(told, 300)
    assert lost(told) == (None, "", None)
    told = story()
    told.run("restore", started={"destructive": True}, facts=facts(no_commit_after=at(2000)))
    told.run("apply", facts=facts(recovered_to=at(-60)))
    assert lost(told)[:2] == (2060, "at most")
    assert "1 min if it began when it was typed to have begun" in remark(told)


def test_a_look_at_a_system_that_nobody_touched_is_evidence_and_no_recovery() -> None:
    told = story()
    told.run("verify", facts=facts(newest_commit_at=at(50)))
    assert lost(told)[0] is None
    told.run("restore", started={"destructive": True}, facts=facts(no_commit_after=at(80)))
    told.run("apply", facts=facts(recovered_to=at(30)))
    assert lost(told)[:2] == (50, "at most")
