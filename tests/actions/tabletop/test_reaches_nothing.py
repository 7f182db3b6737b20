"""A whole tabletop starts no program, opens no connection, and loads no client library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLAYED = """
import sys

reached = []
KINDS = ("socket.connect", "socket.sendto", "socket.bind", "subprocess.Popen", "os.exec", "os.fork", "os.forkpty",
         "os.posix_spawn", "os.system", "pty.spawn")
sys.addaudithook(lambda name, args: reached.append(f"{name} {args}") if name in KINDS else None)

from tests.actions.tabletop.players import play_well
from tests.actions.tabletop.tables import table

with table("natural-disaster") as player:
    play_well(player)
    assert player.missed() == set(), player.missed()
print("reached", reached)
clients = {"psycopg", "asyncssh", "boto3", "botocore", "kubernetes", "pymongo", "redis", "dns"}
print("loaded", sorted(clients & sys.modules.keys()))

import subprocess

subprocess.run(["true"])
print("noticed", any(what.startswith("subprocess.Popen") for what in reached))
"""


def test_a_whole_tabletop_reaches_nothing(home: Path) -> None:
    env = os.environ | {"CLEO_HOME": str(home / "cleo"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PLAYED], capture_output=True, text=True, env=env, cwd=home)
    assert done.returncode == 0, done.stderr
    # The last line shows that the watch works: the test's own program is noticed.
    assert done.stdout.splitlines() == ["reached []", "loaded []", "noticed True"]
