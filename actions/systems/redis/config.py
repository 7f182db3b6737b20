"""What a running Redis goes by: where it writes, what it keeps, and what a backup must hold beside the data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.product import of_server
from actions.systems.redis.rdb import Keys
from actions.systems.redis.settings import RedisSettings

if TYPE_CHECKING:
    from redis import Redis


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server as it runs.

    Attributes:
        product, version, config_file: as INFO has them.
        directory, rdb_name, aof_folder, aof_name, acl_file: ``dir``, ``dbfilename``, ``appenddirname``,
            ``appendfilename``, ``aclfile``.
        appendonly: whether it keeps an append-only file.
        save: its save points.
        maxmemory: in bytes, 0: no limit; policy: what happens at it.
        used_memory: in bytes.
        loading: whether it still loads its data.
        cluster: whether it is a member of a Redis Cluster.
        follows: the master that it is a replica of, ``HOST:PORT``; empty: it is a master.
        databases: keys of each database.
        newest_write: its newest heartbeat; None: there is none.
    """

    product: str
    version: str
    config_file: str
    directory: str
    rdb_name: str
    aof_folder: str
    aof_name: str
    acl_file: str
    appendonly: bool
    save: str
    maxmemory: int
    policy: str
    used_memory: int
    loading: bool
    cluster: bool
    follows: str
    databases: Mapping[str, Keys] = {}
    newest_write: datetime | None = None

    def must_match(self) -> dict[str, Any]:
        """Return what a backup's entry keeps of it: what a restore must find or bring back."""
        return {
            "product": self.product,
            "version": self.version,
            "appendonly": self.appendonly,
            "save": self.save,
            "maxmemory": self.maxmemory,
            "policy": self.policy,
        }


def running(client: Redis, settings: RedisSettings) -> Running:
    """Ask a server what it goes by; while it loads its data, there is no heartbeat to be read.

    Args:
        client: a session in database 0.
        settings: the server.
    """
    info: Any = client.info("everything")
    asked: Any = client.config_get(
        "dir", "dbfilename", "appenddirname", "appendfilename", "aclfile", "appendonly", "save", "maxmemory*"
    )
    product, version = of_server(info)
    return Running(
        product=product,
        version=version,
        config_file=str(info.get("config_file", "")),
        directory=asked["dir"],
        rdb_name=asked["dbfilename"],
        aof_folder=asked.get("appenddirname", ""),
        aof_name=asked.get("appendfilename", ""),
        acl_file=asked.get("aclfile", ""),
        appendonly=asked["appendonly"] == "yes",
        save=asked["save"],
        maxmemory=int(asked["maxmemory"]),
        policy=asked["maxmemory-policy"],
        used_memory=int(info.get("used_memory", 0)),
        loading=bool(info.get("loading")),
        cluster=bool(info.get("cluster_enabled")),
        follows=f"{info['master_host']}:{info['master_port']}" if info.get("role") == "slave" else "",
        databases=databases(info),
        newest_write=None if info.get("loading") else newest_write(client, settings)[0],
    )


def databases(info: Mapping[str, Any]) -> dict[str, Keys]:
    """Return the keys of each database that has any, from INFO."""
    return {
        name: Keys(keys=int(said["keys"]), expires=int(said["expires"]))
        for name, said in info.items()
        if name.startswith("db") and name[2:].isdigit()
    }
