"""The lab's two small shell programs: the writer, and the scheduled backups."""

from __future__ import annotations

import shlex
from pathlib import Path

from cleo_console.lab.processes import running_script
from cleo_console.lab.site import STANZA, Site, write_readable

SCRIPTS = Path(__file__).parent / "scripts"
WRITER = "heartbeat.sh"
SCHEDULE = "schedule.sh"


def install_scripts(site: Site, backup_minutes: float) -> None:
    """Copy the scripts into the lab: its account may not be able to read where this program is installed."""
    for name in (WRITER, SCHEDULE, "backup.sh", "count.sql", "manifest.sql"):
        write_readable(site.directory / "bin" / name, (SCRIPTS / name).read_text())
    settings = {
        "BIN": site.programs.bin_directory,
        "DATA": site.data_directory,
        "PORT": site.port,
        "APP_PASSWORD_FILE": site.app_password_file,
        "PGBACKREST": site.programs.pgbackrest,
        "CONFIG": site.backup_config,
        "STANZA": STANZA,
        "HOLD": site.hold_file,
        "BACKUP_SECONDS": f"{backup_minutes * 60:.0f}",
    }
    text = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
    write_readable(site.directory / "bin" / "lab.env", text)


def start_helpers(site: Site) -> list[str]:
    """Start those of the two that do not run, and return their names."""
    started = [name for name in (WRITER, SCHEDULE) if not running_script(site.directory, name)]
    for name in started:
        log = "heartbeat" if name == WRITER else "backups"
        site.spawn(["sh", f"bin/{name}"], site.log(log))
    return started
