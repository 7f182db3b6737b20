"""Starting and stopping a real Redis: never into an empty server, never over a dump that somebody wants."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.by_hand import CommandLine
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.systems.redis import shutdown
from actions.systems.redis.connection import CannotConnect, connect
from actions.systems.redis.managers import unmanaged
from actions.systems.redis.restore import restore
from actions.systems.redis.restore_record import RestoreRecord, Source, record_path, save_record
from actions.systems.redis.server import find_server
from actions.systems.redis.show_log import show_log
from actions.systems.redis.start_stop import is_running, start, stop
from actions.systems.redis.verified_connection import require_ours
from cleo_console.lab.ports import free_port
from cleo_console.lab.redis import server
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    """One Redis for all tests of this module, each of which leaves it up."""
    with running_redis() as running:
        yield running


def _start(lab: RedisLab, **overrides: str) -> Outcome:
    return lab.ctx(overrides=overrides).do(start)


def _keys(lab: RedisLab) -> int:
    return sum(lab.status().services["redis"].facts["keys"].values())


def test_a_killed_server_starts_with_all_its_keys_and_tells_what_came_back(lab: RedisLab) -> None:
    keys = _keys(lab)
    until(lambda: lab.probe().facts["heartbeat_age_s"] < 2)
    lab.kill()
    down = lab.ctx().do(is_running)
    assert not down.ok
    assert "append-only files (" in down.summary
    assert "would start" in lab.ctx(dry_run=True).do(start).summary
    up = _start(lab)
    assert (up.facts["loaded_from"], up.facts["keys"]) == ("append-only files", keys)
    assert up.facts["recovered_to"]
    assert up.facts["seconds"] < 20
    assert "already up" in _start(lab).summary


def test_a_stop_leaves_the_rdb_file_as_it_is_where_append_only_files_are_whole(lab: RedisLab) -> None:
    before = lab.node().dump.stat().st_mtime_ns
    stopped = lab.ctx().do(stop)
    assert "its RDB file stays as it is" in stopped.summary
    assert lab.node().dump.stat().st_mtime_ns == before
    assert stopped.facts["newest_commit_at"]
    assert lab.ctx().do(stop).facts == {"was_running": False}
    _start(lab)


def test_a_stop_that_writes_the_rdb_file_keeps_the_one_before(lab: RedisLab) -> None:
    """All keys were flushed by mistake: what a stop writes is empty, and the dump of before is what is wanted.

    FLUSHALL would write an empty RDB file itself; FLUSHDB does not.
    """
    with lab.node().client() as client:
        client.config_set("appendonly", "no")
        client.save()
        before = lab.node().dump.read_bytes()
        client.flushdb()
    stopped = lab.ctx().do(stop)
    kept = stopped.facts["aside"]
    assert kept in stopped.summary
    assert Path(kept).read_bytes() == before
    assert lab.node().dump.read_bytes() != before
    Path(kept).replace(lab.node().dump)
    subprocess.run(["rm", "-rf", str(lab.node().append_only)], check=True)
    _load_the_dump(lab)


def _load_the_dump(lab: RedisLab) -> None:
    """What a person does by hand: load it with append-only files off, then put them on."""
    node = lab.node()
    node.run([node.program("redis-server"), str(node.config_file), "--appendonly", "no"])
    until(lambda: lab.probe().status != "down")
    with node.client() as client:
        client.config_set("appendonly", "yes")
    until(lambda: not node.info("persistence")["aof_rewrite_in_progress"])
    assert _keys(lab) > 4000


def test_append_only_files_that_are_gone_do_not_make_it_start_empty(lab: RedisLab) -> None:
    """Without this refusal it comes up with no key, and its next save overwrites the RDB file."""
    with lab.node().client() as client:
        client.save()
    server.stop(lab.node())
    node, aside = lab.node(), lab.node().directory / "aside"
    node.append_only.rename(aside)
    with pytest.raises(ActionFailed, match=r"it would come up empty beside dump\.rdb") as failed:
        _start(lab)
    assert [cure.action for cure in failed.value.cures] == ["redis.restore"]
    assert server.server_pid(node) is None
    aside.rename(node.append_only)
    _start(lab)


def test_append_only_files_without_their_manifest_do_not_make_it_start_empty(lab: RedisLab) -> None:
    server.stop(lab.node())
    manifest = lab.node().append_only / "appendonly.aof.manifest"
    said = manifest.read_bytes()
    manifest.unlink()
    with pytest.raises(ActionFailed, match="have no manifest: it would come up empty"):
        _start(lab)
    manifest.write_bytes(said)
    _start(lab)


def test_an_empty_directory_is_not_started_from(lab: RedisLab) -> None:
    """The disk of the data is not mounted: a start would succeed, and empty every replica."""
    server.stop(lab.node())
    node, aside = lab.node(), lab.node().directory / "aside"
    node.data_directory.rename(aside)
    with pytest.raises(ActionFailed, match="data directory is missing: it would come up empty"):
        _start(lab)
    node.data_directory.mkdir()
    with pytest.raises(ActionFailed, match="neither an RDB file nor append-only files are there"):
        _start(lab)
    node.data_directory.rmdir()
    aside.rename(node.data_directory)
    _start(lab)


def test_append_only_files_older_than_the_rdb_file_want_a_reason(lab: RedisLab) -> None:
    server.stop(lab.node())
    files = [path for path in lab.node().append_only.iterdir() if path.suffix != ".manifest"]
    for path in files:
        os.utime(path, (path.stat().st_atime, lab.node().dump.stat().st_mtime - 600))
    with pytest.raises(GateClosed, match="end 10 min before the RDB file was written") as closed:
        _start(lab)
    assert closed.value.gate == "stale-aof"
    _start(lab, **{"stale-aof": "nothing was written at night"})
    until(lambda: any(time.time() - path.stat().st_mtime < 60 for path in files))  # the heartbeat was written again


def test_a_restore_that_is_half_done_is_not_started_but_restored_on(lab: RedisLab) -> None:
    """Started as it is, it keeps nothing: what a restore writes into its configuration is still there."""
    server.stop(lab.node())
    machine = find_server(lab.ctx())
    source = Source(kind="rdb", path=str(lab.node().dump))
    save_record(machine, RestoreRecord(incident="INC-1", state="starting", point="latest", source=source, began_at=""))
    with pytest.raises(ActionFailed, match=r"half done \(incident INC-1\)") as failed:
        _start(lab)
    assert [cure.action for cure in failed.value.cures] == ["redis.restore"]
    Path(record_path(machine)).unlink()
    _start(lab)


def test_a_server_that_does_not_stop_saves_again_as_it_did(lab: RedisLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "STOP_S", 0.5)
    monkeypatch.setattr(shutdown, "stop_line", lambda *_: CommandLine(argv=["true"], host="db1"))
    with pytest.raises(ActionFailed, match="did not stop within"):
        lab.ctx().do(stop)
    with lab.node().client() as client:
        assert client.config_get("save") == {"save": "300 10 60 10000"}


def test_one_that_cannot_stop_while_it_writes_its_first_append_only_file_is_asked_again(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.config_set("appendonly", "no")
        client.config_set("rdb-key-save-delay", "500")  # µs for each key
        client.config_set("appendonly", "yes")
        until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 1)
    ctx = lab.ctx()
    assert ctx.do(stop).ok
    assert "stop-again-2" in ctx.programs
    assert "can't exit" in lab.node().server_log.read_text()
    assert _start(lab).ok


def test_a_damaged_rdb_file_is_told_by_the_servers_own_words(lab: RedisLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.systems.redis.launch._APPEARS_S", 0.5)
    node = lab.node()
    with node.client() as client:
        client.save()
    server.stop(lab.node())
    whole = node.dump.read_bytes()
    middle = len(whole) // 2
    node.dump.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    config = node.config_file.read_text()
    node.config_file.write_text(config.replace("appendonly yes", "appendonly no"))
    with pytest.raises(ActionFailed, match="went down while it started") as failed:
        _start(lab)
    assert [cure.action for cure in failed.value.cures] == ["redis.restore"], failed.value.message
    node.config_file.write_text(config)
    node.dump.write_bytes(whole)
    _start(lab)


def test_a_clock_that_is_ahead_wants_a_reason(lab: RedisLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own is set back instead: the host's is a day ahead of it."""
    server.stop(lab.node())
    real = time.time
    monkeypatch.setattr("actions.machine.clock.time", SimpleNamespace(time=lambda: real() - 86_500))
    with pytest.raises(GateClosed, match="is 24 h 01 min ahead of this machine's") as closed:
        _start(lab)
    assert closed.value.gate == "clock"
    with pytest.raises(GateClosed, match="would be removed as it loads its data"):
        lab.ctx(decisions={"recovery_point": "latest"}, dry_run=True).do(restore)
    _start(lab, clock="the cache may lose them")


