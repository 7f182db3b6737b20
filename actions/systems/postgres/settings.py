"""A PostgreSQL server's entry in the inventory, with its backups."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from actions.failover.settings import Fence
from actions.secrets import Secret
from actions.settings import Settings, SystemSettings


class Service(Settings, frozen=True):
    """How the server is started and stopped.

    Attributes:
        manager: what starts and stops it. ``pg_ctl`` runs as ``run_as``.
        unit: the unit's name; ``systemd`` wants it.
        version, cluster: what ``pg_ctlcluster`` calls it (``15``, ``main``).
        log: the file that the server's output goes to; ``pg_ctl`` wants it.
    """

    manager: Literal["systemd", "pg_ctlcluster", "pg_ctl"]
    unit: str = ""
    version: str = ""
    cluster: str = ""
    log: str = ""


class Backups(Settings, frozen=True):
    """Where backups are, and what keeps them from being taken or expired while they are held.

    Attributes:
        config, config_include: pgBackRest's options of these names (a file, a folder of ``*.conf``) on the server's
            host; empty: it looks in its own places.
        host: the repository host, where that is not the server's: backups are taken, verified and held there.
        host_config, host_config_include: the same options on that host.
        run_as: the account that pgBackRest runs as on that host; empty: the one that we log in as.
        stanza: pgBackRest's name for the cluster.
        repository: the repository's path, shown to people: pgBackRest goes by its configuration.
        manifests: a folder on the server's host for ``<backup label>.json``: count and digest of every table, written
            with the backup; empty: none are written, and a verification compares nothing.
        hold_file: scheduled backups do not run while it exists; it lies where backups are taken.
        python: the Python on the server's host that has Cleo's modules, to copy a repository that is a folder there to
            the second place; a local host needs none.
    """

    config: str = ""
    config_include: str = ""
    host: str = ""
    host_config: str = ""
    host_config_include: str = ""
    run_as: str = ""
    stanza: str = "main"
    repository: str = ""
    manifests: str = ""
    hold_file: str = ""
    python: str = ""


class Patroni(Settings, frozen=True):
    """How Patroni is found, where its process does not tell.

    Attributes:
        config: its configuration file on the server's host; empty: the one that its command line names.
        api: where its REST interface is reached from that host (``https://127.0.0.1:8008``); empty: as that file says.
    """

    config: str = ""
    api: str = ""


class UserData(Settings, frozen=True):
    """Whose a row is: by its one foreign key to the table of users, else by a column of a name.

    Attributes:
        users: the table of users, with its schema where several are called so.
        column: what a column is called that says whose a row is.
        also: further such columns, ``table.column``, where several could say it.
    """

    users: str = "users"
    column: str = "user_id"
    also: list[str] = []


class PostgresSettings(SystemSettings, frozen=True, kw_only=True, tag="postgres", tag_field="type"):
    """One PostgreSQL server.

    Attributes:
        host: the host that it runs on.
        data_directory: its data directory.
        config_file: the path of postgresql.conf, where that lies neither in the data directory nor in Debian's place.
        keep_in: a folder of its host for what a restore keeps and writes down; empty: beside the data directory.
        scratch_in: a folder of its host for side instances (a backup restored beside the server); empty: there, too.
        bin_directory: holds PostgreSQL's programs, where they are not on the host's PATH.
        run_as: the account that it runs as on its host; empty: the one that we log in as.
        address, port: where cleo reaches it from this machine; port also counts on its host.
        sslmode: how TLS is talked, as libpq has it; prefer verifies nothing: verify-full does (for open networks).
        tls_ca_file: a file with the certificates to trust, here and by the same path on its host; empty: libpq's.
        tls_certificate_file: a file, here and there, with our own certificate and its key (PEM), readable for its owner
            alone; empty: libpq's.
        database: the database that we log in to.
        user: who we log in as: a superuser; one with ``pg_monitor`` and ``pg_read_all_data`` can look and verify.
        password: that user's; without one the server must let it in all the same.
        service: how it is started and stopped.
        app_roles: the roles that write for the application; without them nobody is kept out.
        heartbeat: a table (``schema.table``) whose column ``at`` gets a committed time every second or so: it tells how
            much was lost.
        user_data: which rows are a user's.
        fence: how it is kept from writing from outside; its service on its host needs no entry.
        patroni: how its Patroni is found; one that runs on its host needs no entry.
        replication: how a standby reaches it, as ``primary_conninfo`` has it (``host=… port=… user=… passfile=…``, no
            password); empty: as it followed its own primary, at its address.
        tablespaces: where its tablespaces go as it is rebuilt (by name), where that is neither where it had them nor
            where its primary has them.
        backups: where its backups are.
    """

    host: str
    title: str = "PostgreSQL"
    data_directory: str
    config_file: str = ""
    keep_in: str = ""
    scratch_in: str = ""
    bin_directory: str = ""
    run_as: str = ""
    address: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 5432
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    database: str = "postgres"
    user: str = "postgres"
    password: Secret | None = None
    service: Service
    app_roles: list[str] = []
    heartbeat: str = ""
    user_data: UserData = UserData()
    fence: Fence = Fence()
    patroni: Patroni = Patroni()
    replication: str = ""
    tablespaces: dict[str, str] = {}
    backups: Backups

    def __post_init__(self) -> None:
        """Refuse a fence that ends with the host that it is to fence."""
        self.fence.require_elsewhere(self.host)

    def taking_over(self, other: SystemSettings) -> PostgresSettings:
        """Return it as it serves in its primary's place: whose data these are is said once, at the primary."""
        if not isinstance(other, PostgresSettings):
            return self
        return msgspec.structs.replace(
            self,
            app_roles=self.app_roles or other.app_roles,
            heartbeat=self.heartbeat or other.heartbeat,
            user_data=other.user_data if self.user_data == UserData() else self.user_data,
        )

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the server's host, the repository host where that is another, and those that fence it."""
        found: dict[tuple[str, ...], str] = {("host",): self.host}
        found |= self.fence.hosts()
        return found | ({("backups", "host"): self.backups.host} if self.backups.host else {})

    def place(self) -> str:
        """Return its data directory."""
        return self.data_directory.rstrip("/")
