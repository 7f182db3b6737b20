"""A recovery whose runner, program or archive fails in the middle: it goes on, and nothing is lost or repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Cancelled, GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.is_restored import is_restored
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers
from journal.errors import CleoError
from tests.actions.contexts import FakeContext, RunnerDied
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-interrupted")

BEAT = "INSERT INTO heartbeat DEFAULT VALUES RETURNING id"


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


def asides(lab: Lab) -> set[Path]:
    return set(lab.postgres.data_directory.parent.glob("*.aside-*"))


def test_a_new_runner_goes_on_wherever_the_old_one_died(lab: Lab, ctx: FakeContext) -> None:
    last = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id")
    lab.break_("postgres", "kill-postmaster")
    for key in ("verify", "keep", "restore"):
        ctx.dies_after = key
        with pytest.raises(RunnerDied):
            ctx.reenter(restore)
    assert ctx.do(is_restored).facts["restore"] == "restoring"
    assert ctx.do(restore).ok
    (aside,) = asides(lab)
    assert (aside / "base").is_dir()

    ctx.dies_after = "start"
    with pytest.raises(RunnerDied):
        ctx.do(apply_wal)
    assert ctx.reenter(apply_wal).ok
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {last}") == "1"
    assert ctx.do(allow_writers).ok


def test_a_cancelled_restore_cannot_be_started_and_can_be_repeated(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(stop).ok
    before = asides(lab)
    real = ctx.progress
    ctx.progress = lambda progress: setattr(ctx, "cancelled", True)  # type: ignore[method-assign]
    with pytest.raises(Cancelled, match="incomplete"):
        ctx.do(restore)
    ctx.cancelled, ctx.progress = False, real  # type: ignore[method-assign]
    with pytest.raises(ActionFailed, match="cannot be started"):
        ctx.do(start)
    assert ctx.do(restore).ok
    assert len(asides(lab) - before) == 1


def test_a_restored_server_that_somebody_starts_by_hand_promotes_nothing(lab: Lab, ctx: FakeContext) -> None:
    with pytest.raises(ActionFailed, match="its log is not applied"):
        ctx.do(start)
    pg_ctl = [lab.postgres.programs.server("pg_ctl"), "-D", str(lab.postgres.data_directory), "-s", "-w"]
    lab.postgres.run([*pg_ctl, "-l", str(lab.postgres.log("postgres")), "start"])
    assert lab.psql("SELECT pg_is_in_recovery()") == "t"
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    with pytest.raises(GateClosed, match="Somebody started"):
        ctx.do(apply_wal)
    lab.postgres.run([*pg_ctl, "-m", "fast", "stop"])
    with pytest.raises(ActionFailed, match="without a replay target"):
        ctx.do(apply_wal)
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert lab.psql("SELECT pg_is_in_recovery()") == "f"
    assert ctx.do(allow_writers).ok


def test_a_segment_that_vanishes_after_the_check_stops_replay_before_anything_is_promoted(
    lab: Lab, ctx: FakeContext
) -> None:
    label = lab.backup("full")
    names = [lab.psql("SELECT pg_walfile_name(pg_switch_wal())") for _ in range(3) if lab.postgres.app_psql(BEAT)]
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= names[-1])
    lab.break_("postgres", "lose-data-directory")
    assert ctx.do(restore, backup=label).ok
    (stored,) = list(lab.postgres.repository.rglob(f"{names[1]}-*"))
    moved = lab.directory / stored.name
    real = ctx.run

    def run(key: str, *args: object, **rest: object) -> object:
        stored.rename(moved)
        return real(key, *args, **rest)  # type: ignore[arg-type]

    ctx.run = run  # type: ignore[assignment,method-assign]
    with pytest.raises(ActionFailed, match="recovery ended before configured recovery target") as failed:
        ctx.do(apply_wal)
    assert "not promoted" in failed.value.left_behind
    ctx.run = real  # type: ignore[method-assign]

    with pytest.raises(GateClosed, match=names[1]):
        ctx.do(apply_wal)
    moved.rename(stored)
    assert ctx.do(apply_wal).ok
    assert ctx.do(allow_writers).ok


def test_a_damaged_segment_is_named(lab: Lab, ctx: FakeContext) -> None:
    label = lab.backup("full")
    names = [lab.psql("SELECT pg_walfile_name(pg_switch_wal())") for _ in range(2) if lab.postgres.app_psql(BEAT)]
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= names[-1])
    lab.break_("postgres", "lose-data-directory")
    (stored,) = list(lab.postgres.repository.rglob(f"{names[0]}-*"))
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 0xFF
    stored.write_bytes(content)
    assert ctx.do(restore, backup=label).ok
    with pytest.raises(GateClosed, match=f"{names[0]} is damaged"):
        ctx.do(apply_wal)
