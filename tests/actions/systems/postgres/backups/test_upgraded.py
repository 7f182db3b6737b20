"""A stanza that had another cluster before: its sets are there, and lead to no point of this one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.verify import verify
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("backups-upgraded")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab in which a new cluster took the place of the first, as an upgrade makes one."""
    with running_lab() as running:
        cluster, account = running.postgres, running.postgres.account
        pg_ctl(running, cluster.data_directory, "-m", "fast", "stop")
        before = cluster.data_directory.with_name("before")
        cluster.data_directory.rename(before)
        initdb = [cluster.programs.server("initdb"), "--pgdata", str(cluster.data_directory), "--username=postgres"]
        cluster.run([*initdb, "--auth=trust", "--no-sync", "--data-checksums"])
        shutil.copy2(before / "postgresql.conf", cluster.data_directory)
        os.chown(cluster.data_directory / "postgresql.conf", account.uid, account.gid)
        (cluster.data_directory / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
        pg_ctl(running, cluster.data_directory, "start")
        cluster.pgbackrest("stanza-upgrade")
        cluster.psql("CREATE ROLE cleo LOGIN SUPERUSER; CREATE ROLE cleo_app LOGIN;", database="postgres")
        cluster.psql("CREATE DATABASE cleoai", database="postgres")
        cluster.psql("CREATE TABLE things AS SELECT generate_series(1, 9) AS number", database="cleoai")
        yield running


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


@pytest.mark.soak
def test_the_first_clusters_sets_are_not_taken_for_this_ones(lab: Lab, ctx: FakeContext) -> None:
    (earlier,) = read_repository(find_server(ctx)).earlier
    dry = FakeContext(ctx.inventory, decisions={"recovery_point": "latest"}, dry_run=True)
    for named in ("", earlier):
        with pytest.raises(ActionFailed, match=f"{earlier} is of a cluster before this one"):
            dry.do(restore, backup=named)
    assert "no usable backup" in ctx.do(verify_backups).summary

    label = ctx.do(take).facts["backup"]
    seen = ctx.do(verify_backups, full=True)
    assert seen.ok, seen.summary
    assert seen.facts["newest"] == label
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    for path in lab.postgres.data_directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    restored = ctx.do(restore)
    assert restored.facts["backup"] == label
    assert earlier not in restored.summary
    assert ctx.do(apply_wal).ok
    verified = ctx.do(verify)
    assert verified.ok, verified.summary
