"""What makes a side instance harmless: how it is restored, and the settings that it is started with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.systems.postgres.pgbackrest.command import command_line
from actions.systems.postgres.process import control
from actions.systems.postgres.restore_command import fetch_words, in_configuration
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.place import Side

OWN_SETTINGS = "settings-of-backup"
"""The file in a side instance's directory that has what ALTER SYSTEM had set when the backup was taken."""
_RULES = "local all all trust\n"
"""The socket's directory lets in nobody but the server's account (and root)."""

_HARMLESS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "archive_mode": "off",
    "archive_command": "",
    "hot_standby": "off",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "primary_conninfo": "",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "autovacuum": "off",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "lc_messages": "C",
    "shared_buffers": "128MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "20",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
    "statement_timeout": "0",
}
"""It archives nothing, listens nowhere, subscribes to nothing, and runs nobody's jobs (pg_cron and its like want to be
preloaded). Without hot standby it needs none of the real server's sizes. What it holds is in the backups: nothing of it
must survive a crash of its host. Shared memory in its own directory is gone with it."""


def own_options(root: str) -> list[str]:
    """Return pgBackRest's options that keep it in a side instance's directory, whatever its own files say.

    Without them a tablespace, or a link such as pg_wal, would be restored over the real server's, and the spool of a
    server that archives or replays by itself would be shared.
    """
    return [
        f"--pg1-path={root}/data",
        f"--lock-path={root}/lock",
        "--log-level-file=off",
    ]


def restore_line(side: Side, *, repository: int) -> list[str]:
    """Return pgBackRest's command line for the restore into the side instance's directory."""
    record = side.record
    only = [f"--db-include={record.database}"] if record.database else []
    return command_line(
        side.of.settings.backups,
        "restore",
        *own_options(side.root),
        f"--set={record.backup}",
        "--delta",
        "--reset-link-map",
        "--no-link-all",
        *(["--reset-db-include"] if not record.database else []),
        "--reset-db-exclude",
        "--reset-tablespace-map",
        f"--tablespace-map-all={side.root}/tablespaces",
        "--archive-mode=off",
        "--type=none",
        *only,
        "--log-level-console=detail",
        repository=repository,
    )


def configuration(side: Side, target: Mapping[str, str], timeline: int, sources: Mapping[int, Sequence[str]]) -> str:
    """Return the text of its ``postgresql.conf``.

    Args:
        side: the side instance.
        target: PostgreSQL's settings that end the replay.
        timeline: the one that is replayed.
        sources: the repositories that log is taken from, each with the segments that are damaged there.
    """
    backups = side.of.settings.backups
    options = [*own_options(side.root), "--no-archive-async"]
    survived = f"{side.root}/survived-log"
    settings = {
        **_HARMLESS,
        "data_directory": f"{side.root}/data",
        "hba_file": f"{side.root}/pg_hba.conf",
        "ident_file": f"{side.root}/pg_ident.conf",
        "unix_socket_directories": f"{side.root}/socket",
        "port": str(side.record.port),
        "cluster_name": "cleo side instance",
        "max_prepared_transactions": str(_prepared(side.server)),
        "restore_command": fetch_words(backups, sources, survived, options),
        **target,
        "recovery_target_timeline": str(timeline),
        "recovery_target_action": "promote",
    }
    return "".join(f"{name} = '{in_configuration(value)}'\n" for name, value in settings.items())


def _prepared(server: Server) -> int:
    """Return how many prepared transactions the real server allowed: recovery stops where there is no room for them."""
    found = control(server)
    return found.prepared if found else 0


def write_configuration(side: Side, text: str, survived: Mapping[str, str]) -> None:
    """Write everything that it is started by. What ALTER SYSTEM set on the real server is left out."""
    of, root = side.of, side.root
    of.write(f"{root}/survived-log", "".join(f"{name} {path}\n" for name, path in sorted(survived.items())))
    of.write(f"{root}/postgresql.conf", text)
    of.write(f"{root}/pg_hba.conf", _RULES)
    of.write(f"{root}/pg_ident.conf", "")
    if not of.exists(f"{root}/{OWN_SETTINGS}"):
        of.write(f"{root}/{OWN_SETTINGS}", of.read(f"{root}/data/postgresql.auto.conf") or "")
    of.write(f"{root}/data/postgresql.auto.conf", "")
    of.write(f"{root}/data/recovery.signal", "")
    of.remove(f"{root}/data/standby.signal")
