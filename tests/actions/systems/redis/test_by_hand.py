"""A Redis recovered with the printed commands alone, as somebody would who has only the paper."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from actions.by_hand import ByHand, CommandLine, words_of
from actions.systems.redis.restore_by_hand import reload_aof, restore
from cleo_console.lab.redis import server
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import backup, keys, kill, put, restarted
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-by-hand")

LINES = 'appendonly no\nsave ""'


def type_in(lab: RedisLab, lines: Sequence[CommandLine]) -> None:
    """Type each command, and do by hand what is only said."""
    conf: Path = lab.node().config_file
    env = {**os.environ, "REDISCLI_AUTH": lab.node().password_file("cleo").read_text().strip()}
    for line in lines:
        if LINES in line.what:
            conf.write_text(f"{conf.read_text()}\n{LINES}\n")
        elif line.what.startswith("Take the two lines out"):
            conf.write_text(conf.read_text().replace(f"\n{LINES}\n", ""))
        if line.argv:
            words = [str(lab.pid()) if word == "PID" else word for word in words_of(line) if word != "--askpass"]
            subprocess.run(words, env=env, check=True, capture_output=True)
            _settle(lab, line)


def _settle(lab: RedisLab, line: CommandLine) -> None:
    """Wait for what a person would: that the server is up or down, and has written its files."""
    if "kill" in line.argv:
        until(lambda: server.server_pid(lab.node()) is None)
    elif str(lab.node().config_file) in line.argv or "appendonly" in line.argv:
        until(lambda: _is_idle(lab))


def _is_idle(lab: RedisLab) -> bool:
    if server.server_pid(lab.node()) is None:
        return False
    said = lab.node().info("persistence")
    return not (said["loading"] or said["aof_rewrite_in_progress"])


def test_it_is_recovered_by_the_printed_commands_alone() -> None:
    with running_redis() as lab:
        label = backup(lab)
        put(lab, "after-the-backup")
        before = keys(lab)
        kill(lab)
        known = ByHand(inventory=lab.inventory, system="redis", params={"backup": label}, incident="INC-7")
        type_in(lab, restore(known))
        assert keys(lab)["db2"] == before["db2"] - 1
        assert restarted(lab)["db2"] == before["db2"] - 1
        type_in(lab, reload_aof(known))
        assert keys(lab) == before
