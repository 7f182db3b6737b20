"""One Redis server of the inventory, as actions use it: its programs, files and processes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from actions.context import ActionContext
from actions.machine.listener import Ask, ServerKind, Table, Worker, look
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.systems.redis.aof import AofCheck, AofPart
from actions.systems.redis.aof_check import check_aof
from actions.systems.redis.settings import RedisSettings

_NAMES = ("redis-server", "valkey-server", "keydb-server")
_SENTINEL = "[sentinel]"
"""What a Sentinel's command line ends with: it is the server's program, in another mode."""
_LONGEST_NAME = 15
"""Characters of a process's name that the kernel keeps (TASK_COMM_LEN in proc(5))."""


def server_kind(settings: RedisSettings) -> ServerKind:
    """Return how the server's processes are known: by their name, working inside the data directory."""
    names = dict.fromkeys((settings.program, *_NAMES))
    return ServerKind("|".join(re.escape(name[:_LONGEST_NAME]).replace(r"\-", "-") for name in names))


class Server(Machine):
    """One server and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str, settings: RedisSettings) -> None:
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
        """Return the path of one of Redis' programs on its host."""
        return program(self.settings, name)

    def check_aof(self, machine: Machine, manifest: str, parts: Sequence[AofPart], timeout_s: float) -> AofCheck:
        """Read append-only files to their end; nothing is changed.

        Args:
            machine: the host, with the account that may read them.
            manifest: their manifest's path.
            parts: what it names.
            timeout_s: seconds for each of the programs that read them.

        Raises:
            ActionFailed: a program did not come to its end.
        """

        def ran(argv: Sequence[str]) -> str:
            return printed(machine, argv, timeout_s)

        return check_aof(ran, self.program("redis-check-aof"), self.program("redis-check-rdb"), manifest, parts)

    def processes(self, *, port: bool = False) -> Table:
        """Return the host's servers, those of this data directory apart; with ``port``, who listens on ours as well.

        Raises:
            ActionFailed: the host did not answer as a Linux host does.
        """
        asked = self.settings.port if port else 0
        return look(self.query, self.data, server_kind(self.settings), self.query_ourselves, port=asked)

    def process(self) -> Worker | None:
        """Return the server that works in the data directory, also when that was deleted under it.

        Raises:
            ActionFailed: nobody can tell: a process that may be it hides where it works.
        """
        table = self.processes()
        if found := server_of_table(table, self.query):
            return found
        if table.hidden:
            pid = table.hidden[0].pid
            raise ActionFailed(
                f"It cannot be told whether {self.name} runs: we may not see where process {pid} works.",
                "Let cleo run programs on that host as the server's account (run_as:) or as root.",
            )
        return None


def server_of_table(table: Table, ask: Ask) -> Worker | None:
    """Return the server among the processes that work in its directory.

    A Sentinel is the same program, and Debian has both work in the same directory; what forks to save is a child.
    """
    for workers in (table.here, table.gone):
        pids = {worker.pid for worker in workers}
        roots = [worker for worker in workers if worker.parent not in pids]
        done = ask(["grep", "-lF", _SENTINEL, *(f"/proc/{worker.pid}/cmdline" for worker in roots)]) if roots else None
        sentinels = done.out.split() if done else []
        if servers := [worker for worker in roots if f"/proc/{worker.pid}/cmdline" not in sentinels]:
            return servers[0]
    return None


def printed(machine: Machine, argv: Sequence[str], timeout_s: float) -> str:
    """Return what a program printed, both streams.

    Raises:
        ActionFailed: it did not come to its end.
    """
    done = machine.query(argv, timeout_s=timeout_s)
    if done.code < 0:
        raise ActionFailed(f"{argv[0]} {done.ending}")
    return f"{done.out}\n{done.err}"


def program(settings: RedisSettings, name: str) -> str:
    """Return the path of one of Redis' programs; those of Valkey are called like its server."""
    kind = settings.program.partition("-")[0]
    own = name.replace("redis-", f"{kind}-", 1) if settings.program == f"{kind}-server" else name
    return str(PurePosixPath(settings.bin_directory) / own) if settings.bin_directory else own


def find_server(ctx: ActionContext) -> Server:
    """Return the server that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such Redis.
    """
    return server_of(ctx, ctx.system)


def server_of(ctx: ActionContext, name: str) -> Server:
    """Return a server by its name in the inventory.

    Raises:
        UnknownTarget: the inventory has no such Redis.
    """
    return Server(ctx, name, ctx.inventory.system(name, RedisSettings))
