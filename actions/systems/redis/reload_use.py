"""Whether surviving append-only files are worth loading after a restore."""

from __future__ import annotations

from actions.outcome import Settling
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.restore_record import RestoreRecord
from actions.systems.redis.server import Server
from actions.systems.redis.surviving_aof import find_folder


def why_needless(record: RestoreRecord | None, folder: str, wanted: Wanted) -> str:
    """Return why there is nothing to do; empty: there is."""
    if record and record.state == "recovered" and record.source.kind == "aof" and not record.source.label:
        return "the append-only files that survived are what was restored"
    if not folder:
        return "no append-only files survived"
    if not wanted.appendonly:
        return "the server is configured without one (appendonly no): what lies there may be from long ago"
    return ""


def settle_reload(server: Server, record: RestoreRecord) -> list[Settling]:
    """Return that nothing has to be reloaded after a restore, where that is so."""
    why = why_needless(record, find_folder(server, record.wanted), record.wanted)
    return [Settling(action="redis.reload_aof", use="needless", words=why, system=server.name)] if why else []
