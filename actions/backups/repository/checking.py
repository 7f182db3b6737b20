"""Has every file of a backup read and compared with its entry, on the repository's host."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actions.backups.heard import show_read
from actions.backups.printed import json_objects
from actions.backups.repository.place import Place
from actions.outcome import ActionFailed

_MODULE = "actions.backups.repository.check"


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One file that is not what the entry says: its name in the backup, and why."""

    name: str
    why: str


def check_backup(place: Place, backup: str, *, timeout_s: float, words: str = "") -> Sequence[Damage]:
    """Read every file of a backup to its end, and return those that are not what its entry says.

    The program runs under the shim by a key of its own, so call it only where an effect was announced.

    Args:
        place: the repository of the system.
        backup: the backup's id.
        timeout_s: seconds after which it is ended.
        words: what the progress says before the backup's id.

    Raises:
        ActionFailed: it could not be checked.
        Cancelled: somebody asked the action to stop.
    """
    shown = show_read(place.ctx, f"{words or 'checking'} {backup}")
    argv = [*place.program(_MODULE), *_backup(place, backup)]
    done = place.ctx.run(
        f"check-{backup}", place.host, argv, timeout_s=timeout_s, user=place.settings.run_as, on_line=shown
    )
    damaged = [Damage(name=one["damaged"], why=one["why"]) for one in json_objects(done.out) if "why" in one]
    if done.code not in (0, 1) or (done.code == 1) != bool(damaged):
        said = " ".join(done.err.split()) or done.ending
        raise ActionFailed(
            f"The backup {backup} could not be checked: {said}.",
            "Correct what it names; a backup that could not be read is not restored from.",
        )
    return damaged


def _backup(place: Place, backup: str) -> list[str]:
    """Return what the program is told of a backup."""
    if not place.in_bucket:
        return [f"{place.folder}/{backup}"]
    return [backup, msgspec.json.encode(place.shelf).decode()]
