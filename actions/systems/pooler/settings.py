"""What an inventory says of a connection pooler."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from actions.secrets import Secret
from actions.settings import SystemSettings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ADDRESS = re.compile(r"[A-Za-z0-9_.:/-]+:[0-9]+")


class PoolerSettings(SystemSettings, frozen=True, kw_only=True, tag="pooler", tag_field="type"):
    """One PgBouncer, with the databases in it that are to lead to the primary of one PostgreSQL.

    Attributes:
        host: the host that it runs on.
        fronts: the PostgreSQL of the inventory that it leads to, the primary or a standby of it.
        databases: what clients call the databases that lead to the primary, as its ``[databases]`` has them. Others (a
            read replica's) stay as they are.
        servers: where the pooler reaches a PostgreSQL of the inventory, ``10.2.0.11:5432``, by that one's name; without
            an entry by the address and port that the inventory has of it.
        config: its configuration file, as it was started with; databases in a file that it includes are found there.
        socket: the folder of its socket on its host, or an address there.
        port: where it listens.
        admin: who we are in its admin console; PgBouncer lets ``pgbouncer`` in by its socket, from its own account.
        password: that user's, where it wants one.
        run_as: the account that uses the admin console; empty: the one that we log in as.
        write_as: the account that may write in the configuration's folder; empty: the one that we log in as.
        psql: psql on its host.
        address: where clients reach it from this machine; through it we ask where it leads.
        user: who asks that, in each of the databases; empty: cleo's user of the PostgreSQL.
        user_password: that user's; empty: that of cleo's user of the PostgreSQL.
        pause_s: seconds that transactions get to end before it is turned.
        count_s: seconds that sessions at another server get to end before they are told as left.
    """

    host: str
    fronts: str
    databases: Annotated[list[str], msgspec.Meta(min_length=1)]
    servers: dict[str, str] = {}
    config: str = "/etc/pgbouncer/pgbouncer.ini"
    socket: str = "/var/run/postgresql"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 6432
    admin: str = "pgbouncer"
    password: Secret | None = None
    run_as: str = ""
    write_as: str = ""
    psql: str = "psql"
    address: str = "127.0.0.1"
    user: str = ""
    user_password: Secret | None = None
    pause_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    count_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0

    def __post_init__(self) -> None:
        """Refuse what PgBouncer would read otherwise."""
        if wrong := [name for name in self.databases if not _NAME.fullmatch(name) or name == "pgbouncer"]:
            raise ValueError(f"{wrong[0]!r} is no database that clients come to (write each by its name, not `*`)")
        if len(set(self.databases)) < len(self.databases):
            raise ValueError("a database is named twice")
        if wrong := [text for text in self.servers.values() if not _ADDRESS.fullmatch(text)]:
            raise ValueError(f"{wrong[0]!r} is to be an address with its port")
        if not self.config.startswith("/"):
            raise ValueError("config is to be a whole path")

    def place(self) -> str:
        """Return where it listens."""
        return f"{self.socket}:{self.port}"
