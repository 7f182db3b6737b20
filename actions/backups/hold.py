"""``backups.hold`` and ``backups.release``: while a recovery runs, no backup is taken by schedule and none expires."""

from __future__ import annotations

import re

from actions.action import action
from actions.backups.pgbackrest import command, read_repository
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.postgres.identity import identity
from actions.postgres.server import Server, find_server, last_words

_BEGIN, _END = "# cleo: backups are held until `backups.release` (begin)", "# cleo: (end of hold)"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n", re.MULTILINE | re.DOTALL)
_FOREVER = "9999999"
"""The highest retention pgBackRest accepts."""


@action("backups.hold", probe="backups.held", resumable=True, undone_by="backups.release", target=identity)
def hold(ctx: ActionContext) -> Outcome:
    """Hold the backups: no expiry, no scheduled backup."""
    server = find_server(ctx)
    done = []
    hold_file = server.settings.backups.hold_file
    if not hold_file:
        done.append("scheduled backups are NOT stopped, the inventory names no hold_file: stop their schedule by hand")
    elif not server.exists(hold_file):
        if ctx.effect(f"write {hold_file}, which scheduled backups obey"):
            server.write(hold_file, f"Held for incident {ctx.incident.id}. Release: cleo run backups.release\n")
        done.append("scheduled backups wait")
    if not _config_holds(server):
        keys = read_repository(server).keys
        if ctx.effect(f"suspend expiry in {server.settings.backups.config}"):
            _hold_config(server, keys)
        done.append("expiry is suspended")
    words = "; ".join(done) or "they were held already"
    return Outcome(ok=bool(hold_file), summary=f"Backups are held: {words}.", facts={"held": True, "changed": done})


@action("backups.release", probe="backups.held", resumable=True, target=identity)
def release(ctx: ActionContext) -> Outcome:
    """Release the hold on backups."""
    server = find_server(ctx)
    done = []
    config = server.settings.backups.config
    if _config_holds(server):
        if ctx.effect(f"let backups expire again ({config})"):
            server.write(config, _BLOCK.sub("", server.read(config) or ""), user="")
        done.append("expiry works again")
    hold_file = server.settings.backups.hold_file
    if hold_file and server.exists(hold_file):
        if ctx.effect(f"remove {hold_file}"):
            server.remove(hold_file)
        done.append("scheduled backups run again")
    words = "; ".join(done) or "they were not held"
    return Outcome(ok=True, summary=f"Backups are released: {words}.", facts={"held": False, "changed": done})


@action("backups.held", target=identity)
def held(ctx: ActionContext) -> Outcome:
    """Tell whether backups are held."""
    server = find_server(ctx)
    config, schedule = _config_holds(server), is_held(server)
    summary = f"Expiry is {'suspended' if config else 'at work'}; scheduled backups {'wait' if schedule else 'run'}."
    return Outcome(ok=True, summary=summary, facts={"held": config and schedule})


def is_held(server: Server) -> bool:
    """Whether the hold file is there."""
    hold_file = server.settings.backups.hold_file
    return bool(hold_file) and server.exists(hold_file)


def _config_holds(server: Server) -> bool:
    return _BEGIN in (server.read(server.settings.backups.config) or "")


def _hold_config(server: Server, keys: list[int]) -> None:
    """Append the sections that beat all others but the command line's, and see whether pgBackRest obeys them."""
    config, stanza = server.settings.backups.config, server.settings.backups.stanza
    before = server.read(config) or ""
    server.write(config, before.rstrip("\n") + "\n" + _block(stanza, keys), user="")
    done = server.query(command(server, "expire", "--dry-run", "--log-level-console=info"), timeout_s=60)
    if done.code == 0 and all(f"--repo{key}-retention-full={_FOREVER}" in done.out for key in keys):
        return
    server.write(config, before, user="")
    raise ActionFailed(
        f"pgBackRest does not obey the hold written to {config}: {last_words(done)}",
        f"Does it have sections [{stanza}:backup] or [{stanza}:expire] of its own? Set expire-auto=n there by hand.",
        left_behind="The configuration is as it was.",
    )


def _block(stanza: str, keys: list[int]) -> str:
    kept = "".join(f"repo{key}-retention-{what}={_FOREVER}\n" for key in keys for what in ("full", "diff", "archive"))
    return f"{_BEGIN}\n[{stanza}:backup]\nexpire-auto=n\n[{stanza}:expire]\n{kept}{_END}\n"
