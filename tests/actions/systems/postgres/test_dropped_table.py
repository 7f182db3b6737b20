"""A dropped table: recovered to just before it; the newest state is refused, for it holds the damage."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres import SYSTEM
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.backups.engine import ENGINE as PGBACKREST
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers, stop_writers
from journal.incident.backup_catalogue import BackupCatalogue
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-dropped")


def recover(ctx: FakeContext, point: str) -> None:
    ctx.with_incident(decisions={"recovery_point": point})
    assert ctx.do(stop_writers).ok
    assert ctx.do(stop).ok
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok


def test_is_recovered_to_just_before_it_by_time_position_and_backup(lab: Lab) -> None:
    began = datetime.fromisoformat(
        lab.psql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')")
    )
    fault = lab.break_("postgres", "drop-table")
    ctx = FakeContext(load_inventory(lab.inventory_path), scenario="data-corruption", began_at=fault.at)
    lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES")

    for point in ({}, {"recovery_point": "latest"}):
        with pytest.raises(GateClosed) as closed:
            ctx.with_incident(decisions=point).do(restore)
        assert (closed.value.gate, closed.value.yields) == ("recovery-point", "never")
    with pytest.raises(GateClosed, match="was asked for"):
        ctx.with_incident(decisions={"recovery_point": f"time:{fault.at}"}).do(restore, to="2026-01-01T00:00:00Z")

    recover(ctx, f"time:{fault.details['committed_at']}")
    assert lab.psql("SELECT count(*) FROM messages") == str(fault.details["rows"])
    newest = datetime.fromisoformat(lab.psql("SELECT max(at)::text FROM heartbeat"))
    assert began - timedelta(seconds=3) < newest < datetime.fromisoformat(fault.details["committed_at"])
    verified = ctx.do(verify)
    assert verified.ok, verified.summary
    marks = PGBACKREST.marks(ctx, "postgres")
    known = marks.read()[verified.facts["manifest"]] if marks else None
    assert known and known.restored and known.restored.ok and not known.verified, "restoring is not reading all of it"

    # A second recovery, along the timeline that was being written then, not the one of the first recovery.
    before = fault.details["lsn_before"]
    recover(ctx, f"time:{fault.details['committed_at']} postgres lsn:{before}")
    assert lab.psql("SELECT count(*) FROM messages") == str(fault.details["rows"])

    label = lab.facts["last_backup"]["label"]
    held, (lsn, _) = BackupCatalogue.of(ctx.do(verify_backups).facts), SYSTEM.positions
    assert label in held.ended, "what a decision is judged by"
    assert (held.whole, lsn.order(held.reach["lsn"][0]) < lsn.order(before)) == (True, True)
    for nowhere in ("lsn:0/1", "time:2026-01-01T00:00:00Z", "backup:20260101-000000F"):
        with pytest.raises(ActionFailed, match="No backup leads to"):
            FakeContext(ctx.inventory, decisions={"recovery_point": nowhere}, dry_run=True).do(restore)
    recover(ctx, f"backup:{label}")
    assert lab.psql("SELECT count(*) FROM messages") == str(fault.details["rows"])
    assert datetime.fromisoformat(lab.psql("SELECT max(at)::text FROM heartbeat")) < began
    assert ctx.do(allow_writers).ok


def test_a_restored_backup_serves_its_own_recovery_point_only(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    assert ctx.do(stop).ok
    assert ctx.do(restore).ok
    at = lab.facts["last_backup"]["ended"]
    with pytest.raises(GateClosed, match="was restored to recover to the latest"):
        ctx.with_incident(decisions={"recovery_point": f"time:{at}"}).do(apply_wal)
