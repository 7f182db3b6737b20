"""Where everything of a lab's pooler lies, and how it is configured."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.account import Account
from cleo_console.lab.processes import Process, gone, lab_processes, signal_process
from cleo_console.lab.workspace import Workspace, write_secret
from journal.errors import CleoError

DATABASE = "app"
"""What clients call the database that leads to the primary."""
ADMIN = "pgbouncer"
_READY_S = 15.0

_CONFIG = """\
;; PgBouncer of a lab: clients come to `app`.
[databases]
app = host=127.0.0.1 port={leads_to} dbname={database}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {run}
auth_type = scram-sha-256
auth_file = {users}
admin_users = postgres
pool_mode = transaction
pidfile = {run}/pgbouncer.pid
logfile = {log}
server_connect_timeout = 2
server_login_retry = 1
ignore_startup_parameters = extra_float_digits, options
"""


@dataclass(frozen=True)
class Place:
    """A pooler of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        port: where it listens, on 127.0.0.1.
        program: PgBouncer's program.
        psql: psql's.
        account: who it runs as.
    """

    lab: Path
    name: str
    port: int
    program: str
    psql: str
    account: Account

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, self.account)

    @property
    def run(self) -> Path:
        """The folder of its socket."""
        return self.workspace.run_directory

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.workspace.directory / "etc" / "pgbouncer.ini"

    @property
    def users(self) -> Path:
        """Who is let in, with passwords."""
        return self.workspace.secrets / "users.txt"

    def make(self, leads_to: int, database: str, users: dict[str, str]) -> None:
        """Make the folder and the configuration.

        Args:
            leads_to: PostgreSQL's port.
            database: the database there.
            users: passwords by user.
        """
        self.workspace.make(("etc",))
        lines = "\n".join(f'"{name}" "{password}"' for name, password in users.items())
        write_secret(self.users, lines, self.account.uid, self.account.gid)
        self.config.write_text(
            _CONFIG.format(
                leads_to=leads_to,
                database=database,
                port=self.port,
                run=self.run,
                users=self.users,
                log=self.workspace.log("pgbouncer"),
            )
        )

    def process(self) -> Process | None:
        """Return its process."""
        return next((one for one in lab_processes(self.workspace.directory) if one.program == "pgbouncer"), None)

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            CleoError: it does not.
        """
        if self.process() is None:
            self.workspace.spawn([self.program, "-q", str(self.config)], self.workspace.log("start"))
        until = time.monotonic() + _READY_S
        while True:
            try:
                self.admin("SHOW VERSION")
                return
            except CleoError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.05)

    def end(self) -> None:
        """End it."""
        for process in lab_processes(self.workspace.directory):
            signal_process(process, signal.SIGTERM, self.workspace.directory)
        if not gone(self.workspace.directory, 5.0):
            gone(self.workspace.directory, 10.0, kill=True)

    def admin(self, command: str) -> str:
        """Give its admin console a command, and return what it answers.

        Raises:
            CleoError: it does not take it.
        """
        where = ["-h", str(self.run), "-p", str(self.port), "-U", ADMIN, "-d", "pgbouncer"]
        return self.workspace.run([self.psql, "-XqAtw", *where, "-c", command])
