"""Reads and writes who holds the backups of a repository: a file beside them, in a bucket one for each that holds."""

from __future__ import annotations

from typing import Protocol

from actions.backups.hold_file import with_holder, without_holder
from actions.backups.repository.in_bucket import ReachedBucket, change, show
from actions.outcome import ActionFailed
from actions.transport import FileMissing


class HeldPlace(ReachedBucket, Protocol):
    """What is held: a repository (`actions.backups.repository.place.Place`), or the second place."""

    @property
    def in_bucket(self) -> bool:
        """Whether each holder has a file of its own."""
        ...

    @property
    def hold_file(self) -> str:
        """The file that holds, or what the names of several begin with."""
        ...


def read_hold_text(place: HeldPlace) -> str | None:
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


def add_holder(place: HeldPlace, who: str) -> None:
    """Write down that somebody holds. Call it only where an effect was announced.

    Raises:
        CleoError: it cannot be written.
    """
    if place.in_bucket:
        change(place, _name(place, who), with_holder(None, who, place.system))
        return
    text = with_holder(read_hold_text(place), who, place.system)
    place.ctx.transport(place.host).write_file(place.hold_file, text.encode(), 0o644)


def remove_holder(place: HeldPlace, who: str) -> None:
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


def _name(place: HeldPlace, who: str) -> str:
    return f"{place.system}.hold/{who}"


def _remove(place: HeldPlace) -> None:
    done = place.ctx.transport(place.host).query(["rm", "-f", "--", place.hold_file], timeout_s=30)
    if done.code != 0:
        raise ActionFailed(f"{place.hold_file} cannot be removed: {done.err.strip()}", "Check its permissions.")
