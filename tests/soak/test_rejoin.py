"""What an old primary's way back meets beside the usual: a crash before it, and a rewinding that fails half way."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.inventory import Inventory, load_inventory
from actions.systems.postgres.failover import rewind
from actions.systems.postgres.failover.fence import fence
from actions.systems.postgres.failover.promote import promote
from actions.systems.postgres.failover.rejoin import is_rejoined, rejoin
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY, with_fields
from tests.actions.systems.postgres.test_rejoin import GRANTS, after, diverged, way_of
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("soak-rejoin")]

_FAILS = """#!/bin/sh
case "$*" in *--dry-run*) exec {real} "$@";; esac
while [ $# -gt 0 ]; do [ "$1" != -D ] || data=$2; shift; done
: >"$data/global/pg_control"
echo "pg_rewind: fatal: unexpected result while fetching remote files: SSL SYSCALL error: EOF detected" >&2
exit 1
"""
"""As patroni#2302 had it: the link broke, and the control file was gone."""


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setattr(rewind, "SHARING", ("tmpfs", *rewind.SHARING))
    monkeypatch.setattr(rewind, "CLONING", "auto")
    monkeypatch.setattr(rewind, "MOST", 1.0)
    with running_lab() as running:
        yield Lab.up(running.directory, standby=True)


def reachable(lab: Lab) -> Inventory:
    """Return the inventory once the standby took over, with how it is reached: it followed nobody at the end."""
    return with_fields(after(lab), STANDBY, replication=way_of(lab, STANDBY))


def test_a_rewinding_that_fails_half_way_costs_the_clone_alone(lab: Lab, tmp_path: Path) -> None:
    diverged(lab, "postgres", "lost")
    lab.cluster(STANDBY).psql(GRANTS)
    programs = Path(lab.postgres.programs.server("pg_rewind")).parent
    fake = lab.postgres.directory / "programs"
    fake.mkdir()
    for path in programs.iterdir():
        (fake / path.name).symlink_to(path)
    (fake / "pg_rewind").unlink()
    (fake / "pg_rewind").write_text(_FAILS.format(real=programs / "pg_rewind"))
    (fake / "pg_rewind").chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    back = FakeContext(with_fields(reachable(lab), "postgres", bin_directory=str(fake)))
    done = back.do(rejoin)
    assert any("copied instead: pg_rewind failed (pg_rewind: fatal: unexpected result" in line for line in back.lines)
    assert {"rewind", "copy", "compare"} <= set(back.programs)
    assert not any("rewound" in one.text for one in done.findings)
    assert lab.psql("SELECT pg_is_in_recovery(), to_regclass('lost') IS NULL") == "t|t"
    kept = Path(done.facts["aside"])
    assert (kept / "global" / "pg_control").stat().st_size == 8192, "the old data are as they were"


def failed_over_down(lab: Lab) -> None:
    """Have the standby take the place of a primary that is down."""
    ctx = FakeContext(load_inventory(lab.inventory_path), overrides={"behind-archive": "known"})
    assert ctx.do(fence).ok
    assert ctx.do(promote).ok


def test_what_crashed_replays_its_log_as_a_clone_before_it_is_rewound(lab: Lab) -> None:
    lab.psql(GRANTS)
    lab.cluster(STANDBY).psql("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'; SELECT pg_reload_conf()")
    until(lambda: lab.psql("SELECT count(*) FROM pg_stat_replication") == "0")
    lab.psql("CREATE TABLE lost AS SELECT 1 AS one")
    lab.break_("postgres", "kill-postmaster")
    failed_over_down(lab)
    dry = FakeContext(reachable(lab), dry_run=True)
    assert dry.do(rejoin).ok
    assert any("makes its log whole first" in line for line in dry.lines)
    back = FakeContext(reachable(lab))
    assert back.do(rejoin).ok
    assert {"recover", "rewind"} <= set(back.programs)
    assert "copy" not in back.programs
    assert back.do(is_rejoined).ok
