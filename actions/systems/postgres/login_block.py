"""Blocks logins of the application's roles, and verifies it: every login is tried, and open sessions are ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.connection import CannotConnect, identifier
from actions.systems.postgres.cures import without_data
from actions.systems.postgres.hba import bar, hba_file
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.events.base import Finding

if TYPE_CHECKING:
    import psycopg

_SETTLE_S = 15.0
_MOST = 40
"""Roles that are tried: the named ones, and their first members."""

_MEMBERS = """
    WITH RECURSIVE app(oid) AS (
        SELECT oid FROM pg_roles WHERE rolname = ANY(%(roles)s)
        UNION SELECT m.member FROM pg_auth_members m JOIN app ON m.roleid = app.oid)
"""
"""The roles and whoever is a member of them, superusers too: whom ``+role`` means in pg_hba.conf."""
_LOGINS = f"{_MEMBERS} SELECT rolname, current_user = rolname FROM pg_roles JOIN app USING (oid) WHERE rolcanlogin"
END_SESSIONS = f"""{_MEMBERS}
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity JOIN app ON usesysid = app.oid
    WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
"""
_OTHERS = f"""{_MEMBERS}
    SELECT 'prepared', owner, count(*)
    FROM pg_prepared_xacts JOIN pg_roles ON rolname = owner JOIN app USING (oid) GROUP BY 2
    UNION ALL
    SELECT 'session', coalesce(usename, '?'), count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND usename <> current_user
    AND usesysid NOT IN (SELECT oid FROM app) GROUP BY 2
    UNION ALL
    SELECT 'subscription', coalesce(subname, backend_type), count(*)
    FROM pg_stat_activity LEFT JOIN pg_stat_subscription s USING (pid)
    WHERE backend_type = 'logical replication worker' GROUP BY 2
"""
"""Prepared transactions, other roles' sessions and subscriptions, which may still write and are not blocked here."""
_PLACES = (
    "SELECT current_setting('port'), current_setting('unix_socket_directories'), current_setting('listen_addresses')"
)

_TRY = r"""
psql=$1 port=$2 database=$3; shift 3
export LC_ALL=C PGPASSFILE=/dev/null PGCONNECT_TIMEOUT=5 PGPASSWORD= PGSERVICEFILE=/dev/null
while [ $# -gt 1 ]; do
    for kind in no yes; do
        to="dbname=$database replication=$kind"
        said=$("$psql" -XAtqw -h "$2" -p "$port" -U "$1" -d "$to" -c 'SELECT 1' 2>&1 </dev/null)
        printf '%s %s\n' "$?" "$(printf %s "$said" | tr '\n' ' ')"
    done
    shift 2
done
"""
_SHUT = ("pg_hba.conf", "No such file", "Connection refused", "Cannot assign requested address")
"""Parts of the error messages of a rejected login, or of an address where no server listens."""
_HALF_IN = r"""
me=$1; shift
for child in $(cat "/proc/$me/task/$me/children"); do
    title=$(tr '\0' ' ' < "/proc/$child/cmdline" 2>/dev/null)
    case $title in *")"\ authentication*|*")"\ initializing*|*"[local]"\ authentication*|*"[local]"\ initializing*)
        echo "$child" ;; esac
done
"""
"""Lists unfinished logins: they use the rules of when they began, for a minute (``authentication_timeout``)."""


class LoginAttempt(NamedTuple):
    """One login attempt: its role, its address, and the answer of the server."""

    role: str
    through: str
    said: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.role} through {self.through} ({self.said})"


def block_logins(server: Server) -> int:
    """Block the application's roles on the running server, and verify that they cannot log in.

    Returns:
        How many of their sessions were ended.

    Raises:
        ActionFailed: a way stays open, and which; or their sessions do not end.
        CannotConnect: the server cannot be asked.
    """
    hba = hba_file(server)
    if not hba:
        raise ActionFailed(
            f"{server.name} runs, and its pg_hba.conf is lost.",
            "It cannot be kept from writing. Bring that file back, or stop the server (postgres.stop).",
            cures=without_data(server),
        )
    bar(server, hba)
    reload_files(server)
    _end_half_logins(server)
    ended = _end_sessions(server)
    if ways := open_logins(server):
        raise ActionFailed(
            f"{server.name} is still open: {'; '.join(map(str, ways[:3]))}{' and more' * (len(ways) > 3)}.",
            left_behind=f"The block is in {hba}; the writers are not kept out.",
            cures=[
                Cure(words=f"The block stands in {hba}: its log (L) says which line let them in; correct that line."),
                Cure(words="Or stop the server.", action="postgres.stop", cost="nobody can read it meanwhile"),
            ],
        )
    return ended + _end_sessions(server)


def open_logins(server: Server) -> list[LoginAttempt]:
    """Try to connect as each of the application's roles, on the server's host; return the ways that are not shut."""
    with connect_verified(server) as session:
        row = session.execute(_PLACES).fetchone() or ("", "", "")
        logins = [str(name) for name, _ in _logins(session, server)]
    roles = list(dict.fromkeys([*server.settings.app_roles, *logins]))
    tries = [(role, place) for role in roles[:_MOST] for place in _places(str(row[1]), str(row[2]))]
    pairs = [word for pair in tries for word in pair]
    database = "'" + server.settings.database.replace("\\", "\\\\").replace("'", "\\'") + "'"
    done = server.query(["sh", "-c", _TRY, "sh", server.program("psql"), str(row[0]), database, *pairs], timeout_s=120)
    lines = done.out.splitlines()
    if done.code != 0 or len(lines) != 2 * len(tries):
        raise ActionFailed(
            f"It cannot be tried whether {server.name} is shut: {done.err.strip() or 'psql gave no answer'}",
            "The server's host must have psql, beside its other programs (bin_directory:).",
        )
    asked = [(role, f"{place}{words}") for role, place in tries for words in ("", " for replication")]
    found = [LoginAttempt(*who, _judge(line)) for who, line in zip(asked, lines, strict=True)]
    return [way for way in found if way.said]


