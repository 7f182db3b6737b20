"""A PostgreSQL server's entry in the inventory, with its backups."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from actions.secrets import Secret
from actions.settings import Settings, SystemSettings


class Service(Settings, frozen=True):
    """How the server is started and stopped.

    ``systemd`` wants ``unit``; ``pg_ctlcluster`` wants ``version`` and ``cluster``; ``pg_ctl`` wants ``log``.
    """

    manager: Literal["systemd", "pg_ctlcluster", "pg_ctl"]
    unit: str = ""
    version: str = ""
    cluster: str = ""
    log: str = ""


class Backups(Settings, frozen=True):
    """Where backups are, and what keeps them from being taken or expired while they are held.

    ``config`` and ``config_include`` (a folder of ``*.conf``) are pgBackRest's options of these names; where nothing is
    said it looks in its own places. ``manifests`` holds ``<backup label>.json``: count and digest of every table,
    written with the backup.
    ``hold_file``: scheduled backups do not run while it exists. ``python`` is the Python on the server's host that has
    Cleo's modules, to copy a repository that is a folder there to the second place; a local host needs none.
    ``host`` is the repository host, where that is not the server's: backups are taken, verified and held there, as the
    account ``run_as``, by the configuration of that host. Hold file and manifests' folder: ``hold_file`` lies there,
    ``manifests`` on the server's host.
    """

    engine: Literal["pgbackrest"] = "pgbackrest"
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


class PostgresSettings(SystemSettings, frozen=True, kw_only=True, tag="postgres", tag_field="type"):
    """One PostgreSQL server.

    ``app_roles`` are the roles that write for the application; ``heartbeat`` is a table whose column
    ``at`` receives a committed time every second or so: it tells how much was lost. ``config_file`` is the path of
    postgresql.conf where that lies neither in the data directory nor in Debian's place. ``keep_in`` is a folder of its
    host for what a restore keeps and writes down; else that is where the data directory lies. ``scratch_in`` is a
    folder of its host for side instances (a backup restored beside the server); else they lie there, too.
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
    socket_directory: str = ""
    database: str = "postgres"
    user: str = "postgres"
    password: Secret | None = None
    service: Service
    app_roles: list[str] = []
    heartbeat: str = ""
    backups: Backups

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the server's host, and the repository host where that is another."""
        found: dict[tuple[str, ...], str] = {("host",): self.host}
        return found | ({("backups", "host"): self.backups.host} if self.backups.host else {})

    def place(self) -> str:
        """Return its data directory."""
        return self.data_directory.rstrip("/")
