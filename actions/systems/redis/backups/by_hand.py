"""The shell commands of ``backups.*`` for Redis, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.backups.repository.by_hand import fetched, hold_lines, in_aws, release_lines
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
            return [
                cli(settings, "BGSAVE"),
                cli(settings, "INFO", "persistence", what="Wait: rdb_bgsave_in_progress 0, rdb_last_bgsave_status ok."),
                _copy(settings, f"{folder}/by-hand.rdb"),
            ]
        case "verify":
            lines, there = fetched(settings.backups, known.system, settings.host, "BACKUP")
            check = [program(settings, "redis-check-rdb"), f"{there}/BACKUP/dump.rdb"]
            return [*lines, CommandLine(argv=check, what="BACKUP: each folder in there, in turn.", host=settings.host)]
        case "hold" if settings.backups.in_bucket:
            return hold_lines(settings.backups, known, settings.backups.host or settings.host)
        case "release" if settings.backups.in_bucket:
            return release_lines(settings.backups, known, settings.backups.host or settings.host)
        case "hold":
            return [CommandLine(argv=["touch", hold], host=settings.backups.host or settings.host)]
        case "release":
            return [CommandLine(argv=["rm", hold], host=settings.backups.host or settings.host)]
        case _:
            return []


def _copy(settings: RedisSettings, to: str) -> CommandLine:
    what = "It is no backup that cleo lists; restore it by hand."
    if settings.backups.in_bucket:
        return in_aws(settings.backups, settings.host, "cp", f"{settings.place()}/dump.rdb", to, what=what)
    return CommandLine(argv=["cp", f"{settings.place()}/dump.rdb", to], what=what, host=settings.host)
