"""The block in pgBackRest's configuration that suspends expiry for one stanza, and names who holds it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.backups.hold_file import holder_line, incidents_in, names_somebody
from actions.backups.holding import HoldPart
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.backup_host import host_lock
from actions.systems.postgres.pgbackrest.command import PATIENCE, command_line
from actions.systems.postgres.pgbackrest.options import config_file
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import Backups

END = "# cleo: (end of hold)"
_HOLDER = re.compile(r"^# cleo: Held for incident ")
_FOREVER = "9999999"
"""The highest retention pgBackRest accepts."""


def read_expiry(server: Server, file_incidents: Sequence[str]) -> HoldPart:
    """Return for whom expiry is suspended.

    Args:
        server: the server as its backup host sees it.
        file_incidents: the incidents in the hold file; a block that names nobody is theirs, else of whoever asks.
    """
    stanza = server.settings.backups.stanza
    config = config_file(server, block_begin(stanza))
    found = _pattern(stanza).search((server.read(config) if config else "") or "")
    if found is None:
        return HoldPart()
    unnamed = list(file_incidents) or [server.ctx.incident.id]
    return HoldPart(stands=True, incidents=incidents_in(found[0], stanza) if names_somebody(found[0]) else unnamed)


def suspend_expiry(server: Server, keys: list[int], incidents: list[str]) -> None:
    """Append the sections that beat all others but the command line's, and see whether pgBackRest obeys them.

    Args:
        server: the server as its backup host sees it.
        keys: the numbers of its repositories.
        incidents: for whom.

    Raises:
        ActionFailed: it does not obey; the configuration is as it was.
    """
    stanza = server.settings.backups.stanza
    before = _change(server, expiry_block(stanza, keys, incidents))
    try:
        require_obeyed(server, keys, "The configuration is as it was.")
    except ActionFailed:
        _change(server, before)
        raise


def expiry_block(stanza: str, keys: Sequence[int], incidents: Sequence[str]) -> str:
    """Return the sections that suspend expiry in the repositories with these numbers, and name who holds."""
    kept = "".join(f"repo{key}-retention-{what}={_FOREVER}\n" for key in keys for what in ("full", "diff", "archive"))
    sections = f"[{stanza}:backup]\nexpire-auto=n\n[{stanza}:expire]\n{kept}{END}\n"
    return f"{_head(stanza, incidents)}{sections}"


def obeyed_command(backups: Backups, key: int) -> list[str]:
    """Return the command line by which pgBackRest says what it would keep in a repository; nothing expires."""
    return command_line(backups, "expire", "--dry-run", PATIENCE, "--log-level-console=info", repository=key)


def give_up_expiry(server: Server, left: list[str]) -> None:
    """Leave the block to the incidents in ``left``; without any, take it away."""
    stanza = server.settings.backups.stanza
    found = _pattern(stanza).search(server.read(block_file(server)) or "")
    lines = found[0].splitlines(keepends=True)[1:] if found else []
    sections = "".join(line for line in lines if not _HOLDER.search(line))
    _change(server, f"{_head(stanza, left)}{sections}" if left else "")


def require_obeyed(server: Server, keys: list[int], left_behind: str) -> None:
    """Ask pgBackRest itself what it goes by in each repository: a block alone says nothing.

    It says so before it looks at the repository: one that is gone now would be held as well when it is back.
    """
    config, stanza = block_file(server), server.settings.backups.stanza
    for key in keys:
        done = server.query(obeyed_command(server.settings.backups, key), timeout_s=120)
        if f"--repo{key}-retention-full={_FOREVER}" not in done.out:
            raise ActionFailed(
                f"pgBackRest does not obey the hold written to {config}: {last_words(done)}",
                f"Does it have sections [{stanza}:backup] or [{stanza}:expire] of its own, perhaps in another file? "
                "Set expire-auto=n there by hand.",
                left_behind=left_behind,
            )


def block_file(server: Server) -> str:
    """Return the file of pgBackRest's configuration that the block is in, or belongs into."""
    if found := config_file(server, block_begin(server.settings.backups.stanza)):
        return found
    raise ActionFailed(
        "pgBackRest's configuration is not there: expiry cannot be suspended.", "Name it in the inventory (config)."
    )


def _change(server: Server, block: str) -> str:
    """Put a block in the place of the one that is there, and return that one; other stanzas' blocks stay."""
    pattern = _pattern(server.settings.backups.stanza)
    with host_lock(server):
        config = block_file(server)
        text = server.read(config) or ""
        rest = pattern.sub("", text)
        server.write(config, f"{rest.rstrip(chr(10))}\n{block}" if block else rest, user="")
    found = pattern.search(text)
    return found[0] if found else ""


def block_begin(stanza: str) -> str:
    """Return the block's first line."""
    return f"# cleo: backups of {stanza} are held until `backups.release` (begin)"


def _pattern(stanza: str) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(block_begin(stanza))}\n.*?^{re.escape(END)}\n", re.MULTILINE | re.DOTALL)


def _head(stanza: str, incidents: Sequence[str]) -> str:
    named = "".join(f"# cleo: {holder_line(incident, stanza)}\n" for incident in dict.fromkeys(incidents))
    return f"{block_begin(stanza)}\n{named}"
