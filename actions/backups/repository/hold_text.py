"""Reads and writes who holds the backups of a repository: a file beside them, in a bucket one for each that holds."""

from __future__ import annotations

from actions.backups.hold_file import with_holder, without_holder
from actions.backups.repository.in_bucket import change, show
from actions.backups.repository.place import Place
from actions.outcome import ActionFailed
from actions.transport import FileMissing


def read_hold_text(place: Place) -> str | None:
    """Return who holds, as the file has it; None: nobody.

    Raises:
        CleoError: nobody can look.
    """
    if place.in_bucket:
        texts = show(place, below=f"{place.system}.hold/", texts=["*"]).texts
        return "".join(texts.values()) if texts else None
    try:
        return place.ctx.transport(place.host).read_file(place.hold_file).decode("utf-8", "replace")
    except FileMissing:
        return None


def add_holder(place: Place, who: str) -> None:
    """Write down that somebody holds. Call it only where an effect was announced.

    Raises:
        CleoError: it cannot be written.
    """
    if place.in_bucket:
        change(place, _name(place, who), with_holder(None, who, place.system))
        return
    text = with_holder(read_hold_text(place), who, place.system)
    place.ctx.transport(place.host).write_file(place.hold_file, text.encode(), 0o644)


def remove_holder(place: Place, who: str) -> None:
    """Take somebody out, and leave all others. Call it only where an effect was announced.

    Raises:
        CleoError: it cannot be written.
    """
    if place.in_bucket:
        change(place, _name(place, who), None)
    elif left := without_holder(read_hold_text(place) or "", who, place.system):
        place.ctx.transport(place.host).write_file(place.hold_file, left.encode(), 0o644)
    else:
        _remove(place)


def _name(place: Place, who: str) -> str:
    return f"{place.system}.hold/{who}"


def _remove(place: Place) -> None:
    done = place.ctx.transport(place.host).query(["rm", "-f", "--", place.hold_file], timeout_s=30)
    if done.code != 0:
        raise ActionFailed(f"{place.hold_file} cannot be removed: {done.err.strip()}", "Check its permissions.")
