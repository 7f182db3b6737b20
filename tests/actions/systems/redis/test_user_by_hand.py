"""A user's keys brought back, and erased, with the printed commands alone: those keys, and nobody else's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from actions.by_hand import ByHand, CommandLine, words_of
from actions.systems.redis.backups.engine import ENGINE
from actions.systems.redis.settings import UserData
from actions.systems.redis.user_by_hand import reapply_erasures, user_restore
from tests.actions.systems.redis.test_user_restore import TOLD, Both, both

__all__ = ["both"]
pytestmark = pytest.mark.xdist_group("redis-warm")


def type_in(both: Both, lines: Sequence[CommandLine]) -> None:
    """Type each command, with the passwords in the shell's variables, as a person has them."""
    said = {"REDISCLI_AUTH": both.redis.node().password_file("cleo").read_text().strip()}
    password = both.inventory.systems["postgres"].password
    assert password
    for line in lines:
        if line.argv:
            words = [word.replace("USER", "7") for word in words_of(line)]
            env = {**os.environ, **said, "PGPASSWORD": password.read()}
            done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
            said_back = done.stdout + done.stderr
            assert not any(word in said_back for word in ("ERR", "WRONGPASS", "NOAUTH", "Warning")), said_back


def test_a_users_keys_come_back_and_go_by_the_printed_commands_alone(both: Both) -> None:
    newest = ENGINE.place(both.ctx(), "redis").listing().stored[-1].entry
    later = msgspec.structs.replace(TOLD, sql=f"{TOLD.sql} UNION SELECT 'conversation:later:messages'")
    settings = msgspec.structs.replace(both.redis.settings(), user_data=UserData(told=[later]))  # one since the backup
    inventory = msgspec.structs.replace(both.inventory, systems={**both.inventory.systems, "redis": settings})
    known = ByHand(inventory=inventory, system="redis", params={"user_id": "7", "backup": newest.id})
    kept = (0, b"user:7:device")
    both.lose()
    with both.client() as client:
        client.hset("user:7:device", "os", "newer")
    others, stays = both.theirs(), both.mine()[kept]
    type_in(both, user_restore(known))
    mine = both.mine()
    assert mine.keys() == both.then.keys()
    assert {key: held[0] for key, held in mine.items() if key != kept} == {
        key: held[0] for key, held in both.then.items() if key != kept
    }
    assert all(abs(held[1] - both.then[key][1]) <= 1 for key, held in mine.items() if key != kept)
    assert mine[kept] == stays, "what is there stays"
    assert both.theirs() == others
    assert not Path(f"{both.redis.settings().place()}.user").exists()

    type_in(both, reapply_erasures(known))
    assert not both.mine()
    assert both.theirs() == others
