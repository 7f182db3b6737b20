"""The faults that can be injected into a cluster. Each is done for real."""

from __future__ import annotations

from cleo_console.lab.postgres import intruder, repository_faults, server_faults
from cleo_console.lab.service import FaultKind

LOSE_DATA_DIRECTORY = FaultKind(
    "lose-data-directory",
    "kill the server and delete all of its data directory",
    server_faults.lose_data_directory,
    total=True,
)
KILL_POSTMASTER = FaultKind("kill-postmaster", "kill the server (SIGKILL)", server_faults.kill_postmaster)

SERVER_FAULTS = (
    LOSE_DATA_DIRECTORY,
    KILL_POSTMASTER,
    FaultKind("intruder", "make a superuser, a trigger and an open rule, as an intruder", intruder.intrude),
    FaultKind("drop-table", "drop the table messages, as the application", server_faults.drop_table),
    FaultKind("flip-byte", "flip a byte on disk inside the table messages", server_faults.flip_byte),
    FaultKind(
        "damage-newest-backup",
        "damage a file of the newest backup; there is one before it",
        repository_faults.damage_newest_backup,
    ),
    FaultKind(
        "lose-wal-segment",
        "delete an archived log segment that the newest backup needs to reach the present",
        repository_faults.lose_wal_segment,
    ),
)
