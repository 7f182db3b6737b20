"""A standby that applies late is stopped before it applies the damage, stays so, and goes on when it is let."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from actions.action import Action
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.system_type import load
from actions.systems.postgres import SYSTEM
from actions.systems.postgres.delayed import found_delayed
from actions.systems.postgres.failover.promote import promote
from actions.systems.postgres.probe import probe
from actions.systems.postgres.server import server_of
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("delayed")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        found = Lab.up(running.directory, standby=True)
        until(lambda: found.cluster(STANDBY).psql("SELECT pg_last_xact_replay_timestamp()").strip())
        settle(found, "1 h")
        yield found


def settle(lab: Lab, delay: str) -> None:
    """Give the standby a delay."""
    standby = lab.cluster(STANDBY)
    standby.psql(f"ALTER SYSTEM SET recovery_min_apply_delay = '{delay}'")
    standby.psql("SELECT pg_reload_conf()")
    until(lambda: standby.psql("SHOW recovery_min_apply_delay").strip() in (delay, delay.replace(" ", "")))


def context(lab: Lab, **more: Any) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), system=STANDBY, **more)


def do(ctx: FakeContext, name: str) -> Outcome:
    found = load(SYSTEM.actions[f"postgres.{name}"])
    assert isinstance(found, Action)
    return ctx.do(found)


def rows(lab: Lab, name: str) -> str:
    return lab.cluster(name).psql("SELECT count(*) FROM pg_class WHERE relname = 'messages'").strip()


def test_it_takes_over_for_who_names_it_with_a_reason_alone(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, dry_run=True)
    with pytest.raises(ActionFailed, match=f"none is to lead: {STANDBY} applies 1 h 00 min late on purpose") as failed:
        ctx.do(promote)
    assert failed.value.cures[0].decision == "strategy"
    with pytest.raises(GateClosed) as closed:
        ctx.do(promote, standby=STANDBY)
    assert (closed.value.gate, closed.value.yields) == ("left-out", "reason and target")


def test_it_keeps_what_the_primary_lost(lab: Lab) -> None:
    # its delay is told, and is no lag
    settings = load_inventory(lab.inventory_path).systems[STANDBY]
    ctx = context(lab)
    seen = probe(STANDBY, settings, ctx.transport(settings.host), deadline_s=10)
    assert "applies 1 h 00 min late" in seen.detail and "lags" not in seen.detail
    findings, cures, _ = found_delayed(server_of(ctx, STANDBY))
    assert [cure.action for cure in cures] == ["postgres.pause_replay"]
    assert f"--on {STANDBY}" in findings[0].cure
    lab.psql("DROP TABLE messages CASCADE")
    began = datetime.now(UTC)

    assert not do(ctx, "replay_state").ok
    dry = context(lab, dry_run=True)
    assert "would pause" in do(dry, "pause_replay").summary
    assert not do(ctx, "replay_state").ok
    known = context(lab, damage_began=began)
    paused = do(known, "pause_replay")
    assert paused.facts["before_damage"] is True, paused
    assert "before the damage of" in paused.summary
    assert do(ctx, "replay_state").ok
    assert "not known" in do(ctx, "pause_replay").summary  # run again it looks; nobody found when it began
    _, cures, settles = found_delayed(server_of(ctx, STANDBY))
    assert (cures, [one.use for one in settles]) == ([], ["needless"])

    settle(lab, "0")  # its delay is over: it would apply all that it has
    until(lambda: lab.cluster(STANDBY).psql("SELECT pg_get_wal_replay_pause_state()").strip() == "paused")
    assert (rows(lab, "postgres"), rows(lab, STANDBY)) == ("0", "1")
    assert do(context(lab, damage_began=began), "resume_replay").ok
    until(lambda: rows(lab, STANDBY) == "0")
    assert "was not paused" in do(ctx, "resume_replay").summary


def test_a_primary_is_not_paused(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), system="postgres")
    with pytest.raises(Exception, match="is a primary"):
        ctx.do(load(SYSTEM.actions["postgres.pause_replay"]))
