"""What a server of its own on a backup's data is asked for: where it lies, and that it fits."""

from __future__ import annotations

from actions.backups.repository.place import Place
from actions.machine.directories import inspect_directories
from actions.machine.room import SpaceNeed, require_room
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE, ScratchOrder
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.memory import require_memory
from actions.systems.redis.placing import source_order
from actions.systems.redis.restore_record import Source, keeper
from actions.systems.redis.server import Server


def require_scratch_room(server: Server, source: Source, folder: str) -> None:
    """Stop what would not fit: on the disk, and into the host's memory.

    Args:
        server: the server.
        source: the backup.
        folder: where it is loaded.

    Raises:
        GateClosed: it does not fit, and nobody decided to go on.
    """
    above = inspect_directories(keeper(server), folder.rpartition("/")[0] or "/")[0]
    require_room(server, [SpaceNeed(above, source.size, "the copy of the backup")])
    require_memory(server, source.memory, Wanted(), str(source))


def scratch_order(server: Server, place: Place, source: Source, folder: str) -> ScratchOrder:
    """Return what the program is told that loads a backup."""
    name = RDB_FILE if source.kind == "rdb" else AOF_FOLDER
    return ScratchOrder(
        kind=source.kind,
        source=source.path,
        folder=folder,
        program=server.program(server.settings.program),
        run_as=server.run_as,
        heartbeat=server.settings.heartbeat,
        bring=source_order(place, source, f"{folder}/{name}") if place.in_bucket else None,
    )
