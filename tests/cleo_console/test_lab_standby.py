"""A standby in the lab follows its primary, says how far it is behind, and is broken by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.verify import verify
from cleo_console.lab import processes
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("lab-standby")

NAME = "postgres-standby"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield Lab.up(running.directory, standby=True)


def health(lab: Lab, name: str = NAME) -> dict[str, Any]:
    """Return what `cleo health` says of one system."""
    command = [str(Path(sys.executable).parent / "cleo"), "health", "--json"]
    env = {**os.environ, "CLEO_INVENTORY": str(lab.inventory_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)[name]
    return found


def beats(lab: Lab, name: str) -> int:
    return int(lab.cluster(name).psql("SELECT max(id) FROM heartbeat"))


def healed(lab: Lab, sql: str) -> None:
    """Cure the standby, and wait until it has what the primary has now."""
    lab.cluster(NAME).psql(sql)
    newest = beats(lab, "postgres")
    until(lambda: beats(lab, NAME) >= newest)
    assert lab.status().whole


def test_it_was_added_to_a_running_lab_and_follows(lab: Lab) -> None:
    assert lab.status().whole
    newest = beats(lab, "postgres")
    until(lambda: beats(lab, NAME) > newest)
    found = health(lab)
    assert found["status"] == "up"
    assert found["facts"]["role"] == "standby"
    assert 0 <= found["facts"]["replica_lag_s"] < 10
    assert "lag 0 s" in found["detail"] or "lag 1 s" in found["detail"]


def test_a_quiet_primary_does_not_make_it_look_late(lab: Lab) -> None:
    lab.psql(
        "ALTER ROLE cleo_app NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cleo_app'"
    )
    try:
        late = "SELECT clock_timestamp() - pg_last_xact_replay_timestamp() > interval '3 seconds'"
        until(lambda: lab.cluster(NAME).psql(late) == "t")
        assert health(lab)["facts"]["replica_lag_s"] == 0
    finally:
        lab.psql("ALTER ROLE cleo_app LOGIN")


def test_who_verifies_a_standby_is_sent_to_its_primary(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), system=NAME)
    with pytest.raises(ActionFailed, match="stands by for postgres") as failed:
        ctx.do(verify)
    assert "apply_wal" not in f"{failed.value} {failed.value.hint}"


def test_paused_replay_falls_behind_and_says_so(lab: Lab) -> None:
    lab.break_(NAME, "pause-replay")
    stopped = beats(lab, NAME)
    until(lambda: beats(lab, "postgres") > stopped + 2)
    found = health(lab)
    assert found["status"] == "degraded"
    assert "replay is paused" in found["detail"]
    assert found["facts"]["replica_lag_s"] > 2
    assert health(lab, "postgres")["status"] == "up"
    assert lab.status().services[NAME].trouble == ["replay is paused"]
    healed(lab, "SELECT pg_wal_replay_resume()")


def test_a_standby_that_is_cut_off_is_late_though_it_replayed_all_it_has(lab: Lab) -> None:
    lab.break_(NAME, "cut-replication")
    stopped = beats(lab, NAME)
    until(lambda: beats(lab, "postgres") > stopped + 2)
    found = health(lab)
    assert found["status"] == "degraded"
    assert "receives nothing from its primary" in found["detail"]
    assert found["facts"]["replica_lag_s"] > 2
    healed(lab, "ALTER SYSTEM RESET primary_conninfo; SELECT pg_reload_conf()")


def test_a_killed_standby_leaves_the_primary_alone_and_stays_down(lab: Lab) -> None:
    primary = lab.pids
    lab.break_(NAME, "kill-postmaster")
    assert health(lab)["status"] == "down"
    said: list[str] = []
    Lab.up(lab.directory, say=said.append)
    assert any("standby of postgres does not run, and is left so" in line for line in said)
    assert lab.pids == primary
    with pytest.raises(CleoError, match=f"{NAME} does not run"):
        lab.break_(NAME, "pause-replay")
    lab.services[NAME].start()
    until(lambda: lab.status().whole)


def test_it_is_stopped_and_started_with_the_lab(lab: Lab) -> None:
    lab.stop()
    assert processes.lab_processes(lab.directory) == []
    Lab.up(lab.directory)
    until(lambda: lab.status().whole)


def test_what_a_standby_has_not_is_refused(lab: Lab) -> None:
    with pytest.raises(CleoError, match="no fault `drop-table` for `postgres-standby`"):
        lab.break_(NAME, "drop-table")


def test_a_promoted_standby_is_none_any_more(lab: Lab) -> None:
    """Stands last: there is no way back."""
    lab.cluster(NAME).psql("SELECT pg_promote()")
    until(lambda: lab.status().services[NAME].trouble == ["it is a standby no longer: it was promoted"])
    assert health(lab)["facts"]["role"] == "primary"
