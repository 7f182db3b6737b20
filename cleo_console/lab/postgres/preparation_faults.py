"""Faults of an ordinary day: nothing is lost, and a recovery would stop at them. ``cleo ready`` finds them."""

from __future__ import annotations

import os

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.taken_away import take_away

_CONSOLE = "cleo"
_MISFIT = "host all all 10.0.0.0/8 scram-sha-257\n"


def revoke_right(cluster: Cluster) -> Done:
    """Take the rights of a superuser from the console's user; it still logs in and looks."""
    server.require_running(cluster)
    at = utc_now()
    cluster.psql(f"ALTER ROLE {_CONSOLE} NOSUPERUSER")
    return f"The user {_CONSOLE} is no superuser any more.", {"at": at, "role": _CONSOLE}


def expire_password(cluster: Cluster) -> Done:
    """Let the password of the console's user end yesterday."""
    server.require_running(cluster)
    at = utc_now()
    cluster.psql(f"ALTER ROLE {_CONSOLE} VALID UNTIL '2020-01-01 00:00:00+00'")
    return f"The password of the user {_CONSOLE} ended in 2020.", {"at": at, "role": _CONSOLE}


def shut_folder(cluster: Cluster) -> Done:
    """Give the folder beside the data directory to root: a restore could keep nothing there."""
    at, folder = utc_now(), cluster.data_directory.parent
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    return f"{folder} belongs to root: the server's account may make nothing there.", {"at": at, "folder": str(folder)}


def misfit_rule(cluster: Cluster) -> Done:
    """Add a line to pg_hba.conf that PostgreSQL cannot read, as a hurried edit leaves it: no reload takes the file."""
    at, rules = utc_now(), cluster.data_directory / "pg_hba.conf"
    with rules.open("a", encoding="utf-8") as file:
        file.write(_MISFIT)
    return f"Added a line to {rules} that does not fit; the server goes by what it read before.", {"at": at}


def refuse_console(cluster: Cluster) -> Done:
    """Let a first line of pg_hba.conf refuse the console's user, as a tidied file does."""
    server.require_running(cluster)
    at, rules = utc_now(), cluster.data_directory / "pg_hba.conf"
    rules.write_text(f"host all {_CONSOLE} all reject\n{rules.read_text(encoding='utf-8')}", encoding="utf-8")
    cluster.psql("SELECT pg_reload_conf()")
    return f"The first line of {rules} refuses the user {_CONSOLE}.", {"at": at, "role": _CONSOLE}


def stop_archiving(cluster: Cluster) -> Done:
    """Let archive_command fail, as it does once the repository's disk is full or its key has expired."""
    server.require_running(cluster)
    at = utc_now()
    cluster.psql("ALTER SYSTEM SET archive_command = '/bin/false'")
    cluster.psql("SELECT pg_reload_conf()")
    cluster.psql("SELECT pg_switch_wal()")
    return "archive_command fails from now on: the log stays where it is.", {"at": at}


def stop_pgbackrest(cluster: Cluster) -> Done:
    """Run ``pgbackrest stop``, as for a maintenance that somebody forgot to end: no backup, no log in or out."""
    at = utc_now()
    cluster.pgbackrest("stop")
    return "Stopped pgBackRest (`pgbackrest stop`): it takes no backup, and gives no log.", {"at": at}


def lose_repository(cluster: Cluster) -> Done:
    """Move the repository of its backups away, as a disk that was not mounted."""
    return take_away(cluster.repository, "the repository of its backups")


FAULTS = (
    FaultKind("revoke-right", "take the rights of a superuser from the console's user", revoke_right),
    FaultKind("expire-password", "let the password of the console's user end", expire_password),
    FaultKind("shut-folder", "take the folder of a restore from the server's account (as root)", shut_folder),
    FaultKind("misfit-rule", "add a line to pg_hba.conf that does not fit", misfit_rule),
    FaultKind("refuse-console", "refuse the console's user by pg_hba.conf", refuse_console),
    FaultKind("stop-archiving", "let archive_command fail", stop_archiving),
    FaultKind("stop-pgbackrest", "run pgbackrest stop, and forget it", stop_pgbackrest),
    FaultKind("lose-repository", "move the repository of its backups away", lose_repository),
)
