"""Each fault of the lab, done to a real Redis: what the damage report sees, and what it settles."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime

import pytest

from actions.examination import Examination
from actions.outcome import ActionFailed, GateClosed
from actions.systems.redis.examine import examine
from actions.systems.redis.start_stop import start
from cleo_console.lab.redis import backups, keys, server
from journal.events.damage import DamageBegan
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    """One Redis for all tests of this module, each of which leaves it up."""
    with running_redis() as running:
        yield running


def _look(lab: RedisLab) -> Examination:
    return examine(lab.ctx(), "redis", lab.probe(), thorough=True)


def _use(seen: Examination) -> str:
    return next(one.use for one in seen.settles if one.action == "redis.start")


def _again(lab: RedisLab) -> None:
    """Bring the server back as new, whatever is left of it."""
    node = lab.node()
    server.stop(node)
    shutil.rmtree(node.data_directory, ignore_errors=True)
    node.data_directory.mkdir()
    os.chown(node.data_directory, node.account.uid, node.account.gid)
    server.start(node)
    keys.fill(node, 1.0)
    server.save(node)


def test_a_sound_server_needs_no_start(lab: RedisLab) -> None:
    seen = _look(lab)
    assert _use(seen) == "needless"
    assert seen.cures == []
    assert [line for line in seen.lines if line.startswith(("dump.rdb is sound: ", "the append-only files are sound"))]
    assert seen.findings == []
    assert any(line.startswith("newest backup: ") for line in seen.lines)


def test_killed(lab: RedisLab) -> None:
    lab.break_("redis", "kill")
    seen = _look(lab)
    assert (_use(seen), [cure.action for cure in seen.cures]) == ("open", ["redis.start"])
    lab.ctx().do(start)


def test_all_data_lost(lab: RedisLab) -> None:
    lab.break_("redis", "lose-data")
    seen = _look(lab)
    assert (_use(seen), [cure.action for cure in seen.cures]) == ("impossible", ["redis.restore"])
    assert seen.summary == "missing"
    with pytest.raises(ActionFailed, match="would come up empty"):
        lab.ctx().do(start)
    _again(lab)


def test_a_flipped_byte_is_found_and_a_start_does_not_need_that_file(lab: RedisLab) -> None:
    lab.break_("redis", "flip-byte")
    seen = _look(lab)
    assert "dump.rdb is damaged: " in seen.summary
    assert [finding.cure for finding in seen.findings if "dump.rdb" in finding.text] == [
        "A start loads the append-only files instead."
    ]
    assert _use(seen) == "open"
    assert lab.ctx().do(start).facts["loaded_from"] == "append-only files"
    running = _look(lab)
    assert "BGSAVE" in " ".join(finding.cure for finding in running.findings)
    server.save(lab.node())
    assert "damaged" not in _look(lab).summary


def test_append_only_files_that_are_damaged_in_the_middle(lab: RedisLab) -> None:
    lab.break_("redis", "torn-aof")
    seen = _look(lab)
    assert _use(seen) == "impossible"
    assert [(finding.severity, finding.system) for finding in seen.findings if "would throw away" in finding.text] == [
        ("wrong", "redis")
    ]
    assert [cure.action for cure in seen.cures] == ["redis.restore"]
    with pytest.raises(ActionFailed, match="went down while it started: Bad file format"):
        lab.ctx().do(start)
    _again(lab)


def test_append_only_files_whose_end_was_cut_off_are_started_from_and_that_is_said(lab: RedisLab) -> None:
    lab.kill()
    path = max(lab.node().append_only.glob("*.incr.aof"))
    with path.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$5\r\nab")
    seen = _look(lab)
    assert _use(seen) == "open"
    assert [line for line in seen.lines if "end in the middle of a command" in line]
    started = lab.ctx().do(start)
    assert ["was cut off as it was loaded" in finding.text for finding in started.findings] == [True]


def test_append_only_files_older_than_the_rdb_file(lab: RedisLab) -> None:
    lab.break_("redis", "stale-aof")
    seen = _look(lab)
    assert len([one for one in seen.findings if "min before the RDB file was written" in one.text]) == 1, seen.findings
    with pytest.raises(GateClosed, match="what was written between is lost"):
        lab.ctx().do(start)
    _again(lab)


def test_what_a_clock_a_day_ahead_removed(lab: RedisLab) -> None:
    fault = lab.break_("redis", "clock-ahead")
    assert fault.details["keys"] >= 100, "every session lives for a day"
    assert [line.partition(":")[0] for line in _look(lab).facts["lacking"]] == ["db1"]
    _again(lab)


def test_a_server_whose_clock_is_a_day_ahead(lab: RedisLab) -> None:
    """Keys that are to live for hours go as it loads; a server that is started without that has the machine's clock."""
    fault = lab.break_("redis", "clock-runs-ahead")
    assert fault.details["keys"] >= 100, "every session lives for a day"
    health = lab.probe()
    assert health.status == "degraded"
    assert re.search(r"its clock is 2[34] h \d\d min ahead: keys expire too early", health.detail)
    assert "nothing written" not in health.detail, "the writer's clock is right, and it writes"
    assert abs(health.facts["clock_ahead_s"] - fault.details["ahead_s"]) < 60
    until(lambda: "lacking" in _look(lab).facts)  # it removes what has expired little by little
    assert [line.partition(":")[0] for line in _look(lab).facts["lacking"]] == ["db1"]
    server.stop(lab.node())
    lab.ctx().do(start)
    assert abs(lab.probe().facts["clock_ahead_s"]) < 60
    _again(lab)


def test_all_keys_flushed(lab: RedisLab) -> None:
    """The append-only file tells what did it, and the heartbeat before that tells when."""
    until(lambda: lab.probe().facts.get("heartbeat_age_s", 9) < 2)
    fault = lab.break_("redis", "flush-all")
    assert sum(fault.details["keys"].values()) > 800
    until(lambda: "heartbeat_age_s" in lab.probe().facts)
    assert lab.probe().facts["keys"] < 10
    seen = _look(lab)
    lacking = seen.facts["lacking"]
    assert [line.partition(":")[0] for line in lacking[:2]] == ["db1", "db2"]
    assert "that have not expired" in lacking[2]
    (began,) = DamageBegan.all_of(seen.facts)
    assert began.text == "FLUSHALL removed all keys"
    assert began.at == datetime.fromisoformat(fault.details["last_heartbeat"])
    assert seen.facts["held_by"] == backups.list_backups(lab.node())[-1]


def test_maxmemory_too_small(lab: RedisLab) -> None:
    _again(lab)
    lab.break_("redis", "maxmemory-too-small")
    until(lambda: "it evicted " in lab.probe().detail)
    assert lab.probe().status == "degraded"
