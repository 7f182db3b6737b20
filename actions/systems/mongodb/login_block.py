"""Takes the application's users their roles, and gives them back; whether that holds is tried as the application.

What a user had lies in the user itself (``customData``), written in the same command that takes it away: a kill between
two commands loses nothing, and data that is backed up or restored meanwhile still says what to give back. A user
without roles can log in, and do nothing: sessions of before are refused too, and work again once the roles are back. A
user whose login is refused instead keeps connections that stay refused for ever (seen on 6.0.5).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.connection import UNAUTHORIZED, CannotConnect, Login, connect
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.settings import AppUser
from actions.systems.mongodb.state import ask
from journal.events.base import Finding

if TYPE_CHECKING:
    from pymongo import MongoClient

MARK = "cleo_kept_out"
"""The field of a user's ``customData`` that says what was taken from it."""
_SETTLE_S = 15.0
_WRITES = {
    *("insert", "update", "remove", "createCollection", "createIndex", "dropCollection", "dropIndex", "dropDatabase"),
    *("collMod", "convertToCapped", "renameCollectionSameDB", "anyAction", "applyOps"),
}
"""Privileges with which data can be changed."""


class Way(NamedTuple):
    """A way in which one of the application's users can still write, or why it could not be tried."""

    user: str
    said: str
    tried: bool = True

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.user}: {self.said}"


def block_users(server: Server) -> int:
    """Take the application's users their roles, end what they are doing, and verify that they cannot write.

    Call it only where ``effect`` said True; again does no harm.

    Returns:
        how many of their running operations and transactions were ended.

    Raises:
        ActionFailed: one of them can still write, and how.
        CannotConnect: the primary cannot be asked.
    """
    with connect_primary(server) as client:
        there = [user for user in server.settings.app_users if _find(client, user)]
        for user in there:
            found = _find(client, user) or {}
            if MARK not in (found.get("customData") or {}):
                client[user.database].command("updateUser", user.user, **_blocked(found, server.ctx.incident.id))
        ended = _end_operations(client, there)
    if ways := [way for way in open_ways(server) if way.tried]:
        raise ActionFailed(
            f"{server.name} is still open: {'; '.join(map(str, ways[:3]))}.",
            left_behind="The users' roles were taken; the writers are not kept out.",
            cures=[
                Cure(words="See which role lets it in: one that comes from elsewhere (LDAP, x.509) is taken there."),
                Cure(words="Or stop the server.", action="mongodb.stop", cost="nobody can read it meanwhile"),
            ],
        )
    return ended


def release_users(server: Server) -> list[str]:
    """Give the application's users back exactly what they had. Call it only where ``effect`` said True.

    Returns:
        the users that had been kept out.

    Raises:
        CannotConnect: the primary cannot be asked.
    """
    released = []
    with connect_primary(server) as client:
        for user in server.settings.app_users:
            found = _find(client, user)
            if not found or MARK not in (found.get("customData") or {}):
                continue
            kept = found["customData"][MARK]
            others = {name: value for name, value in found["customData"].items() if name != MARK}
            client[user.database].command("updateUser", user.user, roles=kept["roles"], customData=others)
            if kept["had_none"] and not others:
                wanted = {"_id": found["_id"], "customData": {}}
                client.admin["system.users"].update_one(wanted, {"$unset": {"customData": 1}})
            released.append(user.user)
    return released


def blocked_document(document: Mapping[str, Any], incident: str) -> dict[str, Any]:
    """Return a document of ``admin.system.users`` as `block_users` would leave it: for users that are restored.

    Args:
        document: the user, as a backup has it.
        incident: whose block it is.
    """
    custom = document.get("customData") or {}
    return dict(document) if MARK in custom else {**document, **_blocked(document, incident)}


def blocked_users(server: Server) -> list[str]:
    """Return those of the application's users that are kept out by their own record.

    Raises:
        CannotConnect: the primary cannot be asked.
    """
    with connect_primary(server) as client:
        found = [(user.user, _find(client, user)) for user in server.settings.app_users]
    return [name for name, user in found if user and MARK in (user.get("customData") or {})]


def unknown_users(server: Server) -> list[str]:
    """Return those of the application's users that the server does not have: a name mistyped keeps nobody out."""
    with connect_primary(server) as client:
        return [user.user for user in server.settings.app_users if not _find(client, user)]


def open_ways(server: Server) -> list[Way]:
    """Log in as each of the application's users and try a write that would change nothing; return what is not shut.

    A user without a password in the inventory, or with a wrong one, could not be tried: that is said, with its own
    roles as the server has them as the only evidence.

    Raises:
        CannotConnect: the server cannot be asked.
    """
    with connect_primary(server) as client:
        address, _, port = str(ask(client, "hello")["me"]).rpartition(":")
        left = {user.user: _roles(_find(client, user)) for user in server.settings.app_users}
    ways = []
    for user in server.settings.app_users:
        way = _try(server, user, address, int(port))
        if way and (way.tried or left[user.user]):
            roles = f"; it has the roles {', '.join(left[user.user])}" if not way.tried else ""
            ways.append(way._replace(said=f"{way.said}{roles}", tried=True))
        elif way:
            ways.append(way)
    return ways


