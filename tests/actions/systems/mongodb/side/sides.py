"""What the tests of side instances share: a look into one, an instant between two writes, and a runner that dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.systems.mongodb.programs.private_server import private_server
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.side.place import load_side
from cleo_console.lab.mongodb.cluster import CONSOLE
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.mongodb.mongo_lab import MongoLab


def moment() -> str:
    """Return this instant, and let the clock go on: oplog entries are timed to the millisecond."""
    time.sleep(0.002)
    at = datetime.now(UTC).isoformat()
    time.sleep(0.002)
    return at


@contextmanager
def lasting_client(mongo: MongoLab) -> Iterator[Any]:
    """A client without a deadline, for all tests of a module."""
    from pymongo import MongoClient

    password = mongo.member.password_file(CONSOLE).read_text().strip()
    with MongoClient(
        "127.0.0.1", mongo.member.port, directConnection=True, tz_aware=True, username=CONSOLE, password=password
    ) as client:
        yield client


def directory(mongo: MongoLab) -> Path:
    """Return where the lab's side instance lies."""
    data = mongo.member.data_directory
    return data.with_name(f"{data.name}.side")


@contextmanager
def inside(ctx: FakeContext) -> Iterator[Any]:
    """Run the side instance's mongod, and yield a client of it."""
    side = load_side(find_server(ctx))
    assert side
    program = side.of.program("mongod")
    with private_server(program, Path(side.data), Path(side.log)) as server:
        with server.client(tz_aware=True) as client:
            yield client
        server.stop()


def dies_after(ctx: FakeContext, key: str) -> None:
    """Have the runner die after the program whose key begins so."""
    real = ctx.run

    def run(name: str, *args: Any, **rest: Any) -> Any:
        done = real(name, *args, **rest)
        if name.startswith(f"{key}-"):
            ctx.run = real  # type: ignore[method-assign]
            raise RunnerDied
        return done

    ctx.run = run  # type: ignore[method-assign,assignment]
