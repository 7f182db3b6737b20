"""A runner that kills itself at its n-th point between two effects: ``dying_runner FOLDER POINT POINTS_FILE``.

Without words it forks such a runner for each line of these three that it reads, tabs between them, and writes its pid;
at the line ``wait`` it waits for that one, and writes how it ended.

Points are the moments right before and after each effect that an action announces, each program it runs, each file it
writes (also in the middle of the text), each command by which it changes a Redis or a MongoDB, and before a run's end
is written down. Point 0 never comes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from actions.registry import registry
from actions.runner import Runner, worker
from actions.runner.context import RunContext
from actions.transport import local_transport
from actions.transport.local_transport import LocalTransport
from cleo_console.settings import paths
from cleo_console.world import inventory_at, real_world
from journal.paths import IncidentPlace
from journal.store.journal import Reader

_GROUPS = ("ACL", "CLIENT", "CONFIG", "SENTINEL")
_REDIS = ("REPLICAOF", "FAILOVER", "ACL SETUSER", "ACL SAVE", "CLIENT PAUSE", "CLIENT UNPAUSE", "CONFIG SET")
_REDIS += ("CONFIG REWRITE", "SENTINEL FAILOVER")
_MONGODB = ("replSetStepUp", "replSetStepDown", "replSetFreeze", "replSetReconfig", "shutdown", "updateUser")
_MONGODB += ("updateRole", "grantRolesToUser")
_passed, _dies_at, _seen = 0, 0, Path()


def point(name: str) -> bool:
    """Count a point, and note its name; return whether it is the one at which this runner dies."""
    global _passed
    _passed += 1
    with _seen.open("a") as file:
        file.write(f"{_passed} {name}\n")
    return _passed == _dies_at


def pass_by(name: str) -> None:
    """Pass a point, or die there."""
    if point(name):
        die()


def die() -> None:
    """End as a killed process does: nothing after it is executed."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_effects() -> None:
    """Pass a point after each announced effect, and around each program."""
    effect, run = RunContext.effect, RunContext.run

    def watched_effect(self: RunContext, what: str) -> bool:
        wanted = effect(self, what)
        pass_by(f"announced: {what}")
        return wanted

    def watched_run(self: RunContext, key: str, *args: Any, **more: Any) -> Any:
        pass_by(f"before the program {key}")
        done = run(self, key, *args, **more)
        pass_by(f"after the program {key}")
        return done

    RunContext.effect, RunContext.run = watched_effect, watched_run  # type: ignore[method-assign]


def watch_files() -> None:
    """Pass points before, in the middle of and after each file that is written or removed."""
    query = LocalTransport.query

    def watched(self: LocalTransport, argv: Any, **more: Any) -> Any:
        text = more.get("stdin")
        if text is None and argv[0] != "rm":
            return query(self, argv, **more)
        name = Path(argv[4] if text is not None else argv[-1]).name
        pass_by(f"before the file {name}")
        if text and point(f"in the middle of the file {name}"):
            half_written(argv, text, more.get("user", ""))
        done = query(self, argv, **more)
        pass_by(f"after the file {name}")
        return done

    LocalTransport.query = watched  # type: ignore[method-assign]


def half_written(argv: Any, text: bytes, user: str) -> None:
    """Send half of a text to its writer, and die: the writer sees the end of its input."""
    account = local_transport.other_account(user)
    writer: subprocess.Popen[bytes] = local_transport._popen(argv, local_transport.environment(account, None), account)
    assert writer.stdin
    writer.stdin.write(text[: len(text) // 2])
    writer.stdin.flush()
    die()


def watch_sessions() -> None:
    """Pass points around each command that changes a Redis or a MongoDB, and that no program carries out."""
    from pymongo.synchronous.database import Database
    from redis import Redis

    execute, command = Redis.execute_command, Database.command

    def watched_execute(self: Any, *args: Any, **more: Any) -> Any:
        name = " ".join(str(word).upper() for word in args[:2]) if str(args[0]).upper() in _GROUPS else str(args[0])
        if name.upper() not in _REDIS:
            return execute(self, *args, **more)
        pass_by(f"before {name}")
        done = execute(self, *args, **more)
        pass_by(f"after {name}")
        return done

    def watched_command(self: Any, what: Any, *args: Any, **more: Any) -> Any:
        name = what if isinstance(what, str) else next(iter(what), "")
        if name not in _MONGODB:
            return command(self, what, *args, **more)
        pass_by(f"before {name}")
        done = command(self, what, *args, **more)
        pass_by(f"after {name}")
        return done

    Redis.execute_command = watched_execute  # type: ignore[method-assign]
    Database.command = watched_command  # type: ignore[method-assign, assignment]


def watch_ends() -> None:
    """Pass a point before a run's end is written down."""
    end = worker.Worker._end

    def watched(self: worker.Worker, body: Any) -> None:
        pass_by("before the end is written down")
        end(self, body)

    worker.Worker._end = watched  # type: ignore[method-assign]


def execute(folder: str, dies_at: str, seen: str) -> None:
    """Run until the incident is closed, stopped or killed."""
    global _dies_at, _seen
    _dies_at, _seen = int(dies_at), Path(seen)
    place = IncidentPlace(folder=Path(folder))
    with Reader(place.journal) as reader:
        inventory = next(iter(reader.events())).body.inventory  # type: ignore[attr-defined]
    runner = Runner(place, real_world(inventory_at(inventory), paths()), actor="runner@bench")
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    runner.run()


def serve() -> None:
    """Fork a runner for each line: what all of them load is loaded once."""
    dict(registry())
    pid = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            print(os.waitpid(pid, 0)[1], flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            execute(*line.rstrip("\n").split("\t"))
            os._exit(0)
        print(pid, flush=True)


def main() -> None:
    """Be the runner of the words that were given; else serve."""
    for watch in (watch_effects, watch_files, watch_sessions, watch_ends):
        watch()
    execute(*sys.argv[1:]) if len(sys.argv) > 1 else serve()


if __name__ == "__main__":
    main()
