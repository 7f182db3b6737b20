"""PostgreSQL's roles: their passwords, and those that no clean backup has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import unicodedata
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from actions.context import ActionContext
from actions.credentials.own_login import with_previous
from actions.credentials.store import Answer, Stranger
from actions.outcome import ActionFailed, Finding
from actions.settings import Credential
from actions.systems.postgres.connection import CannotConnect, Login, connect
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.strangers import find_strangers
from actions.systems.postgres.verified_connection import connect_verified

_SETTLE_S = 15.0
_END = """
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = %s AND backend_start < %s AND backend_type IN ('client backend', 'walsender')
    AND pid <> pg_backend_pid()
"""
_DOORS = """
    SELECT line_number, type, user_name, address, auth_method FROM pg_hba_file_rules
    WHERE auth_method = 'trust' AND type <> 'local'
"""


class PostgresRoles:
    """The roles of one server (`actions.credentials.store.CredentialStore`)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ours = server

    @classmethod
    def of(cls, ctx: ActionContext) -> PostgresRoles:
        """Return them; where our own password is to be changed, too, we log in with the one of before."""
        server = find_server(ctx)
        found = cls(server)
        try:
            with connect_verified(server):
                return found
        except CannotConnect as error:
            before = with_previous(server.settings, server.settings.user)
            if error.why != "password" or before is None:
                raise
            found._server = Server(ctx, server.name, before)
        return found

    def verifier(self, user: Credential) -> str:
        """Return what the server keeps of a role's password."""
        found = self._rows("SELECT coalesce(rolpassword, 'none') FROM pg_authid WHERE rolname = %s", user.user)
        return str(found[0][0]) if found else ""

    def matches(self, user: Credential, password: str) -> bool:
        """Whether a password fits what the server keeps of it."""
        return fits(self.verifier(user), user.user, password)

    def change(self, user: Credential, password: str) -> None:
        """Give a role another password. Its verifier is made here: neither network nor log have the password."""
        from psycopg import sql

        with connect_verified(self._server) as session:
            made = session.pgconn.encrypt_password(password.encode(), user.user.encode(), b"scram-sha-256").decode()
            session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user.user), sql.Literal(made)))
        if user.user == self._ours.settings.user:
            self._server = self._ours

    def end_sessions(self, user: Credential) -> int:
        """End a role's sessions of before."""
        return self._end(user.user)

    def try_login(self, user: Credential, password: str, at: str = "") -> Answer:
        """Log in as a role from here; a rule of pg_hba.conf that turns it away says nothing of its password."""
        settings = self._ours.settings
        if at:
            other: Any = self._ours.ctx.inventory.systems[at]
            settings = replace(settings, address=other.address, port=other.port)
        try:
            with connect(settings, deadline_s=8, login=Login(user.user, password)):
                return "let in"
        except CannotConnect as error:
            if "pg_hba.conf" in error.message:
                return "kept out"
            if error.why == "password" or "not permitted to log in" in error.message:
                return "refused"
            if "permission denied for database" in error.message:
                return "let in"
            raise

    def not_lasting(self, user: Credential) -> str:
        """Roles are in the data directory, and in the log that standbys follow."""
        return ""

    def open_doors(self) -> Sequence[Finding]:
        """Return the rules that let somebody in over the network without a password."""
        return [
            Finding(
                severity="warning",
                about=f"pg_hba.conf, line {row[0]}",
                text=f"lets {', '.join(row[2])} in from {row[3]} without a password",
                cure="Take the line out, unless it belongs there; then reload.",
            )
            for row in self._rows(_DOORS)
        ]

    def strangers(self) -> tuple[Sequence[Stranger], str]:
        """Return the roles that no backup of before has."""
        with connect_verified(self._server) as session:
            return find_strangers(self._server, session)

    def disable(self, name: str) -> int:
        """Keep a role from logging in; what it owns stays."""
        from psycopg import sql

        with connect_verified(self._server) as session:
            session.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(name)))
        return self._end(name)

    def _end(self, role: str) -> int:
        """End a role's sessions that began before now, until a look finds none."""
        ended, end = set[int](), time.monotonic() + _SETTLE_S
        began = self._rows("SELECT clock_timestamp()")[0][0]
        while rows := self._rows(_END, role, began):
            ended |= {row[0] for row in rows}
            if time.monotonic() > end:
                raise ActionFailed(f"The sessions of {role} do not end.", "Stop what logs in as it, then try again.")
            time.sleep(0.1)
        return len(ended)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with connect_verified(self._server) as session:
            return session.execute(query.encode(), values or None).fetchall()


def open_store(ctx: ActionContext) -> PostgresRoles:
    """Return the roles of the run's server."""
    return PostgresRoles.of(ctx)


def fits(verifier: str, role: str, password: str) -> bool:
    """Whether a password fits a verifier (RFC 5802, 3; PostgreSQL, `pg_authid`). Another kind of it fits nothing."""
    if verifier.startswith("md5"):
        made = hashlib.md5(f"{password}{role}".encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(verifier, f"md5{made}")
    kind, _, rest = verifier.partition("$")
    if kind != "SCRAM-SHA-256":
        return False
    rounds, _, tail = rest.partition(":")
    salt, _, keys = tail.partition("$")
    stored = base64.b64decode(keys.partition(":")[0])
    prepared = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", prepared, base64.b64decode(salt), int(rounds))
    return hmac.compare_digest(hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest(), stored)
