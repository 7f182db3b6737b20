"""The shell commands of PostgreSQL's actions, as a person types them (see `actions.by_hand`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from actions.by_hand import TAKE_OUT, ByHand, CommandLine
from actions.recovery_point import label_of
from actions.systems.postgres.command_lines import (
    amcheck_line,
    as_client,
    as_server,
    controldata_line,
    program,
    psql_words,
    start_line,
    stop_line,
)
from actions.systems.postgres.fence_guard import GUARD
from actions.systems.postgres.hba import BEGIN, END, block_of
from actions.systems.postgres.login_block import END_SESSIONS
from actions.systems.postgres.pgbackrest.command import command_line
from actions.systems.postgres.preserve import MOVE
from actions.systems.postgres.replay import recovery_lines
from actions.systems.postgres.replay_target import settings_at
from actions.systems.postgres.restore_command import READY, restore_command
from actions.systems.postgres.settings import PostgresSettings
from journal.incident.recovery_point import RecoveryPoint

_KEEP = "Only while the server is down. Keep the old data (tablespaces lie elsewhere: keep those, too):"
_WAIT_S = 60.0
_PUT_FIRST = 'grep -qxF "$3" "$1" || { printf %s "$2" | cat - "$1" >"$1.new" && cat "$1.new" >"$1" && rm -f "$1.new"; }'
_REPLAY = (
    "sed -i '/^recovery_target/d' \"$1/postgresql.auto.conf\" && "
    'printf %s "$2" >>"$1/postgresql.auto.conf" && : >"$1/recovery.signal" && rm -f "$1/standby.signal"'
)
_SWAP = 'cp -p "$1"/postgresql.conf "$1"/pg_*.conf "$1.rejoining" && mv -T "$1" "$1.aside" && mv -T "$1.rejoining" "$1"'
_REACHED = "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()"
_EXAMPLE = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


def is_running(known: ByHand) -> Sequence[CommandLine]:
    """Tell what reads the control file."""
    return [controldata_line(known.settings(PostgresSettings))]


def start(known: ByHand) -> Sequence[CommandLine]:
    """Tell what starts the server."""
    settings = known.settings(PostgresSettings)
    return [
        start_line(settings, settings.config_file),
        _psql(settings, _REACHED, "Again until it says f: it is up and takes writes."),
    ]


def stop(known: ByHand) -> Sequence[CommandLine]:
    """Tell what stops the server."""
    settings = known.settings(PostgresSettings)
    return [stop_line(settings, immediate=bool(known.params.get("immediate")), timeout_s=_WAIT_S)]


def fence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what has every start refused and stops the server, or cuts it off from outside."""
    settings = known.settings(PostgresSettings)
    commands = settings.fence.commands(str(known.params.get("by") or ""))
    if commands:
        state = CommandLine(argv=commands.state, host=commands.host, what=f"It must say: {commands.fenced_says}")
        return [CommandLine(argv=commands.fence, host=commands.host), state]
    file = f"{settings.data_directory.rstrip('/')}/postgresql.auto.conf"
    argv = [
        "sh",
        "-c",
        'printf "\\n%s" "$2" >>"$1"',
        "sh",
        file,
        GUARD.block_of(f"incident {known.incident}"),
    ]
    put = as_server(settings, *argv, what="Only on its own host. Have every start refused, also after a reboot:")
    return [put, stop_line(settings, immediate=False, timeout_s=_WAIT_S), _would_start(settings, "It must be refused:")]


