"""Why no backup was taken, and what helps: by what the program said, and by the log of a server that went away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.causes import cause_of
from actions.systems.mongodb.damage import damage_since, ended_over_damage
from actions.systems.mongodb.programs.request import GAP, WENT_AWAY
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.server_log import grave_messages, lines_since

UNTOUCHED = "The older backups are untouched. What was written of this one is no backup; the next one removes it."
FULL = Cure(words="Take a full backup: the log goes on from there.", action="backups.take", params={"kind": "full"})


def failure(server: Server, said: Mapping[str, Any], log_from: int) -> ActionFailed:
    """Return the error for a backup that was not taken.

    Args:
        server: the server.
        said: what the program said: ``failed``, ``hint``, ``why``.
        log_from: how long the server's log was before, in bytes.
    """
    message, hint, why = (str(said.get(name, "")) for name in ("failed", "hint", "why"))
    if why == GAP:
        return ActionFailed(message, hint, left_behind=UNTOUCHED, cures=[FULL])
    if why == WENT_AWAY and (damage := damage_since(server, log_from)):
        return ended_over_damage(server, message, damage, left_behind=UNTOUCHED)
    line, cure = cause_of(grave_messages(lines_since(server, log_from))) if why == WENT_AWAY else ("", "")
    found = f"{message} Its log: {line}" if line else message
    return ActionFailed(found, cure or hint, left_behind=UNTOUCHED)
