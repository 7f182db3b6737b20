"""A PostgreSQL cluster of a lab: what lies where, and how to talk to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.postgres.programs import Programs
from cleo_console.lab.workspace import Workspace

DATABASE = "cleoai"


@dataclass(frozen=True)
class Cluster(Workspace):
    """A cluster's folder and everything needed to run a program in it.

    Args:
        programs: where PostgreSQL's programs and pgBackRest are.
        port: PostgreSQL's port at its station's address.
        stanza: pgBackRest's name for its backups.
        primary: the cluster whose roles and backups it has: its own name, where it is no standby.
        cold: whether it has a repository of its own, though not roles: it stands by for what is restored there.
    """

    programs: Programs
    port: int
    stanza: str
    primary: str
    cold: bool = False

    @property
    def data_directory(self) -> Path:
        """PostgreSQL's data directory."""
        return self.directory / "pg" / "data"

    @property
    def repository(self) -> Path:
        """The backup repository, the only place this cluster archives to."""
        return self._backups_in / "repo"

    @property
    def manifests(self) -> Path:
        """One JSON file a backup: each table's count and digest."""
        return self._backups_in / "manifests"

    @property
    def hold_file(self) -> Path:
        """While this file exists, no scheduled backup and no expiry takes place."""
        return self._backups_in / "run" / "hold"

    @property
    def _backups_in(self) -> Path:
        return self.directory if self.cold else self.lab / self.primary

    @property
    def backup_config(self) -> Path:
        """The configuration file of pgBackRest."""
        return self.directory / "pgbackrest.conf"

    @property
    def own_settings(self) -> Path:
        """The settings of a cold standby: outside of its data directory, in which the lost server's are restored."""
        return self.directory / "etc" / "postgresql.conf"

    @property
    def console_password_file(self) -> Path:
        """The console's password."""
        return self.lab / self.primary / "secrets" / "cleo"

    @property
    def app_password_file(self) -> Path:
        """The application's password, in libpq's own format."""
        return self.secrets / "cleo_app.pgpass"

    @property
    def app_secret_file(self) -> Path:
        """The application's password alone, as the console reads it."""
        return self.lab / self.primary / "secrets" / "cleo_app"

    @property
    def replication_password_file(self) -> Path:
        """The password with which a standby follows its primary, in libpq's own format."""
        return self.lab / self.primary / "secrets" / "replicator.pgpass"

    @property
    def server_log(self) -> Path:
        """PostgreSQL's log."""
        return self.log("postgres")

    def psql(self, sql: str, *, database: str = DATABASE, timeout: float = 600.0) -> str:
        """Run SQL as the superuser through the socket; returns unaligned rows, fields separated by `|`.

        Raises:
            CleoError: the server cannot be reached or refuses a statement.
        """
        return self.run(self._psql(str(self.run_directory), "postgres", database), stdin=sql, timeout=timeout).strip()

    def app_psql(self, sql: str, *, timeout: float = 60.0) -> str:
        """Run SQL as the application does: its own role, password, over TCP.

        Raises:
            CleoError: the server cannot be reached or refuses a statement.
        """
        password = {"PGPASSFILE": str(self.app_password_file), "PGAPPNAME": "cleoai"}
        argv = self._psql(self.station.address, "cleo_app", DATABASE)
        return self.run(argv, stdin=sql, environment=password, timeout=timeout).strip()

    def _psql(self, host: str, user: str, database: str) -> list[str]:
        options = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", str(self.port), "-U", user, "-d", database]
        return [self.programs.server("psql"), *options]

    def pgbackrest(self, *arguments: str, timeout: float = 3600.0) -> str:
        """Run pgBackRest on this cluster's repository and return what it printed.

        Raises:
            CleoError: it failed.
        """
        fixed = [str(self.programs.pgbackrest), f"--config={self.backup_config}", f"--stanza={self.stanza}"]
        return self.run([*fixed, *arguments], timeout=timeout)
