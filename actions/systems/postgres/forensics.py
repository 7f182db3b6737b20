"""What of a PostgreSQL server is evidence of a break-in: sessions, roles, rules, planted code, files."""

from __future__ import annotations

from functools import partial
from typing import Any

from actions.context import ActionContext
from actions.evidence.evidence import Evidence, Look, asked
from actions.systems.postgres.hba import config_file, hba_file
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from journal.structs import plain_json

_CLUSTER = {
    "sessions": "SELECT * FROM pg_stat_activity",
    "roles": (
        "SELECT r.*, (SELECT array_agg(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
        "WHERE m.member = r.oid) AS member_of FROM pg_roles r"
    ),
    "role-settings": "SELECT * FROM pg_db_role_setting",
    "hba-rules": "SELECT * FROM pg_hba_file_rules",
    "settings": "SELECT name, setting, source, sourcefile, sourceline, pending_restart FROM pg_settings",
    "replication": "SELECT * FROM pg_stat_replication",
    "slots": "SELECT * FROM pg_replication_slots",
    "prepared": "SELECT * FROM pg_prepared_xacts",
    "databases": "SELECT d.*, pg_get_userbyid(datdba) AS owner FROM pg_database d",
    "tablespaces": "SELECT spcname, pg_tablespace_location(oid) AS place FROM pg_tablespace",
}
_DATABASE = {
    "functions": (
        "SELECT p.oid, n.nspname, p.proname, pg_get_userbyid(p.proowner) AS owner, l.lanname, p.prosecdef, p.prosrc "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
        "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    ),
    "triggers": "SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger "
    "WHERE NOT tgisinternal",
    "event-triggers": "SELECT evtname, evtevent, evtfoid::regproc::text, evtenabled FROM pg_event_trigger",
    "extensions": "SELECT extname, extversion, pg_get_userbyid(extowner) AS owner FROM pg_extension",
    "foreign-servers": "SELECT srvname, srvoptions FROM pg_foreign_server",
    "publications": "SELECT * FROM pg_publication",
}


def evidence(ctx: ActionContext) -> Evidence:
    """Return what of the run's server is evidence."""
    server = find_server(ctx)
    running = bool(postmaster(server))
    looks = _looks(server) if running else [Look(name="server.json", unseen="it is down")]
    spaces = _tablespaces(server)
    files = [hba_file(server), config_file(server), server.settings.service.log, *_logs(server, running=running)]
    return Evidence(host=server.host, running=running, data=[server.data, *spaces], files=files, looks=looks)


def _looks(server: Server) -> list[Look]:
    cluster = [asked(name, partial(_rows, server, query)) for name, query in _CLUSTER.items()]
    inside = [
        asked(f"{name}-of-{server.settings.database}", partial(_rows, server, query))
        for name, query in _DATABASE.items()
    ]
    return [*cluster, *inside]


def _rows(server: Server, query: str) -> list[Any]:
    """Return the rows of a query as JSON has them."""
    with connect_verified(server) as session:
        row = session.execute(f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({query}) found".encode())
        found: list[Any] = (row.fetchone() or ([],))[0]
    return found


def _tablespaces(server: Server) -> list[str]:
    """Return the folders that the data directory leads to."""
    done = server.query(["find", f"{server.data}/pg_tblspc", "-maxdepth", "1", "-type", "l", "-printf", "%l\n"])
    return done.out.splitlines()


def _logs(server: Server, *, running: bool) -> list[str]:
    """Return the folder that the server's own collector logs to, where it has one outside of the data directory."""
    if not running:
        return []
    found = asked("logs", lambda: _rows(server, "SELECT pg_current_logfile() AS file"))
    rows: list[dict[str, str | None]] = plain_json(found.text) if found.text else []
    files = [str(row["file"]) for row in rows if row["file"]]
    return [file if file.startswith("/") else f"{server.data}/{file}" for file in files]
