"""The shell commands of a restore of Redis, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.backups.repository.by_hand import fetched
from actions.by_hand import ByHand, CommandLine
from actions.machine.service import start_line, stop_line
from actions.recovery_point import label_of
from actions.systems.redis.by_hand import cli
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings


def restore(known: ByHand) -> Sequence[CommandLine]:
    """Return what restores an RDB file by hand, so that the server cannot come up empty."""
    settings = known.settings(RedisSettings)
    data, host, user = settings.place(), settings.host, settings.run_as
    label = str(known.params.get("backup") or "") or (label_of(known.point) if known.point else "") or "BACKUP"
    fetch, folder = fetched(settings.backups, known.system, host, label)
    stored = f"{folder}/{label}/dump.rdb"
    aside = f"{data}.aside-{known.incident}"

    def line(*argv: str, what: str = "") -> CommandLine:
        return CommandLine(argv=argv, what=what, host=host)

    conf = settings.config_file or "redis.conf"
    return [
        *fetch,
        line(
            program(settings, "redis-check-rdb"),
            stored,
            what="The server is down, and its replicas are detached (REPLICAOF NO ONE). BACKUP: the newest one that\n"
            "ended before the recovery point. It must say: RDB looks OK. Note its keys, and how many had expired.",
        ),
        line("mkdir", "-m", "700", aside, what="Keep the old data. What is not there, leave out."),
        line("mv", "-n", f"{data}/dump.rdb", f"{data}/appendonlydir", aside),
        line("install", "-m", "600", *(["-o", user] if user else []), stored, f"{data}/dump.rdb"),
        CommandLine(
            what=f"Put two lines at the end of {conf}, or the server comes up EMPTY, and saves over the file:\n"
            'appendonly no\nsave ""'
        ),
        start_line(settings.service, host, user),
        cli(settings, "INFO", "keyspace", what="Keys = those noted, less the expired; look again after ten seconds."),
        cli(settings, "INFO", "stats", what="evicted_keys must be 0."),
        cli(settings, "CONFIG", "SET", "appendonly", "yes", what="Only where the configuration says appendonly yes."),
        cli(settings, "INFO", "persistence", what="Wait until aof_rewrite_in_progress is 0 and its status ok."),
        CommandLine(what=f"Take the two lines out of {conf} again; set the save points with CONFIG SET save."),
    ]


def reload_aof(known: ByHand) -> Sequence[CommandLine]:
    """Return what loads append-only files that a restore moved aside."""
    settings = known.settings(RedisSettings)
    data, host, user = settings.place(), settings.host, settings.run_as
    kept = f"{data}.aside-{known.incident}/appendonlydir"
    check = [program(settings, "redis-check-aof"), f"{kept}/appendonly.aof.manifest"]
    what = (
        "Look first what a repair would cut off: size - ok_up_to, in the last file only. More than one command behind\n"
        "it is damage in the middle: leave this step out. Never run --fix on the only copy."
    )
    return [
        CommandLine(argv=check, what=what, host=host),
        cli(settings, "CONFIG", "SET", "save", "", what="Then stop it; its append-only files hold what was restored."),
        stop_line(settings.service, host, user, "PID"),
        CommandLine(argv=["mv", "-n", f"{data}/appendonlydir", f"{data}.restored"], host=host),
        CommandLine(argv=["cp", "-a", kept, f"{data}/appendonlydir"], host=host),
        start_line(settings.service, host, user),
        cli(settings, "INFO", "keyspace", what="More keys than before? Fewer: put what was restored back."),
    ]


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Return what shows how many keys there are, and whether they stay."""
    settings = known.settings(RedisSettings)
    return [
        cli(settings, "INFO", "keyspace", what="Keys of each database; again after ten seconds."),
        cli(settings, "INFO", "stats", what="evicted_keys must be 0; expired_keys is what may be missing."),
        cli(settings, "INFO", "persistence", what="rdb_last_bgsave_status and aof_last_write_status must be ok."),
    ]
