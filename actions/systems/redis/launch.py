"""Starts a Redis server, and waits until it has loaded its data."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from actions.by_hand import CommandLine
from actions.context import Progress
from actions.machine.machine import last_words
from actions.machine.service import log_lines, start_line
from actions.machine.unit import show_unit
from actions.outcome import ActionFailed, Cancelled, Cure
from actions.systems.redis.bad_line import bad_line
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.measures import Info
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

RESTORE = "redis.restore"
START_S = 900.0
"""Seconds for a start: 50 GB load in about ten minutes from a quick disk."""
_LAUNCH_S, _PAUSE_S, _APPEARS_S = 120.0, 0.1, 3.0
_LINES = 60
_BEGINS = re.compile(r"oO0OoO0OoO0Oo .* is starting")

_CAUSES = (
    (
        r"Address already in use|Could not create server TCP listening socket",
        "The port is taken (`ss -ltnp` tells by whom), or the address is not this host's: free it; then start again.",
        "",
    ),
    (
        r"Aborting Redis startup because of ACL errors|ACL errors detected|Error loading ACLs",
        "Correct the line of the ACL file that the message names, then start again. The data is not the cause.",
        "",
    ),
    (
        r"Reading the configuration file|Can't open config file",
        "Correct the line of the configuration that the message names, then start again. The data is not the cause.",
        "",
    ),
    (
        r"Can't chdir to|Permission denied",
        "It may not read or write there: correct owner and mode, or run_as: in the inventory; then start again.",
        "",
    ),
    (r"Can't save in background: fork: Cannot allocate|Out Of Memory|out of memory", "Free memory on the host.", ""),
    (
        r"Bad file format reading the append only file|Unexpected end of file reading the append only file"
        r"|Unrecoverable error reading the append only file",
        "The append-only files are damaged: look what a repair would cut off before anything is cut (redis.reload_aof "
        "in a dry run); else restore the RDB file.",
        RESTORE,
    ),
    (
        r"Wrong signature trying to load DB|Short read or OOM loading DB|Internal error in RDB reading"
        r"|Wrong RDB checksum|RDB CRC error|Can't handle RDB format|Invalid (?:RDB|object type)"
        r"|Terminating server after rdb file reading",
        "The RDB file is damaged, or of a newer version: a restore is next.",
        RESTORE,
    ),
    (
        r"Fatal error: can't open .*manifest|AOF .*doesn't exist|No such file or directory.*append",
        "An append-only file is missing: a restore is next.",
        RESTORE,
    ),
)
"""What a server says as it ends, the smallest cure, and the action that does it."""


def launch(server: Server, key: str = "start", line: CommandLine | None = None) -> None:
    """Launch the server; `wait_until_loaded` waits for it.

    Args:
        server: the server.
        key: the program's name within the run.
        line: another command line than the inventory's.

    Raises:
        ActionFailed: it was not even launched.
    """
    line = line or start_line(server.settings.service, server.settings.host, server.settings.run_as)
    done = server.run(key, line.argv, timeout_s=_LAUNCH_S, user=line.user)
    if done.code != 0:
        words = bad_line(done.err) or last_words(done)
        raise ActionFailed(
            f"{server.name} could not be launched: {words}",
            _cause(words)[0] or _unit_hint(server),
            left_behind="The server is down.",
        )


def wait_until_loaded(server: Server, deadline_s: float = START_S) -> Info:
    """Wait until the server has loaded its data and answers; return what it says of itself (INFO).

    Raises:
        ActionFailed: it went down again, or is not ready after ``deadline_s`` seconds.
        CannotConnect: another server answers, or ours lets us not in.
    """
    begun, gone_since = time.monotonic(), 0.0
    trouble = "it was not asked yet"
    while time.monotonic() < begun + deadline_s:
        if server.ctx.cancelled:
            raise Cancelled("The server was launched, and goes on loading.")
        info, trouble = _seen(server)
        if info and not info.get("loading"):
            return info
        if info:
            _tell(server, info)
        elif server.process():
            gone_since = 0.0
        else:
            gone_since = gone_since or time.monotonic()
            if time.monotonic() - gone_since > _APPEARS_S:
                raise went_down(server)
        time.sleep(_PAUSE_S)
    raise ActionFailed(
        f"{server.name} is not ready after {deadline_s:.0f} s: {trouble}.",
        "See its log (redis.log): does it still load?",
        left_behind="The server was launched and is not ready.",
    )


def _seen(server: Server) -> tuple[Info | None, str]:
    """Return what the server says of itself, or why it says nothing."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            info: dict[str, Any] = client.info("everything")
            return info, "it loads its data"
    except CannotConnect as error:
        if error.why in ("password", "tls", "another", "unproven"):
            raise
        return None, error.message


def _tell(server: Server, info: Info) -> None:
    share = float(info.get("loading_loaded_perc", 0)) / 100
    eta_s = float(info.get("loading_eta_seconds", 0)) or None
    server.ctx.progress(Progress(fraction=min(1.0, share), text="loading its data", eta_s=eta_s))


def newest_lines(server: Server, most: int = _LINES) -> list[str]:
    """Return the newest lines of the server's log since it last began, as far as they can be read."""
    line = log_lines(server.settings.service, server.settings.host, server.settings.run_as, most)
    said = server.query(line.argv).out.splitlines()
    begins = [number for number, text in enumerate(said) if _BEGINS.search(text)]
    return said[begins[-1] :] if begins else said


def went_down(server: Server, left_behind: str = "The server is down.") -> ActionFailed:
    """Return the error for a server that ended while it started: its own words, and the smallest cure for those."""
    words, (hint, action) = _grave(newest_lines(server))
    cures = [Cure(words=hint, action=action, cost="what was written since the backup")] if action else []
    return ActionFailed(
        f"{server.name} went down while it started{f': {words}' if words else ', and its log does not say why.'}",
        hint or "See its log (redis.log). Only if it names damaged or missing data, restore.",
        left_behind=left_behind,
        cures=cures,
    )


def _grave(lines: Sequence[str]) -> tuple[str, tuple[str, str]]:
    """Return the newest line whose cause is known with its cure, else the newest warning."""
    if bad := bad_line("\n".join(lines)):
        return bad, _cause(bad)
    for line in reversed(lines):
        if (cause := _cause(line))[0]:
            return _words(line), cause
    warnings = [line for line in lines if " # " in line]
    return _words(warnings[-1]) if warnings else "", ("", "")


def _words(line: str) -> str:
    """Return a log line without its pid and time."""
    return re.sub(r"^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ [#*.-] ", "", line.strip())


def _cause(words: str) -> tuple[str, str]:
    return next((found[1:] for found in _CAUSES if re.search(found[0], words, re.IGNORECASE)), ("", ""))


def _unit_hint(server: Server) -> str:
    if server.settings.service.manager != "systemd":
        return "See its log (redis.log)."
    unit = show_unit(server, server.settings.service.unit)
    if unit.load == "masked":
        return f"Somebody masked the unit {unit.name}: ask why, then `systemctl unmask {unit.name}`."
    if unit.load == "not-found":
        return f"There is no unit {unit.name}: correct it in the inventory (`systemctl list-units 'redis*'`)."
    return f"See `journalctl -u {unit.name}`."
