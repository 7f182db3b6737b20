"""A Redis server's entry in the inventory, with its backups."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from actions.backups.repository.settings import RepositorySettings
from actions.failover.settings import Fence
from actions.machine.service import Service
from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class AppUser(Settings, frozen=True):
    """A user (ACL) that the application logs in as.

    Attributes:
        name: its name.
        password: its password; without it, it is not tried whether it can log in.
    """

    name: str
    password: Secret | None = None


class Sentinel(Settings, frozen=True):
    """A Sentinel that may watch this server, and how it is asked.

    Attributes:
        address, port: where cleo reaches it from this machine.
        user: who we log in as; empty: ``default``.
        password: that user's; without one it must answer all the same.
    """

    address: str
    port: Port = 26379
    user: str = ""
    password: Secret | None = None


class WarmKeys(Settings, frozen=True):
    """One kind of keys that a database can tell.

    Attributes:
        name: what people call them.
        sql: a query of the columns ``key``, ``ttl`` (seconds, or NULL) and ``value``: a text, or an array of texts for
            a list (its elements), a hash (fields and values in turn) or a sorted set (scores and members in turn).
        type: what the keys are.
        database: the number of Redis' database that they go into.
    """

    name: str
    sql: str
    type: Literal["string", "list", "hash", "zset"] = "string"
    database: int = 0


class Warming(Settings, frozen=True):
    """What the cache is filled with after a recovery.

    Attributes:
        system: a PostgreSQL of the inventory, by its name.
        keys: which keys.
    """

    system: str
    keys: list[WarmKeys] = []


class ToldKeys(Settings, frozen=True):
    """A user's keys that only a database can tell: a conversation's keys do not say whose it is.

    Attributes:
        name: what people call them.
        system: a PostgreSQL of the inventory, by its name.
        sql: a query of one column, the keys, in which ``{id}`` stands for the user's key as a text.
        database: the number of Redis' database that they lie in.
    """

    name: str
    system: str
    sql: str
    database: int = 0


class UserData(Settings, frozen=True):
    """Which keys are a user's.

    Attributes:
        keys: what they are called, ``{id}`` being the user's key; ``*`` and ``?`` stand for other characters, and not
            beside it. ``user:{id}:*`` where nothing is said.
        told: further keys, as a database tells them.
    """

    keys: list[str] = msgspec.field(default_factory=lambda: ["user:{id}:*"])
    told: list[ToldKeys] = []

    def __post_init__(self) -> None:
        """Refuse a pattern that would take somebody else's keys."""
        for pattern in self.keys:
            before, id_, after = pattern.partition("{id}")
            if not id_ or "{id}" in after or "[" in pattern or "\\" in pattern:
                raise ValueError(f"{pattern!r} must have {{id}} once, and neither brackets nor backslashes")
            if before[-1:] in ("*", "?") or after[:1] in ("*", "?"):
                raise ValueError(f"{pattern!r} has a wildcard beside {{id}}: it would take other users' keys")


class RedisSettings(SystemSettings, frozen=True, kw_only=True, tag="redis", tag_field="type"):
    """One Redis server, or one of what speaks the same (Valkey).

    Attributes:
        host: the host that it runs on.
        data_directory: its ``dir``: where the RDB file and the append-only files lie, and where it works.
        config_file: the redis.conf that it is started with; empty: it is started without one.
        acl_file: its ``aclfile``, where the configuration file does not say it.
        bin_directory: holds redis-server, redis-check-rdb and redis-check-aof where they are not on the host's PATH.
        program: the server's program, by the name that its processes have. Its other programs are called like it: with
            valkey-server they are valkey-cli, valkey-check-rdb and valkey-check-aof.
        run_as: the account that it runs as on its host; empty: the one that we log in as.
        address, port: where cleo reaches it from this machine.
        user: who we log in as; empty: ``default``. It needs every command.
        password: that user's; without one the server must let it in all the same.
        tls: whether it is talked to by TLS.
        tls_ca_file: a file with the certificates to trust, here and by the same path on its host; empty: the usual.
        tls_certificate_file: a file, here and there, with our own certificate and its key (PEM); empty: none is shown.
        app_users: who writes for the application.
        heartbeat: a key (database 0) that receives the time in UTC, ISO 8601, every second or so: it tells how much
            was lost.
        sentinels: who may promote a replica; the host's own processes are looked at without that.
        warm: what fills it from PostgreSQL after a recovery.
        user_data: which keys are a user's.
        fence: how it is kept from writing from outside; its service on its host needs no entry.
        keep_in: a folder of its host for what a restore keeps and writes down; empty: beside the data directory.
        service: how it is started and stopped.
        backups: where its backups are.
    """

    host: str
    title: str = "Redis"
    data_directory: str
    config_file: str = ""
    acl_file: str = ""
    bin_directory: str = ""
    program: str = "redis-server"
    run_as: str = ""
    address: str = "127.0.0.1"
    port: Port = 6379
    user: str = ""
    password: Secret | None = None
    tls: bool = False
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    app_users: list[AppUser] = []
    heartbeat: str = ""
    sentinels: list[Sentinel] = []
    fence: Fence = Fence()
    keep_in: str = ""
    warm: Warming | None = None
    user_data: UserData = UserData()
    service: Service
    backups: RepositorySettings

    def __post_init__(self) -> None:
        """Refuse a fence that ends with the host that it is to fence."""
        self.fence.require_elsewhere(self.host)

    def taking_over(self, other: SystemSettings) -> RedisSettings:
        """Return it as it serves in its master's place: whose data these are is said once, at the master."""
        if not isinstance(other, RedisSettings):
            return self
        return msgspec.structs.replace(
            self,
            app_users=self.app_users or other.app_users,
            heartbeat=self.heartbeat or other.heartbeat,
            sentinels=self.sentinels or other.sentinels,
            warm=self.warm or other.warm,
            user_data=other.user_data if self.user_data == UserData() else self.user_data,
        )

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the server's host, those that fence it, and the repository's where that is another."""
        found: dict[tuple[str, ...], str] = {("host",): self.host} | self.fence.hosts()
        return found | ({("backups", "host"): self.backups.host} if self.backups.host else {})

    def place(self) -> str:
        """Return its data directory."""
        return self.data_directory.rstrip("/")
