"""One PostgreSQL server of the inventory, as actions use it: its programs, files and processes."""

from __future__ import annotations

from actions.context import ActionContext
from actions.machine.machine import Machine
from actions.systems.postgres.command_lines import program
from actions.systems.postgres.settings import PostgresSettings


class Server(Machine):
    """One server and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str, settings: PostgresSettings) -> None:
        super().__init__(ctx, settings.host, settings.run_as)
        self.name = name
        self.settings = settings
        self.log_from = -1
        """Where its log ended before it was launched, in bytes; -1 where we did not launch it."""

    @property
    def data(self) -> str:
        """Its data directory."""
        return self.settings.data_directory.rstrip("/")

    def program(self, name: str) -> str:
        """Return the path of one of PostgreSQL's programs."""
        return program(self.settings, name)


def find_server(ctx: ActionContext) -> Server:
    """Return the server that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such PostgreSQL.
    """
    return server_of(ctx, ctx.system)


def server_of(ctx: ActionContext, name: str) -> Server:
    """Return a server by its name in the inventory.

    Raises:
        UnknownTarget: the inventory has no such PostgreSQL.
    """
    return Server(ctx, name, ctx.inventory.system(name, PostgresSettings))
