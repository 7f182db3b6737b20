"""Append-only files that survived: what a repair would cut off is said before, and nothing is cut but a copy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.machine.aside import kept_copies
from actions.outcome import GateClosed
from actions.systems.redis import takeover
from actions.systems.redis.reload_aof import reload_aof
from actions.systems.redis.restore import restore
from actions.systems.redis.restore_record import keeper, place_of
from actions.systems.redis.server import find_server
from cleo_console.lab.redis import server
from tests.actions.contexts import RunnerDied
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import LATEST, backup, ctx, keys, kill, put, restarted
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-aof")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        with running.node().client() as client:
            client.config_set("aof-timestamp-enabled", "yes")
            client.config_rewrite()
            client.bgrewriteaof()
        yield running


@pytest.fixture(autouse=True)
def counted_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)


@pytest.fixture(autouse=True)
def up_again(lab: RedisLab) -> None:
    if server.server_pid(lab.node()) is None:
        lab.ctx(id="INC-AGAIN", decisions=LATEST).do(restore)


def last_part(lab: RedisLab) -> Path:
    return max(lab.node().append_only.glob("*.incr.aof"))


def damage(path: Path, marker: bytes) -> None:
    """Break the command that holds ``marker``, with whole ones behind it."""
    data = path.read_bytes()
    at = data.index(marker)
    path.write_bytes(data[: at - 6] + b"XXXX" + data[at - 2 :])


def test_a_restore_that_took_the_surviving_files_leaves_nothing_to_reload(lab: RedisLab) -> None:
    put(lab, "survives")
    before = keys(lab)
    kill(lab)
    with last_part(lab).open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$100\r\nhalf")
    here = ctx(lab)
    restored = here.do(restore)
    assert any("33 bytes of a last, unfinished command" in line for line in here.lines), here.lines
    assert "append-only file that the disaster left" in restored.summary
    assert keys(lab) == before
    assert [one.words for one in restored.settles] == ["the append-only files that survived are what was restored"]
    assert restored.settles[0].words in here.do(reload_aof).summary


def test_damage_in_the_middle_is_told_before_it_is_cut_and_wants_a_decision(lab: RedisLab) -> None:
    backup(lab)
    for key in ("good-one", "broken-one", "lost-one", "lost-two"):
        put(lab, key)
    kill(lab)
    damage(last_part(lab), b"broken-one")
    before = last_part(lab).read_bytes()
    here = ctx(lab)
    restored = here.do(restore)
    assert restored.facts["backup"], "a damaged append-only file was restored"
    pid = lab.pid()
    with pytest.raises(GateClosed, match=r"cuts off all that follows: \d+ bytes with .* SET lost-one") as error:
        here.do(reload_aof)
    assert error.value.gate == "aof-damage"
    assert lab.pid() == pid
    here.overrides["aof-damage"] = "the lost ones are known"
    here.dies_after = "place"
    with pytest.raises(RunnerDied):
        here.do(reload_aof)
    outcome = here.reenter(reload_aof)
    assert outcome.facts["cut_bytes"] > 0
    with lab.node().client(database=2) as client:
        assert client.exists("good-one") == 1
        assert client.exists("lost-one") == 0
    found = find_server(here)
    copies = [one for one in kept_copies(keeper(found), place_of(found)) if one.incident == here.incident.id]
    assert [one.what for one in copies] == ["original", "restored"]
    assert (Path(copies[0].path) / "appendonlydir" / last_part_name(copies[0].path)).read_bytes() == before
    assert restarted(lab)["db2"] > 500


def next_second() -> None:
    begun = int(time.time())
    until(lambda: time.time() >= begun + 1)


def last_part_name(kept: str) -> str:
    return max(path.name for path in (Path(kept) / "appendonlydir").glob("*.incr.aof"))


def test_the_files_are_cut_at_the_recovery_point_by_their_time_stamps(lab: RedisLab) -> None:
    backup(lab)
    put(lab, "after-the-backup")
    next_second()  # time stamps are of whole seconds: the point lies in one of its own
    moment = datetime.now(UTC)
    next_second()
    with lab.node().client(database=2) as client:
        client.flushdb()
    kill(lab)
    here = ctx(lab, f"time:{moment.isoformat()}", scenario="data-corruption")
    here.do(restore)
    with lab.node().client(database=2) as client:
        assert client.exists("after-the-backup") == 0
    outcome = here.do(reload_aof)
    assert outcome.facts["reloaded"], outcome
    assert any("Left out, after" in line for line in here.lines)
    with lab.node().client(database=2) as client:
        assert client.exists("after-the-backup") == 1
        assert client.dbsize() > 500


def test_what_was_written_behind_the_backup_that_was_decided_is_not_loaded(lab: RedisLab) -> None:
    good, before = backup(lab), keys(lab)
    with lab.node().client(database=2) as client:
        client.flushdb()
    kill(lab)
    there = ctx(lab, f"backup:{good}")
    assert there.do(restore).facts["backup"] == good
    again = there.do(reload_aof)
    assert (again.facts["reloaded"], keys(lab)) == (False, before), again.summary


def test_without_surviving_files_there_is_nothing_to_do(lab: RedisLab) -> None:
    backup(lab)
    kill(lab)
    for path in lab.node().data_directory.rglob("*"):
        if path.is_file():
            path.unlink()
    lab.node().append_only.rmdir()
    here = ctx(lab)
    (settled,) = here.do(restore).settles
    assert (settled.action, settled.use, settled.words) == (
        "redis.reload_aof",
        "needless",
        "no append-only files survived",
    )
    assert here.do(reload_aof).summary == "Nothing is reloaded: no append-only files survived."
