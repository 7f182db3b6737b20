"""Clusters whose log segments are not of 16 MB: recovered all the same, and no gap is seen where none is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("postgres-segment-sizes")

NEXT_TO_A_CARRY = {1: "0000000100000000000000FE", 64: "00000001000000000000003E"}
"""A segment soon after which names go on otherwise than with 16 MB."""
FIRST_IN_A_SEGMENT = "00028"
"""How the position behind a segment's header ends: nothing was written there yet, by a checkpoint for one."""


@pytest.fixture(params=NEXT_TO_A_CARRY, ids="{}MB".format)
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with running_lab() as running:
        resize(running, request.param)
        yield running


def resize(lab: Lab, megabytes: int) -> None:
    """Give the cluster another segment size, and a stanza and a backup of its own."""
    cluster, data = lab.postgres, lab.postgres.data_directory
    cluster.psql("ALTER SYSTEM SET min_wal_size = '256MB'")
    pg_ctl(lab, data, "-m", "fast", "stop")
    reset = [cluster.programs.server("pg_resetwal"), f"--wal-segsize={megabytes}", "-l", NEXT_TO_A_CARRY[megabytes]]
    cluster.run([*reset, "-D", str(data)])
    cluster.pgbackrest("stop")
    cluster.pgbackrest("stanza-delete", "--force")
    cluster.pgbackrest("start")
    pg_ctl(lab, data, "start")
    cluster.pgbackrest("stanza-create")
    cluster.pgbackrest("--type=full", "backup")
    for _ in range(4):
        archived(lab)


def archived(lab: Lab) -> str:
    """Switch the log, wait until the segment that was left is archived, and return where the log goes on."""
    cluster = lab.postgres
    cluster.app_psql("INSERT INTO heartbeat DEFAULT VALUES")
    left, at = lab.psql("SELECT pg_walfile_name(pg_switch_wal()); SELECT pg_current_wal_lsn()").split()
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= left)
    return at


def test_the_log_that_survived_is_replayed(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"


def test_a_lost_data_directory_hides_no_size(lab: Lab) -> None:
    at = next(at for at in iter(lambda: archived(lab), "") if at.endswith(FIRST_IN_A_SEGMENT))
    lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": f"lsn:{at}"})
    looked = ctx.do(verify_backups)
    assert looked.facts["missing_segments"] == []
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok, "the log ends with a switch: the position after that asks for nothing more"
