"""A dropped table under a real Patroni: paused before anything is done beside it, resumed, stale replicas rebuilt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actions.gate import Closed
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.manager.pause import manager, pause_manager
from actions.systems.postgres.manager.rebuild import rebuild_replica, replica_identity, replicas
from actions.systems.postgres.manager.resume import resume_manager
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers, stop_writers
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab_directory

pytestmark = [pytest.mark.xdist_group("patroni"), pytest.mark.early]
MESSAGES = "SELECT count(*) FROM messages"


@pytest.fixture(scope="module")
def patroni() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=["patroni"], backup_minutes=600)


def context(lab: Lab, **more: object) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), system="patroni", **more)  # type: ignore[arg-type]


def managed(ctx: FakeContext) -> Closed | None:
    return unmanaged(ctx)


def test_a_dropped_table_is_recovered_under_patroni_and_no_replica_serves_the_old_rows(patroni: Lab) -> None:
    fault = patroni.break_("patroni", "drop-table")
    ctx = context(patroni, decisions={"recovery_point": f"time:{fault.details['committed_at']}"})
    shut = managed(ctx)
    assert shut and (shut.yields, shut.opens) == ("reason and target", "postgres.pause_manager")
    assert "runs here" in shut.message and "it is not paused" in shut.message

    tried = context(patroni, dry_run=True)
    assert tried.do(pause_manager).ok and managed(ctx), "a dry run pauses nothing"
    paused = ctx.do(pause_manager)
    assert paused.facts["paused"] and "patroni, patroni-standby said so just now" in paused.summary
    assert managed(ctx) is None
    assert "was paused already" in ctx.do(pause_manager).summary
    for action in (stop_writers, stop, restore):
        assert ctx.do(action).ok
        assert managed(ctx) is None, "it stays paused"
    with pytest.raises(ActionFailed, match="would promote another member") as early:
        ctx.do(resume_manager)
    assert early.value.cures[0].action == "postgres.apply_wal"
    assert ctx.do(apply_wal).ok

    before = patroni.cluster("patroni-standby")
    resumed = ctx.do(resume_manager)
    assert resumed.ok and resumed.facts["stale"] == ["patroni-standby"]
    assert "Patroni lists it as running" in str(resumed.findings[-1])
    assert resumed.cures[0].params == {"member": "patroni-standby"}
    assert managed(ctx), "it works again"
    assert not ctx.do(replicas, member="patroni-standby").ok

    ctx.params = {}
    assert replica_identity(ctx)[0].value.startswith("patroni-standby@"), "what is typed is the replica's"
    assert context(patroni, dry_run=True).do(rebuild_replica).ok
    rebuilt = ctx.do(rebuild_replica)
    assert rebuilt.ok and "on timeline 2" in rebuilt.summary and not rebuilt.findings
    assert before.psql(MESSAGES) == str(fault.details["rows"])
    assert ctx.do(replicas, member="patroni-standby").ok
    assert "No replica is proven not to follow" in ctx.do(rebuild_replica).summary
    assert ctx.do(allow_writers).ok, "Patroni at work is in nobody's way there"
    assert ctx.do(manager).facts == {"managed": True, "paused": False, "leader": "patroni"}


@pytest.mark.soak
def test_one_that_died_is_told_from_none_and_a_pause_is_read_from_another_member(patroni: Lab) -> None:
    """Its files stay, PostgreSQL goes on: nobody calls it managed by what is gone, nor free of what may come back."""
    ctx = context(patroni)
    patroni.break_("patroni", "kill-patroni")
    shut = managed(ctx)
    assert shut and "no Patroni of it runs on db1" in shut.message and "may come back" in shut.message
    assert "patroni-standby answers for its cluster" in shut.message
    paused = ctx.do(pause_manager)
    assert paused.facts["paused"]
    assert [one.about for one in paused.findings if "does not answer" in one.text] == ["patroni"]
    assert managed(ctx) is None, "it reads the pause when it comes back"
    with pytest.raises(ActionFailed, match="No Patroni runs beside patroni"):
        ctx.do(resume_manager)