def others(server: Server) -> list[Finding]:
    """Return who may write all the same, since it does not come as one of the application's users."""
    ours = {(user.user, user.database) for user in server.settings.app_users}
    ours |= {(server.settings.user, server.settings.auth_database), ("__system", "local")}
    counts: dict[str, int] = {}
    with connect_primary(server) as client:
        for each in _operations(client, idle=True):
            for user in each.get("effectiveUsers", []):
                if (user["user"], user["db"]) not in ours:
                    counts[user["user"]] = counts.get(user["user"], 0) + 1
    return [
        Finding(severity="note", about=name, text=f"{number} connections go on: it is not one of app_users")
        for name, number in sorted(counts.items())
    ]


def _find(client: MongoClient[dict[str, Any]], user: AppUser) -> dict[str, Any] | None:
    found = client.admin.command("usersInfo", {"user": user.user, "db": user.database}, showCustomData=True)["users"]
    return dict(found[0]) if found else None


def _roles(user: Mapping[str, Any] | None) -> list[str]:
    return [f"{role['role']}@{role['db']}" for role in (user or {}).get("roles", [])]


def _blocked(user: Mapping[str, Any], incident: str) -> dict[str, Any]:
    roles = [{"role": role["role"], "db": role["db"]} for role in user.get("roles", [])]
    kept = {"roles": roles, "had_none": "customData" not in user, "incident": incident}
    return {"roles": [], "customData": {**(user.get("customData") or {}), MARK: kept}}


def _try(server: Server, user: AppUser, address: str, port: int) -> Way | None:
    """Return the way in which a user can still write; None where it was tried and is shut."""
    from pymongo.errors import OperationFailure

    if user.password is None:
        return Way(user.user, "no password of it is in the inventory: not tried", tried=False)
    login = Login(user.user, user.password.read(), user.database)
    try:
        with connect(server.settings, deadline_s=10, login=login, address=address, port=port) as client:
            may = ask_privileges(client)
            if may:
                return Way(user.user, f"it may {', '.join(sorted(may)[:4])}")
            try:
                database = client[server.settings.database or user.database]
                database["cleo_nothing"].update_one({"_id": "no such document"}, {"$set": {"at": 0}})
            except OperationFailure as error:
                return None if error.code == UNAUTHORIZED else Way(user.user, f"a write was answered: {error}")
            return Way(user.user, "a write that would change nothing was let through")
    except CannotConnect as error:
        if error.why == "password":
            return Way(user.user, f"it cannot log in ({error.message}): not tried", tried=False)
        raise


def ask_privileges(client: MongoClient[dict[str, Any]]) -> set[str]:
    """Return the privileges of a session's user with which data can be changed."""
    found = client.admin.command("connectionStatus", showPrivileges=True)["authInfo"]["authenticatedUserPrivileges"]
    return {action for privilege in found for action in privilege["actions"]} & _WRITES


def _end_operations(client: MongoClient[dict[str, Any]], users: list[AppUser]) -> int:
    """End the users' sessions, transactions and running operations until a look finds none; return how many.

    Raises:
        ActionFailed: they do not end.
    """
    end, ended = time.monotonic() + _SETTLE_S, set[Any]()
    patterns = [{"user": user.user, "db": user.database} for user in users]
    while patterns:
        running = [each for each in _operations(client) if _is_of(each, users)]
        client.admin.command("killAllSessions", patterns)
        if not running:
            break
        ended |= {each.get("opid") or str(each.get("lsid")) for each in running}
        for each in running:
            if each.get("opid"):
                client.admin.command("killOp", op=each["opid"])
        if time.monotonic() > end:
            raise ActionFailed(
                "What the writers are doing does not end.", "Stop the application itself, then try again."
            )
        time.sleep(0.1)
    return len(ended)


def _operations(client: MongoClient[dict[str, Any]], *, idle: bool = False) -> list[dict[str, Any]]:
    stage = {"allUsers": True, "idleConnections": idle, "idleSessions": True}
    return list(client.admin.aggregate([{"$currentOp": stage}]))


def _is_of(operation: Mapping[str, Any], users: list[AppUser]) -> bool:
    """Whether it is a running operation or an open transaction of one of the users.

    A session between two statements names its user by a digest of ``user@database`` only (MongoDB, `lsid.uid`).
    """
    if not (operation.get("active") or operation.get("transaction")):
        return False
    of = {f"{user['user']}@{user['db']}" for user in operation.get("effectiveUsers", [])}
    names = {f"{user.user}@{user.database}" for user in users}
    session = bytes((operation.get("lsid") or {}).get("uid") or b"")
    return bool(of & names) or session in {sha256(name.encode()).digest() for name in names}
