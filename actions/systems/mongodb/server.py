"""One MongoDB server of the inventory, as actions use it: its programs, files and processes."""

from __future__ import annotations

from pathlib import PurePosixPath

from actions.context import ActionContext
from actions.machine.listener import ServerKind, Table, Worker, look
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.systems.mongodb.settings import MongodbSettings

MONGOD = ServerKind("mongod", "mongod.lock")
"""A mongod works wherever it was started, and holds the lock file of its data directory open as long as it runs."""


class Server(Machine):
    """One mongod and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str, settings: MongodbSettings) -> None:
        super().__init__(ctx, settings.host, settings.run_as)
        self.name = name
        self.settings = settings

    @property
    def data(self) -> str:
        """Its data directory."""
        return self.settings.place()

    @property
    def where(self) -> str:
        """Where it listens."""
        return f"{self.settings.address}:{self.settings.port}"

    def program(self, name: str) -> str:
        """Return the path of one of MongoDB's programs on its host."""
        folder = self.settings.bin_directory
        return str(PurePosixPath(folder) / name) if folder else name

    def processes(self, *, port: bool = False) -> Table:
        """Return the host's mongods, those of this data directory apart; with ``port``, who listens on ours as well.

        Raises:
            ActionFailed: the host did not answer as a Linux host does.
        """
        asked = self.settings.port if port else 0
        return look(self.query, self.data, MONGOD, self.query_ourselves, port=asked)

    def process(self) -> Worker | None:
        """Return the mongod that has the data directory open, also when that was deleted under it.

        Raises:
            ActionFailed: nobody can tell: a process that may be it hides what it has open.
        """
        table = self.processes()
        if found := table.server():
            return found
        if table.hidden:
            pid = table.hidden[0].pid
            raise ActionFailed(
                f"It cannot be told whether {self.name} runs: we may not see what process {pid} has open.",
                "Let cleo run programs on that host as the server's account (run_as:) or as root.",
            )
        return None


def find_server(ctx: ActionContext) -> Server:
    """Return the server that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such MongoDB.
    """
    return server_of(ctx, ctx.system)


def server_of(ctx: ActionContext, name: str) -> Server:
    """Return a server by its name in the inventory.

    Raises:
        UnknownTarget: the inventory has no such MongoDB.
    """
    return Server(ctx, name, ctx.inventory.system(name, MongodbSettings))
