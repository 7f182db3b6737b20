"""What a running Redis says of its own next start: what it would load, its files, its program, its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actions.machine.certificate import Shown
from actions.machine.machine import Machine
from actions.readiness.certificates import certificate_finding
from actions.readiness.server_files import look_at_files
from actions.readiness.versions import look_at_version
from actions.systems.redis.config import Running, running
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    from redis import Redis

_APPEND_ONLY = '[ -r "$1" ] || exit 1; sed -n "s/^[[:space:]]*appendonly[[:space:]]\\{1,\\}//Ip" -- "$1" | tail -n 1'


def look_at_server(machine: Machine, client: Redis, settings: RedisSettings, system: str) -> Iterator[ReadyFinding]:
    """Yield what was found of a server's files, program, certificate and append-only files.

    Args:
        machine: its host, with its account.
        client: a session.
        settings: the server.
        system: its name in the inventory.
    """
    now = running(client, settings)
    tls: Any = client.config_get("tls-*")
    path = str(tls.get("tls-cert-file", ""))
    named = {settings.config_file or now.config_file: "configuration", now.acl_file: "users (aclfile)"}
    if settings.tls:
        named |= {path: "certificate", str(tls.get("tls-key-file", "")): "key"}
        named |= {str(tls.get("tls-ca-cert-file", "")): "CA"}
    yield from look_at_files(machine, named, system)
    yield look_at_version(machine, program(settings, settings.program), now.version, system, counts=2)
    yield from _append_only(machine, settings.config_file or now.config_file, now, system)
    if settings.tls and path:
        shown = Shown(settings.address, settings.port, settings.tls_certificate_file)
        yield certificate_finding(machine, path, f"certificate of {system}", system, shown)


def _append_only(machine: Machine, file: str, now: Running, system: str) -> Iterator[ReadyFinding]:
    """Yield that append-only files were switched on or off by hand: a start goes by the configuration file.

    Off by hand, their stale files are what a start loads, and everything since is gone.
    """
    if not file:
        return
    try:
        done = machine.query(["sh", "-c", _APPEND_ONLY, "sh", file])
    except CleoError:
        return  # that the file cannot be read is a finding of its own
    started = done.out.strip().strip("\"'").lower() == "yes"
    if done.code != 0 or started == now.appendonly:
        return
    if now.appendonly:
        words = "are written, but off by the configuration file: a start loads the RDB file, and nothing newer"
        cure = "Say appendonly yes in the configuration file (CONFIG REWRITE writes what runs)."
    else:
        words = "are off, but on by the configuration file: a start loads those of when they were switched off"
        cure = "Switch them on again (CONFIG SET appendonly yes), or off in the file as well and move them away."
    yield ReadyFinding(
        about=f"append-only files of {system}", state="wrong", words=words, cure=cure, systems=[system], stops=False
    )
