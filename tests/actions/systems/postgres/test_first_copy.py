"""The first copy is never forgotten: what survived the disaster counts for every restore of the incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.restore_record import PreservedCopy, load_record
from actions.systems.postgres.server import find_server
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-first-copy")

NEXT = iter(range(1, 100))


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(
        load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, id=f"INC-{next(NEXT)}"
    )


def survived(lab: Lab) -> str:
    """Commit a row that no archive has, and kill the server; return the row's id."""
    lab.psql("ALTER SYSTEM SET archive_command = 'false'")
    lab.psql("SELECT pg_reload_conf()")
    lab.psql("SELECT pg_switch_wal()")
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    return row


def is_there(lab: Lab, row: str) -> bool:
    return lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"


def kept(ctx: FakeContext) -> list[PreservedCopy]:
    record = load_record(find_server(ctx))
    assert record
    return record.kept


def recovered(lab: Lab, ctx: FakeContext, row: str) -> None:
    assert ctx.do(apply_wal).ok
    assert is_there(lab, row)
    assert ctx.do(allow_writers).ok


@pytest.mark.soak  # the contract (`test_contract.py`) restores twice, with runners killed at every point
def test_a_restore_that_is_repeated_before_the_log_is_applied(lab: Lab, ctx: FakeContext) -> None:
    """Its own work is no second copy: nothing is moved aside, and the log of the first copy is still replayed."""
    row = survived(lab)
    first = ctx.do(restore).facts["aside"]
    assert ctx.do(restore).facts["aside"] == first
    assert [copy.what for copy in kept(ctx) if copy.incident == ctx.incident.id] == ["original"]
    recovered(lab, ctx, row)


def test_a_restore_again_after_a_recovery_that_was_not_good_enough(lab: Lab, ctx: FakeContext) -> None:
    row = survived(lab)
    first = ctx.do(restore).facts["aside"]
    assert ctx.do(apply_wal).ok
    assert ctx.do(stop).ok
    second = ctx.do(restore).facts["aside"]
    assert second not in ("", first)
    mine = [copy for copy in kept(ctx) if copy.incident == ctx.incident.id]
    assert [(copy.what, copy.path) for copy in mine] == [("original", first), ("restored", second)]
    recovered(lab, ctx, row)


@pytest.mark.soak  # the contract (`test_contract.py`) restores twice, with runners killed at every point
def test_a_runner_that_dies_once_it_has_restored(lab: Lab, ctx: FakeContext) -> None:
    """It wrote down that it restored, and nobody its end: the next one does not move the fresh restore aside."""
    row = survived(lab)
    ctx.dies_after = "restore"
    with pytest.raises(RunnerDied):
        ctx.do(restore)
    done = ctx.reenter(restore)
    again = ctx.reenter(restore)
    assert again.facts["aside"] == done.facts["aside"]
    assert len([copy for copy in kept(ctx) if copy.incident == ctx.incident.id]) == 1
    recovered(lab, ctx, row)


def test_the_next_incident_knows_what_the_one_before_kept(lab: Lab, ctx: FakeContext) -> None:
    before = [copy.path for copy in kept(ctx)]
    row = survived(lab)
    assert ctx.do(restore).ok
    assert [copy.path for copy in kept(ctx)][: len(before)] == before
    recovered(lab, ctx, row)


@pytest.mark.parametrize("part", [pytest.param("", marks=pytest.mark.soak), "pg_wal"])
def test_what_is_only_a_link_is_kept_as_what_it_leads_to(lab: Lab, ctx: FakeContext, part: str) -> None:
    """A link that is moved aside leads to what the restore empties next: it keeps nothing."""
    data = lab.postgres.data_directory
    assert ctx.do(stop).ok
    place = data / part if part else data
    real = data.with_name(f"real-{part or 'data'}")
    lab.postgres.run(["mv", str(place), str(real)])
    lab.postgres.run(["ln", "-s", str(real), str(place)])
    pg_ctl(lab, data, "start")
    row = survived(lab)
    assert ctx.do(restore).ok
    copy = kept(ctx)[-1]
    for path in [copy.wal, *([copy.path] if copy.path else [])]:
        assert Path(path).is_dir() and not Path(path).is_symlink()
        assert Path(path).resolve() != real.resolve()
    assert any(Path(copy.wal).glob("0000*")), "the log that survived"
    recovered(lab, ctx, row)
