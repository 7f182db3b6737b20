"""The shell commands of ``backups.*`` for Redis, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.redis.by_hand import cli
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings


def backups_by_hand(verb: str, known: ByHand) -> Sequence[CommandLine]:
    """Return the command lines of ``backups.<verb>``; none: no single command does it."""
    settings = known.settings(RedisSettings)
    folder = f"{settings.backups.repository}/{known.system}"
    hold = settings.backups.hold_file or f"{folder}.hold"
    match verb:
        case "take":
            copy = ["cp", f"{settings.place()}/dump.rdb", f"{folder}/by-hand.rdb"]
            return [
                cli(settings, "BGSAVE"),
                cli(settings, "INFO", "persistence", what="Wait: rdb_bgsave_in_progress 0, rdb_last_bgsave_status ok."),
                CommandLine(argv=copy, what="It is no backup that cleo lists; restore it by hand.", host=settings.host),
            ]
        case "verify":
            check = [program(settings, "redis-check-rdb"), f"{folder}/BACKUP/dump.rdb"]
            return [CommandLine(argv=check, what="BACKUP: each folder in there, in turn.", host=settings.host)]
        case "hold":
            return [CommandLine(argv=["touch", hold], host=settings.backups.host or settings.host)]
        case "release":
            return [CommandLine(argv=["rm", hold], host=settings.backups.host or settings.host)]
        case _:
            return []
