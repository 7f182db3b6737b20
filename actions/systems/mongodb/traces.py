"""What an intruder leaves in a MongoDB server: asked of the running one and of one beside it alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from actions.intrusion.traces import Thing, digest
from actions.systems.mongodb.login_block import MARK as KEPT_OUT

if TYPE_CHECKING:
    from pymongo import MongoClient

LOOKED_FOR = (
    "users, their roles and where they may log in from",
    "roles of the server's own",
    "functions in system.js",
    "views, validators and collections that run JavaScript or were added",
)
NOT_LOOKED_FOR = ("documents", "passwords (they are changed)", "mongod's configuration (no backup has it)")
_CODE = ("$where", "$function", "$accumulator")
_MIGHTY = {"root", "__system", "userAdmin", "userAdminAnyDatabase", "dbOwner", "clusterAdmin", "hostManager", "restore"}
_INNER = ("admin", "config", "local")


def things(client: MongoClient[dict[str, Any]]) -> dict[str, Thing]:
    """Return what a server holds.

    Raises:
        PyMongoError: it cannot be asked.
    """
    users = client.admin["system.users"].find({}, {"credentials": 0})
    found = {f"user {user['user']}@{user['db']}": _user(user) for user in users}
    for role in client.admin["system.roles"].find():
        text = _text({key: role.get(key) for key in ("privileges", "roles", "authenticationRestrictions")})
        found[f"role {role['role']}@{role['db']}"] = Thing(what="a role of its own", digest=digest(text))
    for name in sorted(client.list_database_names()):
        found |= dict(_in_database(client, name))
    return found


def _user(user: Mapping[str, Any]) -> Thing:
    """Return a user; what was taken from one that is kept out counts as its own."""
    kept = (user.get("customData") or {}).get(KEPT_OUT)
    roles = sorted(f"{role['role']}@{role['db']}" for role in (kept["roles"] if kept else user.get("roles", [])))
    from_where = _text(user.get("authenticationRestrictions") or [])
    mighty = [role for role in roles if role.partition("@")[0] in _MIGHTY]
    return Thing(
        what=", ".join(roles) or "no roles",
        digest=digest(",".join(roles), from_where),
        suspect="has rights over the server" if mighty else "",
        mark=f"admin.system.users {user['_id']}",
    )


def _in_database(client: MongoClient[dict[str, Any]], name: str) -> Iterator[tuple[str, Thing]]:
    for one in client[name].list_collections():
        where = f"{name}.{one['name']}"
        if one["name"] == "system.js":
            for function in client[name]["system.js"].find():
                mark = f"{where} {function['_id']}"
                what = Thing(what="code on the server", digest=digest(_text(function)), suspect="is code", mark=mark)
                yield f"function {function['_id']} of {name}", what
        elif name not in _INNER and not one["name"].startswith("system."):
            yield f"{one['type']} {where}", _collection(one, where)


def _collection(one: Mapping[str, Any], where: str) -> Thing:
    """Return a collection or view by what runs in it: its pipeline and its validator."""
    options = one.get("options") or {}
    rules = _text({key: options.get(key) for key in ("viewOn", "pipeline", "validator")})
    code = [word for word in _CODE if word in rules]
    suspect = f"runs JavaScript ({', '.join(code)})" if code else ""
    return Thing(digest=digest(rules), suspect=suspect, mark=f"{where} ")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
