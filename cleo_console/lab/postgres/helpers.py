"""A cluster's two small shell programs: the writer, and the scheduled backups."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.processes import running_script
from cleo_console.lab.station import HERE
from cleo_console.lab.workspace import write_readable

SCRIPTS = Path(__file__).parent / "scripts"
WRITER = "heartbeat.sh"
SCHEDULE = "schedule.sh"


def install_scripts(cluster: Cluster, backup_minutes: float) -> None:
    """Copy the scripts to the cluster: its account may not be able to read where this program is installed."""
    for name in (WRITER, SCHEDULE, "backup.sh", "count.sql", "manifest.sql"):
        write_readable(cluster.directory / "bin" / name, (SCRIPTS / name).read_text())
    settings = {
        "BIN": cluster.programs.bin_directory,
        "DATA": cluster.data_directory,
        "PORT": cluster.port,
        "ADDRESS": cluster.station.address,
        "APP_PASSWORD_FILE": cluster.app_password_file,
        "PGBACKREST": cluster.programs.pgbackrest,
        "CONFIG": cluster.backup_config,
        "STANZA": cluster.stanza,
        "HOLD": cluster.hold_file,
        "REACHED": cluster.station.reaches_repository or "true",
        "BACKUP_SECONDS": f"{backup_minutes * 60:.0f}",
    }
    text = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
    write_readable(cluster.directory / "bin" / "lab.env", text)


def start_helpers(cluster: Cluster) -> list[str]:
    """Start those of the two that do not run, and return their names."""
    started = [name for name in (WRITER, SCHEDULE) if helper_pid(cluster, name) is None]
    for name in started:
        log = "heartbeat" if name == WRITER else "backups"
        where = replace(cluster, station=HERE) if name == WRITER else cluster  # who writes comes in from outside
        where.spawn(["sh", str(_installed(cluster, name))], cluster.log(log))
    return started


def helper_pid(cluster: Cluster, name: str) -> int | None:
    """The pid of one of the two; None where it does not run."""
    process = running_script(cluster.directory, _installed(cluster, name))
    return process.pid if process else None


def _installed(cluster: Cluster, name: str) -> Path:
    return cluster.directory / "bin" / name