def test_a_server_that_ends_before_its_host_is_looked_at_is_no_other_server(lab: RedisLab) -> None:
    meant = find_server(lab.ctx())

    def look(*asked: Any, **how: Any) -> Any:
        with suppress(AssertionError):  # it was ended before
            lab.kill()
        return meant.query(*asked, **how)

    with pytest.raises(CannotConnect) as said, connect(meant.settings) as client:
        require_ours(client, meant.settings, look)
    assert said.value.why == "other", said.value.message
    _start(lab)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("maxmemori 1gb", "maxmemori 1gb: Bad directive"),
        ("requirepass not two-words", "requirepass …: wrong number of"),
    ],
)
def test_a_line_that_the_server_refuses_is_named_without_a_password(lab: RedisLab, line: str, named: str) -> None:
    lab.ctx().do(stop)
    file = lab.node().config_file
    before = file.read_text()
    file.write_text(f"{before}\n{line}\n")
    with pytest.raises(ActionFailed, match="could not be launched") as refused:
        lab.ctx().do(start)
    file.write_text(before)
    assert f"line {len(before.splitlines()) + 2}: {named}" in refused.value.message
    assert "two-words" not in str(refused.value)
    assert "Correct the line" in refused.value.hint
    _start(lab)


def test_a_configuration_that_names_another_directory_is_not_started(lab: RedisLab) -> None:
    server.stop(lab.node())
    config = lab.node().config_file.read_text()
    lab.node().config_file.write_text(config.replace(f"dir {lab.node().data_directory}", "dir /var/lib/elsewhere"))
    with pytest.raises(ActionFailed, match="would start in /var/lib/elsewhere"):
        _start(lab)
    lab.node().config_file.write_text(config)
    _start(lab)


