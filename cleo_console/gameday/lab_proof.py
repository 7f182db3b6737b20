"""Proves that a folder holds the lab that a game day chose, and that this user started it: nothing else is broken."""

from __future__ import annotations

from pathlib import Path

from cleo_console.lab import Lab
from journal.errors import CleoError


class NotThisLab(CleoError):
    """What lies there is not the lab that may be broken."""


def own_lab(directory: Path | None) -> Lab:
    """Return the lab in a folder, which must be this user's and have an id.

    Raises:
        CleoError: there is none, or it is another account's.
        NotThisLab: it was made by an earlier version, without an id.
    """
    lab = Lab.at(directory)
    if not lab.state.id:
        raise NotThisLab(
            f"The lab in {lab.directory} has no id: an earlier version made it.",
            "Make it anew: cleo lab down, then cleo lab up.",
        )
    return lab


def proven_lab(directory: Path, lab_id: str) -> Lab:
    """Return the lab of a game day, where it is still the same one.

    Raises:
        CleoError: there is none, or it is another account's.
        NotThisLab: another lab lies in its place.
    """
    lab = own_lab(directory)
    if lab.state.id != lab_id:
        raise NotThisLab(
            f"The lab in {directory} is another one than this game day began with ({lab.state.id}, not {lab_id}).",
            "It is left alone. Begin a game day on it: cleo exercise gameday.",
        )
    return lab


def require_whole(lab: Lab) -> None:
    """Refuse a lab in which something is broken already: nobody could tell what the game day did.

    Raises:
        NotThisLab: something of it does not run, or a fault was injected.
    """
    found = lab.status()
    if not found.whole or found.faults:
        why = "a fault was injected into it" if found.faults else "something of it does not run"
        raise NotThisLab(
            f"The lab in {lab.directory} is not whole: {why}.", "See cleo lab status. Make it anew: cleo lab down; up."
        )
