"""A file store: a directory tree on a host, and its hourly snapshots by restic.

Needs: on its host, restic and a Python with Cleo's modules (`python`), as root (`run_as`) to restore owners and to
keep writers out.
"""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

_HERE = "actions.systems.files"

SYSTEM = SystemType(
    name="files",
    title="File store",
    settings=f"{_HERE}.settings:FilesSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "files.is_there": f"{_HERE}.start:is_there",
        "files.start": f"{_HERE}.start:start",
        "files.writers": f"{_HERE}.writers:writers",
        "files.stop_writers": f"{_HERE}.writers:stop_writers",
        "files.allow_writers": f"{_HERE}.writers:allow_writers",
        "files.restore": f"{_HERE}.restore:restore",
        "files.is_restored": f"{_HERE}.restore:is_restored",
        "files.verify": f"{_HERE}.verify:verify",
        "files.drill": f"{_HERE}.drill:drill",
        "files.drill_left": f"{_HERE}.drill:drill_left",
        "files.unlock": f"{_HERE}.unlock:unlock",
    },
    backups=f"{_HERE}.engine:ENGINE",
    cold=f"{_HERE}.cold:COLD",
    positions=(
        PositionForm(
            name="snapshot",
            title="A named snapshot",
            help="By the id that backups.verify and restic show.",
            pattern=r"[0-9a-f]{8,64}",
            example="89e0cfc8",
        ),
    ),
    evidence=f"{_HERE}.forensics:evidence",
    traces=f"{_HERE}.traces_source:source",
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    lab="cleo_console.lab.files.service:FilesService",
)