def require_not_ourselves(server: Server, *, running: bool) -> None:
    """Who is kept out must not be the console: it could not let anybody in again.

    Raises:
        ActionFailed: the inventory's user is one of the application's roles, or a member.
        CannotConnect: another server answers, or nobody can tell which.
    """
    user = server.settings.user
    if user in server.settings.app_roles or (running and _is_member(server)):
        raise ActionFailed(
            f"cleo connects to {server.name} as {user}, one of app_roles or a member: it would lock itself out.",
            "Give cleo a role of its own in the inventory (user:), or take the membership away.",
        )


def _is_member(server: Server) -> bool:
    try:
        with connect_verified(server) as session:
            return any(us for _, us in _logins(session, server))
    except CannotConnect as error:
        if error.why in ("another", "unproven"):
            raise
        return False  # it starts or hangs: the block may stand before it can be asked


def unknown_roles(server: Server) -> list[str]:
    """Return those of the application's roles that the server does not have: a name mistyped keeps nobody out."""
    with connect_verified(server) as session:
        rows = session.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [server.settings.app_roles])
        there = {row[0] for row in rows}
    return [role for role in server.settings.app_roles if role not in there]


def others(server: Server) -> list[Finding]:
    """Return what may write all the same, since it does not come as one of the application's roles."""
    with connect_verified(server) as session:
        rows = session.execute(_OTHERS, {"roles": server.settings.app_roles}).fetchall()
    return [_other(server, *row) for row in rows]


def reload_files(server: Server) -> None:
    """Make the server read its files, and wait until new sessions see it.

    Raises:
        ActionFailed: a line of pg_hba.conf is wrong, or the server does not read them.
    """
    with connect_verified(server) as session:
        wrong = session.execute("SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchone()
        if wrong:
            raise ActionFailed(
                f"pg_hba.conf, line {wrong[0]}: {wrong[1]}", "Mend the line: the server ignores the file."
            )
        before = _loaded_at(session)
        session.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end:
        with connect_verified(server) as session:
            if _loaded_at(session) != before:
                return
        time.sleep(0.05)
    raise ActionFailed(
        f"{server.name} does not read its configuration again.", "Its log says why (L): correct what it names."
    )


def _loaded_at(session: psycopg.Connection[Any]) -> Any:
    row = session.execute("SELECT pg_conf_load_time()").fetchone()
    return row[0] if row else None


def _logins(session: psycopg.Connection[Any], server: Server) -> list[tuple[Any, ...]]:
    return session.execute(_LOGINS.encode(), {"roles": server.settings.app_roles}).fetchall()


def _places(sockets: str, addresses: str) -> list[str]:
    """The addresses of the server on its own host."""
    every = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
    given = [place.strip() for text in (sockets, addresses) for place in text.split(",")]
    return [every.get(place, place) for place in given if place]


def _judge(line: str) -> str:
    """Return what was answered where the way is not shut, else an empty string.

    A rejection names ``pg_hba.conf`` in every language of the server; a question for a password does not. Each address
    of a name answers for itself.
    """
    code, _, said = line.partition(" ")
    if code == "0":
        return "it was let in"
    answers = said.split("connection to server")[1:] or [said]
    if all(any(words in answer for words in _SHUT) for answer in answers):
        return ""
    return f"it was not turned away: {said.rpartition('failed: ')[2].strip() or said.strip()}"


def _end_half_logins(server: Server) -> None:
    """End logins that began before the block: they were let through by the rules of before."""
    pid = postmaster(server)
    listed = server.query(["sh", "-c", _HALF_IN, "sh", str(pid)]).out.split() if pid else []
    if listed:
        server.query(["sh", "-c", 'sleep 1; kill -TERM "$@" 2>/dev/null', "sh", *listed])


def _end_sessions(server: Server) -> int:
    """End the writers' sessions until a look finds none; returns how many were ended."""
    end, ended = time.monotonic() + _SETTLE_S, set[int]()
    while True:
        with connect_verified(server) as session:
            rows = session.execute(END_SESSIONS.encode(), {"roles": server.settings.app_roles}).fetchall()
        if not rows:
            return len(ended)
        ended |= {row[0] for row in rows}
        if time.monotonic() > end:
            raise ActionFailed("The writers' sessions do not end.", "Stop the application itself, then try again.")
        time.sleep(0.1)


def _other(server: Server, kind: str, name: str, number: int) -> Finding:
    if kind == "prepared":
        text, cure = (
            f"{number} prepared transactions of {name} wait",
            "Commit or roll them back once it is known which.",
        )
    elif kind == "subscription":
        text, cure = "a subscription goes on writing", f"ALTER SUBSCRIPTION {identifier(name)} DISABLE, if it must not."
    else:
        text, cure = f"{number} sessions of {name} go on: it is not one of app_roles", ""
    return Finding(severity="warning" if cure else "note", about=name, text=text, cure=cure)
