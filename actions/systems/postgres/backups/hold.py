"""``backups.hold`` and ``backups.release``: while a recovery runs, no backup is taken by schedule and none expires.

Several incidents may hold the same backups: each is named in the hold file and in the configuration's block, and the
hold ends when the last of them gives it up.
"""

from __future__ import annotations

import re

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, Outcome
from actions.systems.postgres.backups.keeper import keeper, require_reached
from actions.systems.postgres.backups.options import config_file
from actions.systems.postgres.backups.pgbackrest import PATIENCE, command, read_repository
from actions.systems.postgres.identity import identity
from actions.systems.postgres.server import Server, find_server, last_words

_BEGIN, _END = "# cleo: backups are held until `backups.release` (begin)", "# cleo: (end of hold)"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n", re.MULTILINE | re.DOTALL)
_HOLDER = re.compile(r"^(?:# cleo: )?Held for incident (\S+?)\.(?:\s|$)", re.MULTILINE)
_FOREIGN = "The file was here before, and was not written by cleo: somebody else holds the backups, too."
_FOREVER = "9999999"
"""The highest retention pgBackRest accepts."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What holds the backups now.

    Attributes:
        file: the hold file's text; None where there is none, or the inventory names none.
        block: the block in pgBackRest's configuration; None where there is none.
    """

    file: str | None
    block: str | None

    @property
    def holders(self) -> list[str]:
        """The incidents that hold them, in either place; ``somebody else`` for what is not ours."""
        named = dict.fromkeys(_HOLDER.findall(f"{self.file or ''}\n{self.block or ''}"))
        foreign = self.file is not None and (_FOREIGN in self.file or not _HOLDER.search(self.file))
        return [*named, *(["somebody else"] if foreign else [])]

    def is_of(self, incident: str) -> tuple[bool, bool]:
        """Return whether ``incident`` holds the schedule, and the expiry.

        A block that names nobody (an earlier version wrote it) is of whoever the hold file names.
        """
        files, blocks = _HOLDER.findall(self.file or ""), _HOLDER.findall(self.block or "")
        unnamed = self.block is not None and not blocks
        return incident in files, incident in blocks or (unnamed and incident in (files or [incident]))


@action(
    "backups.hold",
    probe="backups.held",
    resumable=True,
    touches=("hold",),
    undone_by="backups.release",
    target=identity,
)
def hold(ctx: ActionContext) -> Outcome:
    """Hold the backups: no expiry, no scheduled backup."""
    asked = find_server(ctx)
    keys = read_repository(asked).keys
    for key in keys:
        require_reached(asked, key, "backups are held")
    server = keeper(asked)
    found, done = read_hold(server), []
    schedule, expiry = found.is_of(ctx.incident.id)
    hold_file = server.settings.backups.hold_file
    if not hold_file:
        done.append("scheduled backups are NOT stopped, the inventory names no hold_file: stop their schedule by hand")
    elif not schedule:
        if ctx.effect(f"write {hold_file}{_on(server)}, which scheduled backups obey"):
            server.write(hold_file, _file_with(found.file, ctx.incident.id))
        done.append("scheduled backups wait")
    if not expiry:
        if ctx.effect(f"suspend expiry in {_config(server)}{_on(server)}"):
            _hold_config(server, keys, [*_HOLDER.findall(found.block or ""), ctx.incident.id])
        done.append("expiry is suspended")
    else:
        _require_obeyed(server, keys, "The block stands in it; backups may expire.")
    words = "; ".join(done) or "they were held for this incident already"
    summary = f"Backups are held: {words}.{_others(found, ctx.incident.id)}"
    return Outcome(ok=bool(hold_file), summary=summary, facts={"held": True, "changed": done})


@action("backups.release", probe="backups.held", resumable=True, touches=("hold",), target=identity)
def release(ctx: ActionContext) -> Outcome:
    """Release this incident's hold on backups."""
    server = keeper(find_server(ctx))
    found, me, done = read_hold(server), ctx.incident.id, []
    schedule, expiry = found.is_of(me)
    if expiry:
        left = [holder for holder in _HOLDER.findall(found.block or "") if holder != me]
        config = f"{_config(server)}{_on(server)}"
        words = f"give up this incident's hold in {config}" if left else f"let backups expire again ({config})"
        if ctx.effect(words):
            _change_block(server, _block_for(left, found.block or "") if left else "")
        done.append("expiry stays suspended" if left else "expiry works again")
    if schedule:
        hold_file, rest = server.settings.backups.hold_file, _file_without(found.file or "", me)
        if rest and ctx.effect(f"give up this incident's hold in {hold_file}{_on(server)}"):
            server.write(hold_file, rest)
        elif not rest and ctx.effect(f"remove {hold_file}{_on(server)}"):
            server.remove(hold_file)
        done.append("scheduled backups go on waiting" if rest else "scheduled backups run again")
    words = "; ".join(done) or "they were not held for this incident"
    return Outcome(
        ok=True,
        summary=f"This incident's hold is released: {words}.{_others(found, me)}",
        facts={"held": False, "changed": done},
    )


