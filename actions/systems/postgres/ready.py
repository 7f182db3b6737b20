"""What PostgreSQL's steps need beforehand: programs, folders, the rights of our user, the roles of the application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from actions.readiness.certificates import own_certificate
from actions.readiness.fences import look_at_fences
from actions.readiness.keeping import look_at_keeping
from actions.readiness.logins import refused
from actions.readiness.ready import Need
from actions.readiness.settings_needs import beside, restore_folders
from actions.systems.postgres.command_lines import program
from actions.systems.postgres.connection import connect
from actions.systems.postgres.ready_server import look_at_server
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.settings import PostgresSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    import psycopg

    from actions.context import ActionContext
    from actions.health import Health

_PROGRAMS = ("postgres", "pg_ctl", "pg_controldata", "pg_rewind", "pg_waldump")
_VERIFY = ("postgres.verify",)
_ASK_S = 8.0
_RIGHTS = """
    SELECT r.rolsuper, nullif(r.rolvaliduntil, 'infinity'),
           pg_has_role(r.oid, 'pg_monitor', 'usage') AND pg_has_role(r.oid, 'pg_read_all_data', 'usage')
    FROM pg_roles r WHERE r.rolname = current_user
"""
_ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
_HBA = "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL ORDER BY line_number LIMIT 1"
_SUPERUSER = "Name a superuser in the inventory, or let one run: ALTER ROLE … SUPERUSER."


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: PostgresSettings) -> Iterable[Need]:
        """Return PostgreSQL's and pgBackRest's programs, and the folders of a restore."""
        yield Need(
            host=settings.host,
            user=settings.run_as,
            programs=[*(program(settings, name) for name in _PROGRAMS), "pgbackrest"],
            folders=restore_folders(settings, settings.keep_in, settings.scratch_in or settings.keep_in),
        )
        yield Need(
            host=settings.host, user=settings.run_as, programs=[program(settings, "pg_amcheck")], actions=_VERIFY
        )
        if settings.backups.host:
            yield Need(host=settings.backups.host, user=settings.backups.run_as, programs=["pgbackrest"])

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the server what our user may do, and what the application's roles are."""
        server = server_of(ctx, system)
        settings = server.settings
        about = f"user {settings.user} of {system}"
        yield from look_at_fences(ctx, system, settings.fence)
        yield from look_at_keeping(server, settings.keep_in or beside(settings), "", system, "postgres.restore")
        yield from own_certificate(ctx, settings, system)
        try:
            with connect(settings, deadline_s=_ASK_S) as session:
                yield from _asked(session, server, about)
        except CleoError as error:
            yield refused(error, about, system)


def _asked(session: psycopg.Connection[Any], server: Server, about: str) -> Iterator[ReadyFinding]:
    superuser, until, looks = session.execute(_RIGHTS).fetchone() or (False, None, False)
    yield _rights(about, server.name, superuser=superuser, looks=looks)
    yield from _until(until, about, server.name)
    yield _roles(session, server)
    yield from _hba(session, server)
    yield from look_at_server(session, server)


def _rights(about: str, system: str, *, superuser: bool, looks: bool) -> ReadyFinding:
    if superuser:
        return ReadyFinding(about=about, state="ok", words="it logs in, and is a superuser", systems=[system])
    can = "it may look and verify, and" if looks else "it"
    words = f"{can} may neither keep writers out nor change what a recovery must change: it is no superuser"
    return ReadyFinding(about=about, state="wrong", words=words, cure=_SUPERUSER, systems=[system])


def _until(until: object, about: str, system: str) -> Iterator[ReadyFinding]:
    if isinstance(until, datetime):
        ends, over = until.astimezone(UTC), until < datetime.now(UTC)
        yield ReadyFinding(
            about=f"password of {about}",
            state="wrong" if over else "ok",
            words=f"it {'ended' if over else 'ends'} at {ends:%Y-%m-%d %H:%M} UTC (VALID UNTIL)",
            cure="Give it a later end: ALTER ROLE … VALID UNTIL." if over else "",
            systems=[system],
            expires_at=ends,
        )


def _roles(session: psycopg.Connection[Any], server: Server) -> ReadyFinding:
    """Return whether the application's roles are there, which are kept out before a restore."""
    named, acts = server.settings.app_roles, ["postgres.stop_writers", "postgres.allow_writers", "postgres.restore"]
    about = f"the application's roles of {server.name}"
    if not named:
        words = "the inventory names none (app_roles:), so nobody is kept out before a restore"
        cure = "Name the roles that write for the application."
        return ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[server.name], actions=acts)
    there = {row[0] for row in session.execute(_ROLES, [named]).fetchall()}
    missing = [name for name in named if name not in there]
    words = f"{', '.join(missing)} is not there" if missing else f"{', '.join(named)} can be kept out"
    return ReadyFinding(
        about=about,
        state="wrong" if missing else "ok",
        words=words,
        cure="Correct app_roles: in the inventory." if missing else "",
        systems=[server.name],
        actions=acts,
    )


def _hba(session: psycopg.Connection[Any], server: Server) -> Iterator[ReadyFinding]:
    """Yield that pg_hba.conf cannot be loaded as it is: no block of writers would come into force."""
    import psycopg

    about = f"pg_hba.conf of {server.name}"
    try:
        row = session.execute(_HBA).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        words = "our user may not read whether it could be loaded"
        yield ReadyFinding(about=about, state="not measured", words=words, cure=_SUPERUSER, systems=[server.name])
        return
    if row:
        words = f"line {row[0]} does not fit ({row[1]}): a reload takes none of it, and writers could not be kept out"
        cure = "Correct that line, then: SELECT pg_reload_conf()."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[server.name])
    else:
        yield ReadyFinding(about=about, state="ok", words="it can be loaded", systems=[server.name])


READY = _Ready()