def unfence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what takes the line out that has every start refused."""
    settings = known.settings(PostgresSettings)
    file = f"{settings.data_directory.rstrip('/')}/postgresql.auto.conf"
    argv = ["sh", "-c", TAKE_OUT, "sh", file, GUARD.begin, GUARD.end]
    take = as_server(settings, *argv, what="Only if no other server is a primary in its place:")
    return [take, _would_start(settings, "It must print the data directory:")]


def promote(known: ByHand) -> Sequence[CommandLine]:
    """Tell what promotes each standby of the server."""
    systems = known.inventory.systems
    mine = [one for one in systems.values() if isinstance(one, PostgresSettings) and one.standby_of == known.system]
    standbys = [one for one in mine if not one.cold]
    primary = known.settings(PostgresSettings)
    lines = [CommandLine(what="Only once the old primary is fenced: unreachable is not dead.")]
    for standby in standbys:
        settings = standby.taking_over(primary)
        name = settings.title or settings.host
        lines += [
            *([_block(settings), _reload(settings)] if settings.app_roles else []),
            _psql(settings, "SELECT pg_promote()", f"Promote {name}; of several the one that has most:"),
            _psql(settings, _REACHED, "It must say f; then try a write, which must come back:"),
        ]
    return lines


def pause_replay(known: ByHand) -> Sequence[CommandLine]:
    """Tell what pauses the replay of a standby, and shows where it stands."""
    settings = known.settings(PostgresSettings)
    at = "SELECT pg_get_wal_replay_pause_state(), pg_last_xact_replay_timestamp()"
    wants = "Wants paused, or, while it waits out its delay, pause requested."
    return [_psql(settings, "SELECT pg_wal_replay_pause()", "Pause it."), _psql(settings, at, wants)]


def activate_standby(known: ByHand) -> Sequence[CommandLine]:
    """Tell what shows how far a warm standby came; that it fetches log, and its start, are its own host's commands."""
    what = "There, with standby.signal: restore_command to archive-get, start it; until this stays:"
    return [_psql(known.settings(PostgresSettings), _REACHED, what)]


def resume_replay(known: ByHand) -> Sequence[CommandLine]:
    """Tell what lets a standby replay again."""
    what = "It applies what it held back, the damage too."
    return [_psql(known.settings(PostgresSettings), "SELECT pg_wal_replay_resume()", what)]


def switch_back(known: ByHand) -> Sequence[CommandLine]:
    """Tell what is compared before a primary and its standby change places; the rest is other steps' commands."""
    what = "Writers out, fence, by those steps' commands. Promote only if pg_controldata says shut down, and the other"
    return [CommandLine(what=f"{what} has replayed more than that checkpoint's location.")]


def rejoin(known: ByHand) -> Sequence[CommandLine]:
    """Tell what copies the new primary beside an old one's data, and starts the copy as its standby."""
    settings = known.settings(PostgresSettings)
    data = settings.data_directory.rstrip("/")
    way = settings.replication or "host=NEW_PRIMARY port=PORT user=REPLICATION_ROLE passfile=FILE"
    argv = [program(settings, "pg_basebackup"), "-D", f"{data}.rejoining", "-d", way, "-R"]
    swap = ["sh", "-c", _SWAP, "sh", data]
    return [
        as_server(settings, *argv, what="Only once it is fenced and down (tablespaces: -T THERE=/EMPTY for each):"),
        as_server(settings, *swap, what="It keeps its own settings; never start what is kept aside:"),
        start_line(settings, settings.config_file),
    ]


def _would_start(settings: PostgresSettings, what: str) -> CommandLine:
    data = settings.data_directory.rstrip("/")
    config = ["-c", f"config_file={settings.config_file}"] if settings.config_file else []
    return as_server(settings, program(settings, "postgres"), "-C", "data_directory", "-D", data, *config, what=what)


def stop_writers(known: ByHand) -> Sequence[CommandLine]:
    """Tell what keeps the application's roles out."""
    settings = known.settings(PostgresSettings)
    if not settings.app_roles:
        return [CommandLine(what="The inventory names no app_roles: nobody knows who writes.")]
    ended = _psql(settings, _end_sessions(settings), "End their sessions; again, until it finds none:")
    return [_block(settings), _reload(settings), ended]


