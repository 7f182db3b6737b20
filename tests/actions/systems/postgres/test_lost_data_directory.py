"""A lost data directory: restored, recovered, verified, and the application let in again."""

from __future__ import annotations

from datetime import datetime

import pytest

from actions.backups.hold import hold
from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.is_restored import is_restored
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import is_running, start, stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers, stop_writers
from journal.errors import CleoError
from journal.incident.restore_time import RestoreTime
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-lost")


def test_is_recovered_with_the_writers_kept_out(lab: Lab) -> None:
    switched = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= switched)
    assert FakeContext(load_inventory(lab.inventory_path)).do(verify_backups).summary.startswith("1 backup, newest ")
    fault = lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, began_at=fault.at)

    assert not ctx.do(is_running).ok
    with pytest.raises(ActionFailed, match=r"missing|not a database") as refused:
        ctx.do(start)
    assert "a restore is next" in refused.value.hint
    assert [cure.action for cure in refused.value.cures] == ["postgres.restore"]
    with pytest.raises(ActionFailed, match="connection refused") as unverified:
        ctx.do(verify)
    assert [cure.action for cure in unverified.value.cures] == ["postgres.restore"]
    assert ctx.do(hold).ok
    assert ctx.do(stop_writers).ok
    assert ctx.do(stop).summary.endswith("was already down.")
    with pytest.raises(ActionFailed, match="No complete restore") as early:
        ctx.do(apply_wal)
    assert [cure.action for cure in early.value.cures] == ["postgres.restore"]

    dry = FakeContext(ctx.inventory, decisions={"recovery_point": "latest"}, dry_run=True)
    assert "would restore backup" in dry.do(restore).summary
    assert any("would restore backup" in line for line in dry.lines)
    assert not list(lab.postgres.data_directory.iterdir())

    restored = ctx.do(restore)
    newest = lab.facts["last_backup"]
    assert newest and restored.facts["backup"] == newest["label"]
    assert ctx.steps[-1].fraction == 1.0
    assert ctx.do(is_restored).facts["restore"] == "restored"
    assert not lab.pids["server"]
    with pytest.raises(ActionFailed, match="its log is not applied") as unapplied:
        ctx.do(start)
    assert [cure.action for cure in unapplied.value.cures] == ["postgres.apply_wal"]

    applied = ctx.do(apply_wal, from_backup=True)
    assert applied.facts["timeline"] == 2
    assert datetime.fromisoformat(applied.facts["recovered_to"]) <= datetime.fromisoformat(fault.at)
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    assert ctx.do(apply_wal).ok, "applying it again is harmless"

    verified = ctx.do(verify)
    assert verified.ok, verified.summary
    assert verified.facts["manifest"] == restored.facts["backup"]
    assert verified.facts["tables_compared"] >= 6
    assert verified.facts["newest_commit_at"] <= applied.facts["newest_commit_at"]
    measured = RestoreTime.of(ctx.do(verify_backups).facts)
    assert measured and (measured.label, measured.drill) == (restored.facts["backup"], False)
    assert measured.seconds > restored.facts["seconds"], "the replay counts, too"

    assert ctx.do(allow_writers).ok
    assert lab.postgres.app_psql("SELECT 1") == "1"
    assert "recovery_target" not in (lab.postgres.data_directory / "postgresql.auto.conf").read_text()
    taken = ctx.do(take)
    assert taken.ok, taken.summary
    assert (lab.postgres.manifests / f"{taken.facts['backup']}.json").exists()
