"""What of a Redis server is evidence of a break-in: users, clients, settings, functions, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actions.context import ActionContext
from actions.evidence.evidence import Evidence, Look, asked
from actions.systems.redis.login_block import users_file
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.verified_connection import connect_verified

_COMMANDS = {
    "users": ["ACL", "LIST"],
    "denied": ["ACL", "LOG"],
    "clients": ["CLIENT", "LIST"],
    "settings": ["CONFIG", "GET", "*"],
    "info": ["INFO", "everything"],
    "modules": ["MODULE", "LIST"],
    "slow": ["SLOWLOG", "GET", "1000"],
    "functions": ["FUNCTION", "LIST", "WITHCODE"],
}


def evidence(ctx: ActionContext) -> Evidence:
    """Return what of the run's server is evidence."""
    server = find_server(ctx)
    running = bool(server.process())
    settings = server.settings
    return Evidence(
        host=server.host,
        running=running,
        data=[server.data],
        files=[settings.config_file, users_file(server), settings.service.log],
        looks=_looks(server) if running else [Look(name="server.json", unseen="it is down")],
    )


def _looks(server: Server) -> list[Look]:
    def told(words: list[str]) -> Callable[[], Any]:
        def tell() -> Any:
            with connect_verified(server) as session:
                client: Any = session
                return client.execute_command(*words)

        return tell

    return [asked(name, told(words)) for name, words in _COMMANDS.items()]
