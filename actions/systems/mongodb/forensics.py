"""What of a mongod is evidence of a break-in: users, roles, operations, parameters, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actions.context import ActionContext
from actions.evidence.evidence import Evidence, Look, asked
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.verified_connection import connect_verified

if TYPE_CHECKING:
    from pymongo import MongoClient

_COMMANDS: dict[str, dict[str, Any]] = {
    "options": {"getCmdLineOpts": 1},
    "parameters": {"getParameter": "*"},
    "status": {"serverStatus": 1},
    "host": {"hostInfo": 1},
    "log": {"getLog": "global"},
}


def evidence(ctx: ActionContext) -> Evidence:
    """Return what of the run's mongod is evidence."""
    server = find_server(ctx)
    running = bool(server.process())
    settings = server.settings
    return Evidence(
        host=server.host,
        running=running,
        data=[server.data],
        files=[settings.config_file, settings.service.log],
        looks=_looks(server) if running else [Look(name="server.json", unseen="it is down")],
    )


def _looks(server: Server) -> list[Look]:
    def told(ask: Callable[[MongoClient[dict[str, Any]]], Any]) -> Callable[[], Any]:
        def tell() -> Any:
            with connect_verified(server) as client:
                return ask(client)

        return tell

    def command(document: dict[str, Any]) -> Callable[[MongoClient[dict[str, Any]]], Any]:
        return lambda client: client.admin.command(document)

    stage = {"$currentOp": {"allUsers": True, "idleConnections": True, "idleSessions": True}}
    looks = {name: told(command(document)) for name, document in _COMMANDS.items()}
    looks["users"] = told(lambda client: list(client.admin["system.users"].find({}, {"credentials": 0})))
    looks["roles"] = told(lambda client: list(client.admin["system.roles"].find()))
    looks["operations"] = told(lambda client: list(client.admin.aggregate([stage])))
    looks["collections"] = told(
        lambda client: {name: client[name].list_collection_names() for name in client.list_database_names()}
    )
    return [asked(name, tell) for name, tell in looks.items()]
