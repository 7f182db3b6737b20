"""What a cold standby of Redis needs: a configuration of its own on its host, and programs that can load the copies."""

from __future__ import annotations

from actions.backups.repository.entry import ENTRY, decode_entry
from actions.cold_standby.standby import NOTHING, ColdWay, CopiedThere
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.redis.configuration import Configuration, read_configuration
from actions.systems.redis.failover.promote import PROMOTING
from actions.systems.redis.product import cannot_load, of_program
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.sources import source_of_backup

_CHECKS = ("redis-check-rdb", "redis-check-aof")
_FOUND = 'for name do command -v -- "$name" >/dev/null || { echo "$name is not there" >&2; exit 1; }; done'


def require_prepared(ctx: ActionContext) -> None:
    """Refuse a host on which the normal restore would not go to its end.

    Raises:
        ActionFailed: Redis' programs are not there, or its configuration is missing, leads elsewhere, or follows.
    """
    server = find_server(ctx)
    _require_programs(server)
    if not server.settings.config_file:
        raise ActionFailed(
            f"The inventory names no configuration file of {server.name}: what is restored there cannot be started.",
            "Put one on its host, and name it (config_file).",
            left_behind=NOTHING,
        )
    _require_own(server, read_configuration(server))


def require_fitting(ctx: ActionContext, copied: CopiedThere) -> None:
    """Refuse copies that the programs of the standby's host cannot load.

    Raises:
        ActionFailed: a newer version, or another product, wrote them; or the newest one's entry cannot be read.
    """
    server, name = find_server(ctx), f"{copied.newest}/{ENTRY}"
    wrote = source_of_backup(decode_entry(copied.read(name), name), name)
    here = _product(server)
    if cannot_load(here, (wrote.product, wrote.version)):
        raise ActionFailed(
            f"{copied.newest} was written by {wrote.product} {wrote.version}, and {server.host} has {' '.join(here)}, "
            "which cannot load it.",
            f"Install {wrote.product} {wrote.version} there (bin_directory, program), then run it again.",
            left_behind=NOTHING,
        )


def _require_programs(server: Server) -> None:
    wanted = [server.program(name) for name in (server.settings.program, *_CHECKS)]
    done = server.query(["sh", "-c", _FOUND, "sh", *wanted])
    if done.code:
        raise ActionFailed(
            f"{server.host} has no Redis that can be restored: {last_words(done)}",
            "Install what was backed up there (bin_directory and program of the standby).",
            left_behind=NOTHING,
        )


def _require_own(server: Server, configuration: Configuration) -> None:
    """Refuse a configuration that leads to another place, another port or another server."""
    file, settings = server.settings.config_file, server.settings
    ports = {configuration.last(name) for name in ("port", "tls-port")} - {"", "0"} or {"6379"}
    told = configuration.last("dir").rstrip("/")
    wrong = f"dir {told or '(nothing)'}, the inventory says {server.data}" if told != server.data else ""
    if str(settings.port) not in ports:
        wrong = f"port {' and '.join(sorted(ports))}, the inventory says {settings.port}"
    if wrong:
        raise ActionFailed(
            f"On {server.host} {file} says {wrong}.",
            "Correct the file there, or the inventory.",
            left_behind=NOTHING,
        )
    if configuration.follows:
        raise ActionFailed(
            f"On {server.host} {file} has it follow {configuration.follows}: a replica is no cold standby.",
            "Take replicaof out of it.",
            left_behind=NOTHING,
        )


def _product(server: Server) -> tuple[str, str]:
    """Return product and version of the server's program."""
    return of_program(server.query([server.program(server.settings.program), "--version"]).out)


COLD = ColdWay(fenced=PROMOTING.old_fenced, require=require_prepared, fits=require_fitting, stop="redis.stop")
