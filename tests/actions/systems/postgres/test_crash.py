"""A killed server: starting it is enough; and if it is restored all the same, its surviving log is replayed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.overview.health_check import health_check
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.identity import identity
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import is_running, start, stop
from actions.systems.postgres.writers import allow_writers, stop_writers
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-crash")


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path))


def use_of_start(ctx: FakeContext) -> tuple[str, str]:
    """Return what a closer look says of a start, and why."""
    (found,) = ctx.do(health_check, comprehensive=True).settles
    assert (found.action, found.system) == ("postgres.start", "postgres")
    return found.use, found.words


def test_start_is_enough_for_a_killed_server(lab: Lab, ctx: FakeContext) -> None:
    assert use_of_start(ctx) == ("needless", "postgres answers queries (primary)")
    fault = lab.break_("postgres", "kill-postmaster")
    assert use_of_start(ctx) == ("open", "")
    assert ctx.do(start).ok
    assert use_of_start(ctx)[0] == "needless"
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE at = '{fault.details['last_heartbeat']}'") == "1"
    assert "already up" in ctx.do(start).summary


def test_writers_are_kept_out_of_a_running_server_and_of_a_restarted_one(lab: Lab, ctx: FakeContext) -> None:
    until(lambda: lab.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'cleo_app'") != "0")
    stopped = ctx.do(stop_writers)
    assert stopped.facts["sessions_ended"] >= 1
    assert lab.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'cleo_app'") == "0"
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")

    assert ctx.do(stop).facts["was_running"]
    assert ctx.do(stop_writers).ok
    assert ctx.do(start).ok
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    assert ctx.do(allow_writers).ok
    assert lab.postgres.app_psql("SELECT 1") == "1"
    assert "not kept out" in ctx.do(allow_writers).summary


def test_a_restore_under_a_running_server_is_refused(lab: Lab, ctx: FakeContext) -> None:
    with pytest.raises(GateClosed) as closed:
        ctx.do(restore)
    assert (closed.value.gate, closed.value.yields) == ("down", "never")


def test_the_log_that_survived_is_replayed_and_the_old_data_kept(lab: Lab, ctx: FakeContext) -> None:
    """Nothing that was committed is lost: neither in segments that were to be archived, nor in the open one."""
    lab.psql("ALTER SYSTEM SET archive_command = 'false'")
    lab.psql("SELECT pg_reload_conf()")
    waiting = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: (lab.postgres.data_directory / "pg_wal/archive_status" / f"{waiting}.ready").exists())
    last = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id")
    lab.break_("postgres", "kill-postmaster")

    restored = ctx.do(restore)
    assert (Path(restored.facts["aside"]) / "PG_VERSION").exists()
    assert any(f"{waiting}-" in path.name for path in lab.postgres.repository.rglob("*"))
    assert use_of_start(ctx) == ("impossible", "it is restored, and its log is not applied")
    applied = ctx.do(apply_wal)
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {last}") == "1"
    assert lab.psql("SHOW archive_command") != "false", "the backup's own setting is back"
    assert applied.facts["timeline"] == 2
    assert ctx.do(allow_writers).ok


def test_a_server_whose_data_directory_is_gone_is_stopped_all_the_same(lab: Lab, ctx: FakeContext) -> None:
    before = {fact.name: fact for fact in identity(ctx)}
    for entry in lab.postgres.data_directory.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    assert ctx.do(is_running).ok
    assert use_of_start(ctx) == ("impossible", "it still runs, but no database in its data directory")
    with pytest.raises(ActionFailed, match="still runs"):
        ctx.do(start)
    assert ctx.do(stop).facts["was_running"]
    assert not ctx.do(is_running).ok
    after = {fact.name: fact for fact in identity(ctx)}
    assert (before["cluster"].known, after["cluster"].known) == ("reported", "last known")
    assert before["cluster"].value == after["cluster"].value
