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
BEHIND_A_HEADER = 40
"""Bytes from a segment's begin to its first record (SizeOfXLogLongPHD)."""


@pytest.fixture(params=[pytest.param(1, marks=pytest.mark.soak), 64], ids="{}MB".format)
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
    """Switch the log, wait until the segment that was left is archived, and return where the next one goes on."""
    lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES")
    size = int(lab.psql("SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'"))
    left = int(lab.psql("SELECT pg_switch_wal() - '0/0'")) // size
    name = lab.psql(f"SELECT pg_walfile_name('0/0'::pg_lsn + {left * size + 1})")
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= name)
    goes_on = (left + 1) * size + BEHIND_A_HEADER
    return f"{goes_on >> 32:X}/{goes_on & 0xFFFFFFFF:X}"


def test_the_log_that_survived_is_replayed(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"


def test_a_lost_data_directory_hides_no_size(lab: Lab) -> None:
    at = archived(lab)
    lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": f"lsn:{at}"})
    looked = ctx.do(verify_backups)
    assert looked.facts["missing_segments"] == []
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok, "the log ends with a switch: the position after that asks for nothing more"
