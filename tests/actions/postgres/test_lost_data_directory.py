"""A lost data directory: restored, recovered, verified, and the application let in again."""

from __future__ import annotations

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.postgres.apply_wal import apply_wal
from actions.postgres.is_restored import is_restored
from actions.postgres.restore import restore
from actions.postgres.start_stop import is_running, start, stop
from actions.postgres.writers import allow_writers, stop_writers
from cleo_console.lab import Lab
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-lost")


def test_is_recovered_with_the_writers_kept_out(lab: Lab) -> None:
    lab.psql("SELECT pg_switch_wal()")
    fault = lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, began_at=fault.at)

    assert not ctx.do(is_running).ok
    with pytest.raises(ActionFailed, match="restore is next"):
        ctx.do(start)
    assert ctx.do(stop_writers).ok
    assert ctx.do(stop).summary.endswith("was already down.")

    dry = FakeContext(ctx.inventory, decisions={"recovery_point": "latest"}, dry_run=True)
    assert "would restore backup" in dry.do(restore).summary
    restored = ctx.do(restore)
    assert restored.ok
    assert restored.facts["backup"] == lab.status().last_backup["label"]  # type: ignore[index]
    assert ctx.steps[-1].fraction == 1.0
    assert ctx.do(is_restored).facts["restore"] == "restored"
    assert not lab.status().postgres

    applied = ctx.do(apply_wal, from_backup=True)
    print(applied)
    assert applied.facts["timeline"] == 2
    with pytest.raises(CleoError, match=r"pg_hba\.conf|rejects"):
        lab.app_psql("SELECT 1") if hasattr(lab, "app_psql") else lab.site.app_psql("SELECT 1")
    assert ctx.do(allow_writers).ok
    assert lab.site.app_psql("SELECT 1") == "1"