def test_a_server_that_hangs_is_ended_at_once_where_that_is_asked(lab: RedisLab) -> None:
    with lab.frozen():
        ended = lab.ctx().do(stop, immediate=True)
        assert "nothing is written" in ended.summary
        assert server.server_pid(lab.node()) is None
        _start(lab)


def test_a_sentinel_that_watches_it_closes_the_gate(lab: RedisLab) -> None:
    """It works in the same directory, as Debian's does, and is not taken for the server."""
    node, port = lab.node(), free_port()
    own = node.directory / "etc" / "sentinel.conf"
    password = node.password_file("cleo").read_text().strip()
    lines = [f"port {port}", "daemonize yes", f"dir {node.data_directory}", f"logfile {node.log('sentinel')}"]
    lines += [f"sentinel monitor cache 127.0.0.1 {node.port} 1", "sentinel auth-user cache cleo"]
    lines += [f"sentinel auth-pass cache {password}", f"pidfile {node.run_directory}/sentinel.pid"]
    own.write_text("\n".join(lines) + "\n")
    os.chown(own, node.account.uid, node.account.gid)
    assert unmanaged(lab.ctx()) is None
    node.run([node.program("redis-server"), str(own), "--sentinel"])
    pid = ""
    try:
        until(lambda: "watches it now" in str(unmanaged(lab.ctx())))
        closed = unmanaged(lab.ctx())
        assert closed
        assert (closed.gate, closed.yields) == ("managed", "reason and target")
        assert "is managed by Sentinel: sentinel-" in closed.message
        pid = (node.run_directory / "sentinel.pid").read_text().strip()
        lab.kill()
        assert "watches it as cache" in str(unmanaged(lab.ctx()))
        before = lab.inventory_path.read_text()
        asked = f"sentinels: [{{address: 127.0.0.1, port: {port}}}]\n    heartbeat: heartbeat"
        lab.inventory_path.write_text(before.replace("heartbeat: heartbeat", asked))
        assert f"127.0.0.1:{port} watches it as cache" in str(unmanaged(lab.ctx()))
        lab.inventory_path.write_text(before)
        _start(lab)
    finally:
        pid = pid or (node.run_directory / "sentinel.pid").read_text().strip()
        subprocess.run(["kill", pid], check=True)
    until(lambda: unmanaged(lab.ctx()) is None)


def test_a_server_of_another_name_is_started_found_and_stopped(lab: RedisLab) -> None:
    """Valkey is a server that speaks the same and is called otherwise, with all its programs."""
    node, before = lab.node(), lab.inventory_path.read_text()
    programs = node.directory / "bin"
    for name in ("valkey-server", "valkey-check-rdb", "valkey-check-aof"):
        (programs / name).symlink_to(node.program(name.replace("valkey", "redis")))
    server.stop(node)
    text = before.replace(f"bin_directory: {node.programs}", f"bin_directory: {programs}\n    program: valkey-server")
    lab.inventory_path.write_text(text.replace(node.program("redis-server"), str(programs / "valkey-server")))
    try:
        _start(lab)
        found = find_server(lab.ctx()).process()
        assert found
        assert Path(f"/proc/{found.pid}/comm").read_text().strip() == "valkey-server"
        assert lab.probe().status in ("up", "degraded")
        assert "append-only files are complete" in lab.ctx().do(stop).summary
    finally:
        lab.inventory_path.write_text(before)
    _start(lab)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_server_in_a_pod_is_an_operators(lab: RedisLab) -> None:
    """A pod's own files are mounted from the kubelet's folder: an operator starts it again, or another in its place."""
    node = lab.node()
    hosts = node.directory / "kubelet" / "pods" / "0a1b" / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    server.stop(node)
    account = ["setpriv", f"--reuid={node.account.uid}", f"--regid={node.account.gid}", "--clear-groups"]
    mount = ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    subprocess.run([*mount, *account, node.program("redis-server"), str(node.config_file)], check=True)
    until(lambda: lab.probe().status in ("up", "degraded"))
    closed = unmanaged(lab.ctx())
    assert closed
    assert "is managed by a Kubernetes operator: it runs in a pod" in closed.message
    server.stop(node)
    _start(lab)
    assert unmanaged(lab.ctx()) is None


def test_its_log_is_shown(lab: RedisLab) -> None:
    ctx = lab.ctx()
    shown = ctx.do(show_log, lines=5)
    assert shown.summary.startswith("The newest 5 lines of redis's log")
    assert "Ready to accept connections" in "\n".join(ctx.lines)
