"""A replay that takes long or stands still: what is progress is not a failure, and a failure says what stands still."""

from __future__ import annotations

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres import replay
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-replay-waits")


def restored(lab: Lab, segments: int = 0) -> FakeContext:
    name = ""
    for _ in range(segments):
        lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES")
        name = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver") >= name)
    lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    assert ctx.do(restore).ok
    return ctx


def configure(lab: Lab, line: str) -> None:
    with (lab.postgres.data_directory / "postgresql.conf").open("a") as file:
        file.write(f"\n{line}\n")


def slow_down(lab: Lab, seconds: int) -> None:
    path = lab.postgres.data_directory / "postgresql.auto.conf"
    path.write_text(path.read_text().replace("restore_command = '", f"restore_command = 'sleep {seconds}; "))


@pytest.mark.soak
def test_a_segment_now_and_then_is_progress_also_where_nobody_can_ask(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = restored(lab, segments=3)
    configure(lab, "hot_standby = off")
    slow_down(lab, 1)
    monkeypatch.setattr(replay, "_STALL_S", 5.0)
    monkeypatch.setattr(replay, "_LOOK_S", 0.5, raising=False)
    assert ctx.do(apply_wal).ok
    assert ctx.do(allow_writers).ok
    lab.backup("full")


def test_a_segment_that_does_not_come_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = restored(lab)
    configure(lab, "hot_standby = off")
    slow_down(lab, 20)
    monkeypatch.setattr(replay, "_STALL_S", 3.0)
    monkeypatch.setattr(replay, "_LOOK_S", 0.5, raising=False)
    with pytest.raises(ActionFailed, match=r"waits for log file [0-9A-F]{8}") as failed:
        ctx.do(apply_wal)
    assert "archive-get" in failed.value.hint
    ctx.do(stop, immediate=True)
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert ctx.do(allow_writers).ok


@pytest.mark.soak
def test_a_server_on_another_port_is_said_at_once(lab: Lab) -> None:
    ctx = restored(lab)
    configure(lab, "port = 54399")
    with pytest.raises(ActionFailed, match="on port 54399") as failed:
        ctx.do(apply_wal)
    assert "Correct port" in failed.value.hint
    ctx.do(stop, immediate=True)
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert ctx.do(allow_writers).ok
    lab.backup("full")


def test_a_replay_paused_for_a_setting_names_the_setting(lab: Lab) -> None:
    lab.psql("ALTER SYSTEM SET max_connections = 333")
    ctx = FakeContext(load_inventory(lab.inventory_path))
    ctx.do(stop)
    assert ctx.do(start).ok
    ctx = restored(lab, segments=1)
    configure(lab, "hot_standby = on")  # the backup may be of a server that a test before has configured
    with pytest.raises(ActionFailed, match=r"max_connections.*333|insufficient parameter") as failed:
        ctx.do(apply_wal)
    assert "333" in failed.value.message
    assert "Raise the setting" in failed.value.hint
