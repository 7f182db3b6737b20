"""Redis' users (ACL): their passwords, and those nobody vouches for. No RDB file has them: a restore keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from actions.context import ActionContext
from actions.credentials.own_login import vouched_for, with_previous
from actions.credentials.store import Answer, Stranger
from actions.outcome import Finding
from actions.settings import Credential
from actions.systems.redis.acl_lines import is_off, line_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.connection import CannotConnect, Login, connect
from actions.systems.redis.login_block import users_file
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.verified_connection import connect_verified

_KILLS = 20


class RedisUsers:
    """The users of one server (`actions.credentials.store.CredentialStore`)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ours = server

    @classmethod
    def of(cls, ctx: ActionContext) -> RedisUsers:
        """Return them; where our own password is to be changed, too, we log in with the one of before."""
        server = find_server(ctx)
        found = cls(server)
        try:
            with connect_verified(server):
                return found
        except CannotConnect as error:
            before = with_previous(server.settings, server.settings.user or "default")
            if error.why != "password" or before is None:
                raise
            found._server = Server(ctx, server.name, before)
        return found

    def verifier(self, user: Credential) -> str:
        """Return the digests of a user's passwords; that it takes any, or has none, is said in words."""
        known = self._user(user.user)
        return " ".join([*sorted(known["passwords"]), *sorted(known["flags"])]) or "none" if known else ""

    def matches(self, user: Credential, password: str) -> bool:
        """Whether a password is among the user's: it may have several."""
        return _digest(password) in (self._user(user.user) or {"passwords": ()})["passwords"]

    def change(self, user: Credential, password: str) -> None:
        """Give a user this password and no other, in memory and where a start reads it; only its digest is sent."""
        self._ask("ACL", "SETUSER", user.user, "resetpass", f"#{_digest(password)}")
        if user.user == (self._ours.settings.user or "default"):
            self._server = self._ours
        self._save()

    def end_sessions(self, user: Credential) -> int:
        """End a user's connections."""
        return self._end(user.user)

    def try_login(self, user: Credential, password: str, at: str = "") -> Answer:
        """Log in as a user; one that is switched off is refused whatever its password."""
        if at:
            return self._try(self._ours.ctx.inventory.system(at, RedisSettings), user, password)
        if "on" not in (self._user(user.user) or {"flags": ()})["flags"]:
            return "kept out"
        return self._try(self._ours.settings, user, password)

    def _try(self, settings: RedisSettings, user: Credential, password: str) -> Answer:
        try:
            with connect(settings, deadline_s=8, login=Login(user.user, password)):
                return "let in"
        except CannotConnect as error:
            if error.why == "password":
                return "refused"
            raise

    def not_lasting(self, user: Credential) -> str:
        """Compare where a start reads the users with what the server has; replicas have users of their own."""
        path = users_file(self._ours)
        line = line_of((self._ours.read(path) or "") if path else "", user.user)
        there = sorted(word[1:] for word in line.split() if word.startswith("#"))
        if there != sorted((self._user(user.user) or {"passwords": ()})["passwords"]):
            return f"a restart brings its old password back: {path or 'no file'} does not have the new one"
        with connect_verified(self._server) as session:
            said: Any = session.info("replication")
        number = said.get("connected_slaves", 0)
        return f"the {number} replicas have users of their own: change them there, too" if number else ""

    def open_doors(self) -> Sequence[Finding]:
        """Return the users that are let in with any password."""
        cure = "Give it a password, or switch it off, unless it is meant so."
        return [
            Finding(severity="wrong", about=f"user {name}", text="is let in with any password (nopass)", cure=cure)
            for name, line in self._lines().items()
            if "nopass" in line.split() and not is_off(line, name)
        ]

    def strangers(self) -> tuple[Sequence[Stranger], str]:
        """Return the users that the inventory does not know."""
        settings = self._server.settings
        known = vouched_for(settings, settings.user, "default", *(user.name for user in settings.app_users))
        found = [
            Stranger(name=name, what=_what(line), disabled=is_off(line, name))
            for name, line in self._lines().items()
            if name not in known
        ]
        return found, "the inventory"

    def disable(self, name: str) -> int:
        """Switch a user off, and end its connections; its line stays."""
        self._ask("ACL", "SETUSER", name, "off")
        self._save()
        return self._end(name)

    def _end(self, name: str) -> int:
        ended = 0
        for _attempt in range(_KILLS):
            killed = int(self._ask("CLIENT", "KILL", "USER", name))
            ended += killed
            if not killed:
                break
        return ended

    def _save(self) -> None:
        """Have the server write its users where it reads them at a start."""
        conf = read_configuration(self._ours)
        if conf.last("aclfile"):
            self._ask("ACL", "SAVE")
        elif self._ours.settings.config_file:
            self._ask("CONFIG", "REWRITE")

    def _user(self, name: str) -> Any:
        with connect_verified(self._server) as session:
            client: Any = session
            return client.acl_getuser(name)

    def _lines(self) -> dict[str, str]:
        return {str(line).split()[1]: str(line) for line in self._ask("ACL", "LIST")}

    def _ask(self, *words: str) -> Any:
        with connect_verified(self._server) as session:
            client: Any = session
            return client.execute_command(*words)


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _what(line: str) -> str:
    """Return what a user may, without the digests of its passwords."""
    return " ".join(word for word in line.split()[2:] if not word.startswith(("#", ">", "sanitize")))


def open_store(ctx: ActionContext) -> RedisUsers:
    """Return the users of the run's server."""
    return RedisUsers.of(ctx)
