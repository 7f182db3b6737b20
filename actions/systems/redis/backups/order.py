"""What the program that stores a backup is told, and how the files of a backup are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

RDB_FILE = "dump.rdb"
AOF_FOLDER = "appendonlydir"
CONFIG_FILE = "redis.conf"
ACL_FILE = "users.acl"


class StoreOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored as a backup. Nothing in it is secret: it stands in a command line.

    Attributes:
        repository: the repository's folder; ``system``: the system's name in it.
        kind: ``full`` (the RDB file) or ``snapshot`` (the append-only directory).
        source: the RDB file, or the append-only directory.
        settings: by the name in the backup: the path of the configuration file and of the users' file.
        check_rdb, check_aof: paths of Redis' programs.
        not_before: when the RDB file was begun at the earliest, by the server's clock.
        consistent_at: the instant that the backup shows; None: that at which the copy ends.
        server: what a restore must find the same.
        facts: what was measured in the server.
    """

    repository: str
    system: str
    kind: str
    source: str
    settings: Mapping[str, str]
    check_rdb: str
    check_aof: str
    not_before: datetime | None = None
    consistent_at: datetime | None = None
    server: Mapping[str, Any] = {}
    facts: Mapping[str, Any] = {}
