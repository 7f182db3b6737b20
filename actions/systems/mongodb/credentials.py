"""MongoDB's users: their passwords, and those that nobody vouches for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from actions.context import ActionContext
from actions.credentials.own_login import vouched_for, with_previous
from actions.credentials.store import Answer, Stranger
from actions.outcome import Finding
from actions.settings import Credential
from actions.systems.mongodb.connection import CannotConnect, Login, connect
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.state import ask

if TYPE_CHECKING:
    from pymongo import MongoClient

MARK = "cleo_disabled"
"""The field of a user's ``customData`` that says which roles a stranger had."""


class MongodbUsers:
    """The users of one set (`actions.credentials.store.CredentialStore`)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ours = server

    @classmethod
    def of(cls, ctx: ActionContext) -> MongodbUsers:
        """Return them; where our own password is to be changed, too, we log in with the one of before."""
        server = find_server(ctx)
        found = cls(server)
        try:
            with connect_primary(server):
                return found
        except CannotConnect as error:
            before = with_previous(server.settings, server.settings.user)
            if error.why != "password" or before is None:
                raise
            found._server = Server(ctx, server.name, before)
        return found

    def verifier(self, user: Credential) -> str:
        """Return the keys that the server keeps of a user's password."""
        with connect_primary(self._server) as client:
            asked = {"user": user.user, "db": user.database}
            found = client.admin.command("usersInfo", asked, showCredentials=True)["users"]
        kept = found[0].get("credentials", {}) if found else {}
        return msgspec.json.encode(kept, enc_hook=str).decode() if found else ""

    def matches(self, user: Credential, password: str) -> bool:
        """Whether the server takes a password: users that are kept out may log in, and do nothing."""
        return self.try_login(user, password) == "let in"

    def change(self, user: Credential, password: str) -> None:
        """Give a user another password. mongod keeps the command out of its log and its profiler."""
        with connect_primary(self._server) as client:
            client[user.database].command("updateUser", user.user, pwd=password)
        if user.user == self._ours.settings.user:
            self._server = self._ours

    def end_sessions(self, user: Credential) -> int:
        """End what a user is doing, and have every connection of before log in again."""
        with self._client() as client:
            return end_user(client, user.user, user.database)

    def try_login(self, user: Credential, password: str, at: str = "") -> Answer:
        """Log in as a user."""
        if at:
            other: Any = self._ours.ctx.inventory.systems[at]
            address, port = str(other.address), str(other.port)
        else:
            with connect_primary(self._server) as client:
                address, _, port = str(ask(client, "hello")["me"]).rpartition(":")
        login = Login(user.user, password, user.database)
        try:
            with connect(self._ours.settings, deadline_s=8, login=login, address=address, port=int(port)) as client:
                client.admin.command("connectionStatus")
                return "let in"
        except CannotConnect as error:
            if error.why == "password":
                return "refused"
            raise

    def not_lasting(self, user: Credential) -> str:
        """Users are data of the set."""
        return ""

    def open_doors(self) -> Sequence[Finding]:
        """Return that a mongod asks nobody for a password."""
        with connect_primary(self._server) as client:
            parsed = client.admin.command("getCmdLineOpts")["parsed"]
        security = parsed.get("security", {})
        if security.get("authorization") == "enabled" or security.get("keyFile") or security.get("clusterAuthMode"):
            return []
        text = "asks nobody for a password (security.authorization is not enabled)"
        cure = "Enable it in mongod's configuration; then restart."
        return [Finding(severity="wrong", about="mongod", text=text, cure=cure)]

    def strangers(self) -> tuple[Sequence[Stranger], str]:
        """Return the users that the inventory does not know."""
        settings = self._server.settings
        known = vouched_for(settings, settings.user, *(user.user for user in settings.app_users))
        with connect_primary(self._server) as client:
            found = list(client.admin["system.users"].find({}, {"credentials": 0}))
        return [_stranger(user) for user in found if user["user"] not in known], "the inventory"

    def disable(self, name: str) -> int:
        """Take a user its roles and its password; it stays, with what it had in its ``customData``."""
        with self._client() as client:
            ended = 0
            for user in client.admin["system.users"].find({"user": name}, {"credentials": 0}):
                custom = user.get("customData") or {}
                had = custom.get(MARK, user.get("roles", []))
                client[user["db"]].command(
                    "updateUser", name, roles=[], pwd=secrets.token_urlsafe(32), customData={**custom, MARK: had}
                )
                ended += end_user(client, name, user["db"])
        return ended

    @contextmanager
    def _client(self) -> Iterator[MongoClient[dict[str, Any]]]:
        with connect_primary(self._server) as client:
            yield client


def _stranger(user: Mapping[str, Any]) -> Stranger:
    roles = [f"{role['role']}@{role['db']}" for role in user.get("roles", [])]
    return Stranger(
        name=user["user"], what=", ".join(roles) or "no roles", disabled=MARK in (user.get("customData") or {})
    )


def end_user(client: MongoClient[dict[str, Any]], user: str, database: str) -> int:
    """End everything that a user is doing, and log out the connections on which it logged in; returns how many.

    A changed password logs nobody out. Another ``userId`` does: a connection that logged in as the user of before is
    nobody's from its next command on (MongoDB, ``AuthorizationSession``; seen on 6.0.5).
    """
    from bson import Binary

    stage = {"$currentOp": {"allUsers": True, "idleConnections": True, "idleSessions": True}}
    running = [each for each in client.admin.aggregate([stage]) if _is_of(each, user, database)]
    changed = {"$set": {"userId": Binary.from_uuid(uuid4())}}
    client.admin["system.users"].update_one({"_id": f"{database}.{user}"}, changed)
    client.admin.command("killAllSessions", [{"user": user, "db": database}])
    for each in running:
        if each.get("opid"):
            client.admin.command("killOp", op=each["opid"])
    return len({each["connectionId"] for each in running if each.get("connectionId")})


def _is_of(operation: Mapping[str, Any], user: str, database: str) -> bool:
    return any((one["user"], one["db"]) == (user, database) for one in operation.get("effectiveUsers", []))


def open_store(ctx: ActionContext) -> MongodbUsers:
    """Return the users of the run's server."""
    return MongodbUsers.of(ctx)
