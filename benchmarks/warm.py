"""Warming a cache with half a million keys from PostgreSQL, compared with ``redis-cli --pipe`` of the same commands."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks.stand import CONSOLE, folder
from benchmarks.table import Row, not_measured
from cleo_console.lab import Lab
from cleo_console.lab.postgres.cluster_service import cluster_of
from cleo_console.lab.redis.node import CONSOLE as USER
from cleo_console.lab.redis.node import Node
from cleo_console.lab.redis.service import NodeService
from journal.errors import CleoError

LIMIT = 1.5
KEYS = 500_000
TURNS = 3
_FIGURE = f"warm {KEYS:,} keys from PostgreSQL"
_TABLE = (
    "CREATE TABLE cached AS SELECT 'user:' || n || ':context' AS key, 86400 AS ttl, "
    f"md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text) AS value FROM generate_series(1, {KEYS}) AS n"
)


class Warming:
    """A Redis and a PostgreSQL with the table that it is warmed from.

    Args:
        lab: has both.
        home: where the journal goes.
    """

    def __init__(self, lab: Lab, home: Path) -> None:
        service = lab.services["redis"]
        assert isinstance(service, NodeService)
        self.node: Node = service.node
        self.env = {"CLEO_HOME": str(home), "CLEO_INVENTORY": str(home / "inventory.yaml"), "CLEO_ACTOR": "bench@bench"}
        cluster_of(lab.services["postgres"]).psql(_TABLE)
        home.mkdir()
        _write_inventory(lab.inventory_path, home / "inventory.yaml")
        with self.node.client() as client:
            client.config_set("maxmemory", 0)
        self.commands = home / "commands"
        self.commands.write_bytes(b"".join(map(_command, range(1, KEYS + 1))))
        self._cleo("declare", "--title", "bench: a cold cache", "--scenario", "database-failure", "--kind", "LAB")
        self._cleo("run", "redis.stop_writers", "--confirm", f"redis@{os.uname().nodename}")

    def through(self) -> float:
        """Return how many seconds the action takes."""
        self._cold()
        said = json.loads(self._cleo("run", "redis.warm_cache", "--override", "order=a benchmark", "--json"))
        self._require_warm()
        return float(said["facts"]["seconds"])

    def piped(self) -> float:
        """Return how many seconds ``redis-cli --pipe`` takes."""
        self._cold()
        argv = [self.node.program("redis-cli"), "-p", str(self.node.port), "--user", USER, "--pipe"]
        env = {**os.environ, "REDISCLI_AUTH": self.node.password_file(USER).read_text().strip()}
        begun = time.monotonic()
        with self.commands.open("rb") as commands:
            subprocess.run(argv, stdin=commands, env=env, check=True, stdout=subprocess.DEVNULL)
        took = time.monotonic() - begun
        self._require_warm()
        return took

    def _cold(self) -> None:
        with self.node.client(deadline_s=60) as client:
            client.flushdb()

    def _require_warm(self) -> None:
        with self.node.client() as client:
            if int(client.dbsize()) < KEYS:  # type: ignore[arg-type]  # of its asynchronous client, too
                raise RuntimeError(f"only {client.dbsize()} keys are there")

    def _cleo(self, *words: str) -> str:
        done = subprocess.run(
            [*CONSOLE, *words], capture_output=True, text=True, env={**os.environ, **self.env}, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RuntimeError(f"cleo {' '.join(words)}: {done.stdout[-500:]} {done.stderr[-500:]}")
        return done.stdout


def _write_inventory(lab: Path, there: Path) -> None:
    """Write the lab's inventory with other keys to warm with: one query of the table."""
    import yaml

    said = yaml.safe_load(lab.read_text())
    said["systems"]["redis"]["warm"]["keys"] = [{"name": "contexts", "sql": "SELECT key, ttl, value FROM cached"}]
    there.write_text(yaml.safe_dump(said))
    there.chmod(0o600)


def _command(number: int) -> bytes:
    from hashlib import md5

    value = b"".join(md5(str(number + each).encode()).hexdigest().encode() for each in range(3))
    words = [b"SET", b"user:%d:context" % number, value, b"EX", b"86400"]
    return b"*5\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def run() -> Row:
    """Warm and pipe in turns."""
    limit = f"≤ {LIMIT:g} ×"
    with folder() as place:
        try:
            lab = Lab.up(place / "lab", systems=["postgres", "redis"], backup_minutes=600)
            warming = Warming(lab, place / "home")
            both = [(warming.through(), warming.piped()) for _ in range(TURNS)]
        except CleoError as error:
            return not_measured(_FIGURE, limit, str(error))
        finally:
            Lab.remove(place / "lab")
    through, piped = (statistics.median(one) for one in zip(*both, strict=True))
    ratio = through / piped
    return Row(_FIGURE, f"{through:.2f} s = {ratio:.2f} ×", f"redis-cli --pipe {piped:.2f} s", limit, ratio <= LIMIT)
