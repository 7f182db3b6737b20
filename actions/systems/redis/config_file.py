"""What a restored server is to go by, and our block at the end of its configuration file while it is being restored.

While the block stands, a start loads the RDB file (or the append-only files) that was put there, and saves nothing over
it: a start in between, by whomever, can neither come up empty nor overwrite anything. The last line of a directive
counts, so the block is at the end; words on the service's command line would win over it, which is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actions.systems.redis.configuration import Configuration

_BEGIN = "# cleo: until the restored data are verified"
_END = "# cleo: end"
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 10**6, "mb": 2**20, "g": 10**9, "gb": 2**30}
_SAVE = "3600 1 300 100 60 10000"
"""The save points of Redis 7 where its configuration says none."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the server's configuration wants, without our block.

    Attributes:
        appendonly: whether it keeps an append-only file.
        save: its save points; empty: none.
        rdb_name, aof_folder, aof_name: the names of its files.
        maxmemory: in bytes; 0: no limit.
        policy: what happens at that limit.
        acl_file: where its users are; empty: in the configuration itself.
        follows: the master that it follows; empty: it is a master.
        cluster: whether it is a member of a Redis Cluster.
    """

    appendonly: bool = False
    save: str = ""
    rdb_name: str = "dump.rdb"
    aof_folder: str = "appendonlydir"
    aof_name: str = "appendonly.aof"
    maxmemory: int = 0
    policy: str = "noeviction"
    acl_file: str = ""
    follows: str = ""
    cluster: bool = False


def wanted_of(conf: Configuration) -> Wanted:
    """Return what a configuration wants."""
    save = list[str]()
    for words in conf.values.get("save", [tuple(_SAVE.split())]):
        save = [*save, *words] if any(words) else []
    return Wanted(
        appendonly=conf.append_only,
        save=" ".join(save),
        rdb_name=conf.dump_name,
        aof_folder=conf.append_folder,
        aof_name=conf.append_name,
        maxmemory=size_of(conf.last("maxmemory", "0")),
        policy=conf.last("maxmemory-policy", "noeviction"),
        acl_file=conf.last("aclfile"),
        follows=conf.follows,
        cluster=conf.last("cluster-enabled", "no").lower() == "yes",
    )


def size_of(text: str) -> int:
    """Return a size as Redis writes it (``512mb``), in bytes; 0 where it is none."""
    number = text.strip().lower().rstrip("kmgb")
    unit = text.strip().lower()[len(number) :]
    return int(number) * _UNITS[unit] if number.isdigit() and unit in _UNITS else 0


def with_block(text: str, incident: str, lines: Sequence[str]) -> str:
    """Return a configuration with our block at its end; another block of ours gives way."""
    return "\n".join([without_block(text).rstrip("\n"), f"{_BEGIN} (incident {incident})", *lines, _END, ""])


def without_block(text: str) -> str:
    """Return a configuration without our block."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        inside = inside or line.startswith(_BEGIN)
        if not inside:
            kept.append(line)
        inside = inside and not line.startswith(_END)
    return "".join(kept)


def has_block(text: str) -> bool:
    """Whether a configuration has a block of ours."""
    return any(line.startswith(_BEGIN) for line in text.splitlines())