@action("backups.held", target=identity)
def held(ctx: ActionContext) -> Outcome:
    """Tell whether backups are held, and for whom."""
    found = read_hold(find_server(ctx))
    config, schedule = found.block is not None, found.file is not None
    whose = f" Held for {', '.join(found.holders)}." if found.holders else ""
    summary = (
        f"Expiry is {'suspended' if config else 'at work'}; scheduled backups {'wait' if schedule else 'run'}.{whose}"
    )
    return Outcome(
        ok=True, summary=summary, facts={"held": all(found.is_of(ctx.incident.id)), "holders": found.holders}
    )


def is_held_for_us(ctx: ActionContext) -> Closed | None:
    """A gate: this incident's own hold stands, in both places. Another's may be released at any time."""
    server = find_server(ctx)
    found = read_hold(server)
    schedule, expiry = found.is_of(ctx.incident.id)
    if schedule and expiry:
        return None
    if not server.settings.backups.hold_file and expiry:
        message = "The inventory names no hold_file: nobody can see whether scheduled backups wait."
    elif found.holders:
        message = f"Backups are not held for this incident, only for {', '.join(found.holders)}, who may release them."
    else:
        message = "Backups are not held: one that starts now, or an expiry, could replace the good one."
    return Closed("hold", message, "reason", "backups.hold")


def read_hold(server: Server) -> Hold:
    """Return what holds the server's backups now."""
    server = keeper(server)
    hold_file = server.settings.backups.hold_file
    config = config_file(server, _BEGIN)
    block = _BLOCK.search((server.read(config) if config else "") or "")
    return Hold(file=server.read(hold_file) if hold_file else None, block=block[0] if block else None)


def _config(server: Server) -> str:
    """Return the file of pgBackRest's configuration that the block is in, or belongs into."""
    if found := config_file(server, _BEGIN):
        return found
    raise ActionFailed(
        "pgBackRest's configuration is not there: expiry cannot be suspended.", "Name it in the inventory (config)."
    )


def _on(server: Server) -> str:
    host = server.settings.backups.host
    return f" on {host}" if host else ""


def _others(found: Hold, me: str) -> str:
    others = [holder for holder in found.holders if holder != me]
    return f" Held as well for {', '.join(others)}." if others else ""


def _file_with(before: str | None, incident: str) -> str:
    mine = f"Held for incident {incident}. Release: cleo run backups.release\n"
    if before is None:
        return mine
    foreign = "" if _HOLDER.search(before) or _FOREIGN in before else f"{_FOREIGN}\n"
    return f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{foreign}{mine}"


def _file_without(before: str, incident: str) -> str:
    lines = before.splitlines(keepends=True)
    return "".join(line for line in lines if incident not in _HOLDER.findall(line))


def _hold_config(server: Server, keys: list[int], holders: list[str]) -> None:
    """Append the sections that beat all others but the command line's, and see whether pgBackRest obeys them."""
    config = _config(server)
    before = server.read(config) or ""
    _change_block(server, _block(server.settings.backups.stanza, keys, holders))
    try:
        _require_obeyed(server, keys, "The configuration is as it was.")
    except ActionFailed:
        server.write(config, before, user="")
        raise


def _require_obeyed(server: Server, keys: list[int], left_behind: str) -> None:
    """Ask pgBackRest itself what it goes by in each repository: a block alone says nothing.

    It says so before it looks at the repository: one that is gone now would be held as well when it is back.
    """
    config, stanza = _config(server), server.settings.backups.stanza
    for key in keys:
        argv = command(server, "expire", "--dry-run", PATIENCE, "--log-level-console=info", repository=key)
        done = server.query(argv, timeout_s=120)
        if f"--repo{key}-retention-full={_FOREVER}" not in done.out:
            raise ActionFailed(
                f"pgBackRest does not obey the hold written to {config}: {last_words(done)}",
                f"Does it have sections [{stanza}:backup] or [{stanza}:expire] of its own, perhaps in another file? "
                "Set expire-auto=n there by hand.",
                left_behind=left_behind,
            )


def _change_block(server: Server, block: str) -> None:
    config = _config(server)
    rest = _BLOCK.sub("", server.read(config) or "")
    server.write(config, f"{rest.rstrip(chr(10))}\n{block}" if block else rest, user="")


def _block(stanza: str, keys: list[int], holders: list[str]) -> str:
    kept = "".join(f"repo{key}-retention-{what}={_FOREVER}\n" for key in keys for what in ("full", "diff", "archive"))
    sections = f"[{stanza}:backup]\nexpire-auto=n\n[{stanza}:expire]\n{kept}"
    return f"{_BEGIN}\n{_named(holders)}{sections}{_END}\n"


def _block_for(holders: list[str], block: str) -> str:
    """Return ``block`` with ``holders`` as those who hold it."""
    sections = [line for line in block.splitlines(keepends=True)[1:] if not _HOLDER.search(line)]
    return f"{_BEGIN}\n{_named(holders)}{''.join(sections)}"


def _named(holders: list[str]) -> str:
    return "".join(f"# cleo: Held for incident {holder}.\n" for holder in dict.fromkeys(holders))
