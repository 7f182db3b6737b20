"""What the program that stores a backup is told, and how the files of a backup are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from actions.backups.repository.bring import BringOrder
from actions.backups.storage.storage import Where
from actions.systems.redis.chosen_keys import Chosen
from actions.systems.redis.rdb import Keys

RDB_FILE = "dump.rdb"
AOF_FOLDER = "appendonlydir"
CONFIG_FILE = "redis.conf"
ACL_FILE = "users.acl"


class StoreOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored as a backup. Nothing in it is secret: it stands in a command line.

    Attributes:
        where: the repository, a folder or a bucket; ``system``: the system's name in it.
        kind: ``full`` (the RDB file) or ``snapshot`` (the append-only directory).
        source: the RDB file, or the append-only directory.
        settings: by the name in the backup: the path of the configuration file and of the users' file.
        check_rdb, check_aof: paths of Redis' programs.
        not_before: when the RDB file was begun at the earliest, by the server's clock.
        consistent_at: the instant that the backup shows; None: that at which the copy ends.
        server: what a restore must find the same.
        facts: what was measured in the server.
    """

    where: Where
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


class ScratchOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Which backup is loaded into a server of its own, and where that lies while it runs.

    Attributes:
        kind: ``rdb`` or ``aof``; ``source``: the RDB file, or the append-only directory, in the repository.
        bring: how they are brought out of a bucket; None: ``source`` is a path of this host.
        folder: the server's folder: made, and removed.
        program: the path of the server's program; ``run_as``: its account.
        heartbeat: the key with the newest write's time; empty: there is none.
    """

    kind: str
    source: str
    folder: str
    program: str
    run_as: str
    heartbeat: str
    bring: BringOrder | None = None


class UserOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose keys are read from a backup. It lies in a file: there may be many.

    Attributes:
        scratch: the server that they are read from.
        chosen: which they are.
        result: the file that they are written to, for its owner alone: a `UserKey` in JSON a line.
    """

    scratch: ScratchOrder
    chosen: Chosen
    result: str


class UserKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a user, as a backup has it.

    Attributes:
        database: the number of its database; ``place``: what tells that it is theirs, in words.
        key: its name; ``dump``: its value, as DUMP says it.
        expires_ms: when its time is up, in milliseconds since 1970; 0: never.
    """

    database: int
    place: str
    key: bytes
    dump: bytes
    expires_ms: int = 0


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a server of its own had once it had loaded a backup.

    Attributes:
        databases: keys of each database.
        loaded, load_expired: keys that it loaded, and left out because their time had passed (of an RDB file).
        expired: keys that expired since.
        newest_write: the newest heartbeat, as it is written; empty: none.
        seconds: from the copy's beginning to the end of the load.
    """

    databases: Mapping[str, Keys]
    loaded: int
    load_expired: int
    expired: int
    newest_write: str
    seconds: float