def allow_writers(known: ByHand) -> Sequence[CommandLine]:
    """Tell what lets the application's roles in again."""
    settings = known.settings(PostgresSettings)
    argv = ["sh", "-c", TAKE_OUT, "sh", _hba(settings), BEGIN, END]
    return [as_server(settings, *argv, what="Take the block out of pg_hba.conf:"), _reload(settings)]


def restore(known: ByHand) -> Sequence[CommandLine]:
    """Tell what keeps the old data and restores a backup over it."""
    settings = known.settings(PostgresSettings)
    data, backups = settings.data_directory.rstrip("/"), settings.backups
    label = str(known.params.get("backup") or "") or (label_of(known.point) if known.point else "")
    folder = str(known.params.get("keep_in") or "") or settings.keep_in
    kept = f"{folder.rstrip('/')}/{data.rpartition('/')[2]}" if folder else data
    aside = f"{kept}.aside-TIME"
    lines = [
        as_server(settings, *command_line(backups, "info"), what="BACKUP: the newest set before the recovery point"),
        as_server(settings, "sh", "-c", MOVE, "sh", data, aside, what=_KEEP),
        as_server(settings, "sh", "-c", READY, "sh", data, what="Restore:"),
        as_server(settings, *restore_command(backups, label or "BACKUP", timeline="latest")),
    ]
    return [*(lines[1:] if label else lines), *([_block(settings)] if settings.app_roles else [])]


def apply_wal(known: ByHand) -> Sequence[CommandLine]:
    """Tell what replays the log up to the recovery point."""
    settings = known.settings(PostgresSettings)
    point = known.point or RecoveryPoint(instant=_EXAMPLE)
    text = "\n".join(recovery_lines(settings_at(point), "latest")) + "\n"
    what = (
        f"Replay up to {point}:" if known.point else "Put the recovery point there (no recovery_target_time: all log):"
    )
    argv = ["sh", "-c", _REPLAY, "sh", settings.data_directory.rstrip("/"), text]
    reached = _psql(settings, _REACHED, "Again until it says f: then it is promoted.")
    return [as_server(settings, *argv, what=what), start_line(settings, settings.config_file), reached]


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Tell what checks the structures; the comparison with the manifest is no single command."""
    settings = known.settings(PostgresSettings)
    needs = "It asks for no password: put it into PGPASSWORD or ~/.pgpass.\n" if settings.password else ""
    checked = replace(amcheck_line(settings, "--install-missing"), what=f"{needs}Nothing printed: whole.")
    more = CommandLine(what="Then count what matters: cleo also reads every relation, and compares with the manifest.")
    return [checked, more]


def _block(settings: PostgresSettings) -> CommandLine:
    argv = ["sh", "-c", _PUT_FIRST, "sh", _hba(settings), block_of(settings), BEGIN]
    return as_server(settings, *argv, what="Keep the writers out, first in pg_hba.conf (SHOW hba_file says where):")


def _hba(settings: PostgresSettings) -> str:
    """Return where ``pg_hba.conf`` is by what the inventory says; the running server may say otherwise."""
    service = settings.service
    folder = settings.config_file.rpartition("/")[0] or settings.data_directory.rstrip("/")
    if service.manager == "pg_ctlcluster" and not settings.config_file:
        folder = f"/etc/postgresql/{service.version}/{service.cluster}"
    return f"{folder}/pg_hba.conf"


def _reload(settings: PostgresSettings) -> CommandLine:
    return _psql(settings, "SELECT pg_reload_conf()", "")


def _end_sessions(settings: PostgresSettings) -> str:
    roles = ", ".join(f"'{role.replace(chr(39), chr(39) * 2)}'" for role in settings.app_roles)
    lines = END_SESSIONS.replace("%(roles)s", f"ARRAY[{roles}]").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _psql(settings: PostgresSettings, sql: str, what: str) -> CommandLine:
    return as_client(settings, *psql_words(settings), "-c", sql, what=what)
