"""What would be lost if the server died now, measured live; what tells of the newest commit where little does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actions.inventory import load_inventory
from actions.secrets import Secret
from actions.systems.postgres.probe import probe
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers, stop_writers
from journal.events.measured import Measured
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
BEFORE_START = "at < pg_postmaster_start_time()"
pytestmark = pytest.mark.xdist_group("postgres-exposure")


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path))


def facts(ctx: FakeContext, **changed: Any) -> dict[str, Any]:
    settings = msgspec.structs.replace(ctx.inventory.systems["postgres"], **changed)
    assert isinstance(settings, PostgresSettings)
    return probe("postgres", settings, ctx.transport(settings.host), deadline_s=10).facts


def measured(ctx: FakeContext, **changed: Any) -> Measured:
    return Measured.of(facts(ctx, **changed))


def exposure_s(ctx: FakeContext) -> float:
    found = measured(ctx).exposure_s
    assert found is not None
    return found


def exposed_for_less_than(ctx: FakeContext, limit_s: float) -> bool:
    """Whether it is measured and less: after a checkpoint no archived segment may be left to measure by."""
    found = measured(ctx).exposure_s
    return found is not None and found < limit_s


def archive(lab: Lab, command: str) -> None:
    lab.psql(f"ALTER SYSTEM SET archive_command = {command}" if command else "ALTER SYSTEM RESET archive_command")
    lab.psql("SELECT pg_reload_conf()")


def test_it_grows_while_the_archive_fails_and_falls_once_it_has_caught_up(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("SELECT pg_switch_wal()")
    until(lambda: exposed_for_less_than(ctx, 3))
    assert measured(ctx).exposure_by.startswith("WAL archived until ")
    archive(lab, "'false'")
    begun = exposure_s(ctx)
    lab.psql("SELECT pg_switch_wal()")
    until(lambda: exposure_s(ctx) > begun + 3)
    archive(lab, "")
    lab.psql("SELECT pg_switch_wal()")  # wakes the archiver, which waits a minute after three failures
    until(lambda: exposed_for_less_than(ctx, begun + 3))


def test_where_nothing_is_committed_any_more_nothing_more_is_exposed(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(stop_writers).ok
    try:
        lab.psql("SELECT pg_switch_wal()")
        until(lambda: exposed_for_less_than(ctx, 1))  # files tell whole seconds
        last = measured(ctx).newest_commit_at
        until(lambda: float(facts(ctx)["heartbeat_age_s"]) > 2)
        assert exposure_s(ctx) < 1
        assert measured(ctx).newest_commit_at == last
    finally:
        assert ctx.do(allow_writers).ok


@pytest.mark.parametrize("heartbeat", ["", "public.nothing_here", "messages", "a..b", "x.public.heartbeat"])
def test_without_a_heartbeat_the_servers_own_record_of_commits_tells(
    lab: Lab, ctx: FakeContext, heartbeat: str
) -> None:
    xid = lab.postgres.app_psql("BEGIN; SELECT pg_current_xact_id(); INSERT INTO heartbeat DEFAULT VALUES; COMMIT;")
    found = measured(ctx, heartbeat=heartbeat)
    assert found.heartbeats is None
    assert found.newest_commit_at
    at = lab.psql(f"SELECT '{found.newest_commit_at.isoformat()}' >= pg_xact_commit_timestamp('{int(xid)}'::xid)")
    assert at == "t"


def test_a_heartbeat_of_the_future_is_no_commit(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("INSERT INTO heartbeat (at) VALUES (now() + interval '1 year')")
    newest = measured(ctx).newest_commit_at
    assert newest
    assert lab.psql(f"SELECT '{newest.isoformat()}' <= clock_timestamp()") == "t"
    lab.psql("DELETE FROM heartbeat WHERE at > now()")


def test_a_heartbeat_table_that_is_locked_holds_up_nothing_else(lab: Lab, ctx: FakeContext) -> None:
    with lab_locks(lab):
        found = facts(ctx)
    assert "locked" in found["heartbeat_trouble"]
    assert "newest_commit_at" in found


def test_what_the_user_may_not_ask_is_not_measured(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("ALTER ROLE cleo NOSUPERUSER")
    try:
        found = facts(ctx)
    finally:
        lab.psql("ALTER ROLE cleo SUPERUSER")
    assert "exposure_s" not in found
    assert "pg_monitor" in found["exposure_by"]
    assert found["role"] == "primary"


class lab_locks:
    """Holds the heartbeat table for itself, as a long migration does."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def __enter__(self) -> None:
        import psycopg

        cluster = self.lab.postgres
        self.session = psycopg.connect(
            host=str(cluster.run_directory), port=cluster.port, user="postgres", dbname="cleoai"
        )
        self.session.execute("LOCK TABLE heartbeat IN ACCESS EXCLUSIVE MODE")

    def __exit__(self, *_: object) -> None:
        self.session.close()


def test_a_stop_needs_no_password_to_tell_the_last_commit(lab: Lab, ctx: FakeContext) -> None:
    settings = msgspec.structs.replace(ctx.inventory.systems["postgres"], password=Secret(file="/nowhere/at/all"))
    stopped = FakeContext(msgspec.structs.replace(ctx.inventory, systems={"postgres": settings})).do(stop)
    found = Measured.of(stopped.facts)
    assert found.newest_commit_at == found.no_commit_after
    started = ctx.do(start)
    assert started.ok
    assert Measured.of(started.facts).recovered_to == found.newest_commit_at
    assert found.newest_commit_at
    kept = lab.psql(f"SELECT max(at) <= '{found.newest_commit_at.isoformat()}' FROM heartbeat WHERE {BEFORE_START}")
    assert kept == "t"


def test_without_a_record_of_commits_the_heartbeat_is_a_bound(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("ALTER SYSTEM SET track_commit_timestamp = off")
    assert ctx.do(stop).ok
    assert ctx.do(start).ok
    until(lambda: lab.psql(f"SELECT count(*) FROM heartbeat WHERE NOT {BEFORE_START}") != "0")
    stopped = Measured.of(ctx.do(stop_writers).facts)
    assert ctx.do(allow_writers).ok
    assert stopped.newest_commit_at
    assert stopped.no_commit_after
    assert stopped.no_commit_after > stopped.newest_commit_at
    same = lab.psql(f"SELECT count(*) FROM heartbeat WHERE at = '{stopped.newest_commit_at.isoformat()}'")
    assert same == "1"
