"""Redis restored for real: never empty, from the newest sound state, and a restart keeps it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.machine.aside import kept_copies
from actions.outcome import ActionFailed, GateClosed
from actions.systems.redis import takeover, verify
from actions.systems.redis.counts import Counted
from actions.systems.redis.is_restored import is_restored
from actions.systems.redis.restore import restore
from actions.systems.redis.restore_record import keeper, load_record, place_of
from actions.systems.redis.server import find_server
from cleo_console.lab.redis import server
from tests.actions.contexts import RunnerDied
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import LATEST, backup, ctx, keys, kill, lose, put, restarted
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-restore")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        yield running


@pytest.fixture(autouse=True)
def counted_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    monkeypatch.setattr(verify, "AGAIN_S", 0.2)


@pytest.fixture(autouse=True)
def up_again(lab: RedisLab) -> Iterator[None]:
    """Each test begins with a server that is up, and has its keys."""
    if server.server_pid(lab.node()) is None:
        lab.ctx(id="INC-AGAIN", decisions=LATEST).do(restore)
    yield


def folder(lab: RedisLab, label: str) -> Path:
    return lab.node().repository / "redis" / label


def test_a_lost_server_comes_back_from_its_backup_and_a_restart_keeps_it(lab: RedisLab) -> None:
    label, before = backup(lab), keys(lab)
    assert before["db2"] >= 500
    lose(lab)
    here = ctx(lab)
    outcome = here.do(restore, latest=True)
    assert outcome.facts["backup"] == label
    assert keys(lab) == before
    assert "# cleo" not in lab.node().config_file.read_text()
    assert restarted(lab) == before
    assert here.do(is_restored).ok
    assert "already" in here.do(restore).summary
    lab.kill()
    again = ctx(lab)
    again.do(restore)
    assert any(line.startswith("How long a restore takes") and label in line for line in again.lines)


def test_what_survived_is_newer_than_the_backup_and_is_kept_as_it_was(lab: RedisLab) -> None:
    backup(lab)
    put(lab, "after-the-backup")
    before = keys(lab)
    kill(lab)
    here = ctx(lab)
    outcome = here.do(restore)
    assert outcome.facts["backup"] == ""
    assert keys(lab) == before
    assert (Path(outcome.facts["aside"]) / "appendonlydir").is_dir()
    assert restarted(lab) == before


def test_an_append_only_file_from_long_ago_does_not_win_over_the_rdb_file(lab: RedisLab, tmp_path: Path) -> None:
    node = lab.node()
    old = tmp_path / "old"
    shutil.copytree(node.append_only, old)
    written = max(path.stat().st_mtime for path in old.iterdir())
    until(lambda: int(time.time()) > written)  # an RDB file tells its whole second; of one second the other is newer
    put(lab, "newer-than-the-old-files")
    server.save(node)
    before = keys(lab)
    lab.kill()
    shutil.rmtree(node.append_only)
    shutil.copytree(old, node.append_only)
    for path in (node.append_only, *node.append_only.iterdir()):
        shutil.chown(path, node.account.uid or None, node.account.gid or None)
    outcome = ctx(lab).do(restore)
    assert "RDB file that the disaster left" in outcome.summary
    assert keys(lab) == before
    assert restarted(lab) == before


def test_a_damaged_backup_is_passed_over_and_named(lab: RedisLab) -> None:
    good = backup(lab)
    bad = backup(lab)
    with (folder(lab, bad) / "dump.rdb").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\0\0\0")
    lose(lab)
    outcome = ctx(lab).do(restore)
    assert outcome.facts["backup"] == good
    assert any(bad in line and "content was changed" in line for line in outcome.facts["passed_over"])


def test_what_holds_the_damage_is_never_taken(lab: RedisLab) -> None:
    good, before = backup(lab), keys(lab)
    moment = datetime.now(UTC)
    with lab.node().client(database=2) as client:
        client.flushdb()
    server.save(lab.node())
    lab.kill()
    with pytest.raises(GateClosed, match="holds the damage"):
        ctx(lab, scenario="data-corruption").do(restore)
    outcome = ctx(lab, f"time:{moment.isoformat()}", scenario="data-corruption").do(restore)
    assert outcome.facts["backup"] == good
    assert keys(lab) == before


def test_users_and_configuration_come_back_where_they_are_gone(lab: RedisLab) -> None:
    node, label = lab.node(), backup(lab)
    lose(lab)
    users, conf = node.acl_file.read_text(), node.config_file.read_text()
    node.acl_file.unlink()
    node.config_file.unlink()
    outcome = ctx(lab).do(restore)
    assert outcome.facts["backup"] == label
    assert outcome.findings == []
    assert conf == node.config_file.read_text()
    assert {line.split()[1] for line in users.splitlines()} == {
        line.split()[1] for line in node.acl_file.read_text().splitlines()
    }


def test_too_little_memory_is_said_before_anything_is_loaded(lab: RedisLab) -> None:
    node = lab.node()
    backup(lab)
    lose(lab)
    text = node.config_file.read_text()
    node.config_file.write_text(text.replace("maxmemory 134217728", "maxmemory 1mb"))
    try:
        with pytest.raises(GateClosed, match=r"maxmemory is 1\.0 MB") as error:
            ctx(lab).do(restore)
        assert error.value.gate == "maxmemory"
        assert not node.data_directory.exists()
    finally:
        node.config_file.write_text(text)


def test_keys_that_expired_since_are_no_loss(lab: RedisLab) -> None:
    with lab.node().client() as client:
        for number in range(50):
            client.set(f"short:{number}", "x", px=300)
    backup(lab)
    before = keys(lab)
    lose(lab)
    outcome = ctx(lab).do(restore)
    assert outcome.facts["expired_on_load"] >= 50 or outcome.facts["keys"] < 5000
    assert keys(lab) == before


def test_killed_between_any_two_programs_it_goes_on_and_the_first_copy_stays(lab: RedisLab) -> None:
    backup(lab)
    put(lab, "the-last-one")
    before = keys(lab)
    kill(lab)
    here = ctx(lab)
    seen = set[str]()
    while True:
        here.dies_after = ""
        here.dies_after = next(
            (key for key in ("move-aside", "directory", "place", "start-restored") if key not in seen), ""
        )
        seen.add(here.dies_after)
        try:
            outcome = here.reenter(restore) if len(seen) > 1 else here.do(restore)
            break
        except RunnerDied:
            continue
    assert outcome.ok
    assert keys(lab) == before
    found = find_server(here)
    mine = [copy for copy in kept_copies(keeper(found), place_of(found)) if copy.incident == here.incident.id]
    assert [copy.what for copy in mine] == ["original"]
    record = load_record(found)
    assert record
    assert record.state == "recovered"


def test_killed_while_the_keys_are_counted_it_goes_on_under_the_server_that_it_started(
    lab: RedisLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> Counted:
        raise RunnerDied

    backup(lab)
    before = keys(lab)
    lose(lab)
    here = ctx(lab)
    with monkeypatch.context() as patch:
        patch.setattr(takeover, "_again", dies)
        with pytest.raises(RunnerDied):
            here.do(restore)
    pid = lab.pid()
    assert here.reenter(restore).ok
    assert (keys(lab), lab.pid()) == (before, pid)


def test_nothing_is_restored_under_a_running_server(lab: RedisLab) -> None:
    pid = lab.pid()
    with pytest.raises(GateClosed, match="runs"):
        ctx(lab).do(restore)
    assert lab.pid() == pid


def test_a_point_that_nothing_leads_to_is_refused_with_what_there_is(lab: RedisLab) -> None:
    backup(lab)
    lab.kill()
    with pytest.raises(ActionFailed, match="after the recovery point"):
        ctx(lab, "time:2001-01-01T00:00:00Z").do(restore)


def test_a_member_of_a_cluster_is_a_part_only_and_is_refused(lab: RedisLab) -> None:
    node = lab.node()
    backup(lab)
    lab.kill()
    text = node.config_file.read_text()
    node.config_file.write_text(f"{text}\ncluster-enabled yes\n")
    try:
        with pytest.raises(ActionFailed, match="member of a Redis Cluster"):
            ctx(lab).do(restore)
    finally:
        node.config_file.write_text(text)


def test_that_hardly_anything_came_back_is_told(lab: RedisLab) -> None:
    backup(lab)
    with lab.node().client() as client:
        client.flushall()
    kill(lab)
    outcome = ctx(lab).do(restore)
    assert outcome.facts["backup"] == ""
    assert [one.about for one in outcome.findings] == ["keys"]
    lab.kill()
    assert ctx(lab, f"backup:{backups(lab)[-1]}").do(restore).findings == []
    assert keys(lab)["db2"] >= 500


def backups(lab: RedisLab) -> list[str]:
    return sorted(path.name for path in (lab.node().repository / "redis").iterdir() if path.name.endswith("F"))
