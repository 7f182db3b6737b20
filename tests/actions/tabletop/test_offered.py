"""What the screens offer at a tabletop can be done there: nothing is left to be done by hand."""

from __future__ import annotations

from cleo_console.demo import DemoServices
from journal.events.types import Kind
from journal.incident.interlock import word_to_type
from journal.incident.records import RunState
from screens.guidance.left_out import runnable
from screens.guidance.next_action import destructive
from tests.actions.tabletop.tables import table


def test_every_action_of_the_plan_is_offered_to_be_run() -> None:
    with table("data-corruption") as player, DemoServices("player@table", 1.0) as host:
        incident = player.incident()
        steps = [step for step in incident.plan.steps() if step.is_run]
        assert host.kinds() == [Kind.TABLETOP]
        assert [step.id for step in steps if not runnable(incident, step, host.catalogue())] == []


def test_every_step_that_asks_for_its_target_can_be_told_it() -> None:
    with table("data-corruption") as player, DemoServices("player@table", 1.0) as host:
        asking = [step for step in player.incident().plan.steps() if destructive(step, host.catalogue())]
        runs = {step.id: player.over(player.desk.request_run(step.id, dry_run=True)) for step in asking}
    assert "postgres-apply-wal" in runs
    assert [name for name, run in runs.items() if run.state is RunState.REFUSED] == []
    assert [name for name, run in runs.items() if not word_to_type(run.target)] == []


def test_nobody_is_let_in_where_no_pool_member_answers() -> None:
    with table("natural-disaster") as player:
        run = player.over(player.desk.request_run("enable-traffic", dry_run=True))
    assert (run.state, run.summary.partition(".")[0]) == (
        RunState.FAILED,
        "Nobody can be let in: no pool member answers",
    )
