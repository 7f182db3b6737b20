"""What PgBouncer's admin console says of its databases, clients and servers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

LOOK = ("SHOW DATABASES", "SHOW POOLS", "SHOW SERVERS", "SHOW CONFIG", "SHOW VERSION")
"""The commands of a look; each answer is a table of its own."""
MARK = "=== cleo"
"""Stands before each answer."""


class Database(NamedTuple):
    """One database: ``leads_to`` is host and port; ``paused`` clients wait, ``disabled`` ones are refused."""

    name: str
    leads_to: str
    paused: bool
    disabled: bool
    mode: str = ""


class Seen(NamedTuple):
    """A pooler at one moment.

    Attributes:
        databases: by name.
        clients: connected clients, by database.
        waiting: of those, who waits for a server.
        longest_s: how long one has waited for, at most, by database.
        servers: its connections to PostgreSQL, by database and address.
        config: the configuration file that it was started with.
        version: what it calls itself.
        mode: its ``pool_mode``.
    """

    databases: Mapping[str, Database]
    clients: Mapping[str, int]
    waiting: Mapping[str, int]
    longest_s: Mapping[str, float]
    servers: Mapping[tuple[str, str], int]
    config: str = ""
    version: str = ""
    mode: str = ""

    def paused(self, names: Iterable[str]) -> list[str]:
        """Return which of these databases are paused."""
        return [name for name in names if name in self.databases and self.databases[name].paused]

    def waits(self, names: Iterable[str]) -> tuple[int, float]:
        """Return how many clients of these databases wait, and for how many seconds at most."""
        named = list(names)
        longest = max((self.longest_s.get(name, 0.0) for name in named), default=0.0)
        return sum(self.waiting.get(name, 0) for name in named), longest

    def connected(self, names: Iterable[str]) -> int:
        """Return how many clients are connected to these databases."""
        return sum(self.clients.get(name, 0) for name in names)

    def mode_of(self, name: str) -> str:
        """Return when a client of a database gives its server back: ``session``, ``transaction``, ``statement``."""
        found = self.databases.get(name)
        return (found.mode if found else "") or self.mode


def read(text: str) -> Seen:
    """Return what a look printed.

    Raises:
        ValueError: it is not what PgBouncer answers.
    """
    tables = [_rows(part) for part in text.split(f"{MARK}\n")[1:]]
    if len(tables) != len(LOOK):
        raise ValueError("its admin console did not answer all that it was asked")
    databases, pools, servers, config, version = tables
    settings = {row.get("key", ""): row.get("value", "") for row in config}
    clients, waiting, longest = dict[str, int](), dict[str, int](), dict[str, float]()
    for row in pools:
        name = row["database"]
        clients[name] = clients.get(name, 0) + int(row["cl_active"]) + int(row["cl_waiting"])
        waiting[name] = waiting.get(name, 0) + int(row["cl_waiting"])
        longest[name] = max(longest.get(name, 0.0), float(row["maxwait"]))
    return Seen(
        databases={row["name"]: _database(row) for row in databases if row["name"] != "pgbouncer"},
        clients=clients,
        waiting=waiting,
        longest_s=longest,
        servers=_count((row["database"], f"{row['addr']}:{row['port']}") for row in servers),
        config=settings.get("conffile", ""),
        version=version[0]["version"] if version else "",
        mode=settings.get("pool_mode", ""),
    )


def _database(row: Mapping[str, str]) -> Database:
    host = row["host"] or "socket"
    return Database(
        row["name"], f"{host}:{row['port']}", row["paused"] == "1", row["disabled"] == "1", row.get("pool_mode") or ""
    )


def _rows(text: str) -> Sequence[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _count(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    found = dict[tuple[str, str], int]()
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found
