"""Whether each file system has the free space that a restore and the preserved data need."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actions.gate import decide
from actions.machine.directories import Directory, inspect_directories, size_words
from actions.machine.machine import Machine
from actions.outcome import Cure, GateClosed

GATE = "room"
_FULL = 1_000_000
"""Bytes: a file system with less free space counts as full."""


class SpaceNeed(msgspec.Struct, frozen=True):
    """Space needed in a directory: ``size`` in bytes beyond those used there already, ``what`` in words."""

    directory: Directory
    size: int
    what: str


def full(machine: Machine, *paths: str) -> str:
    """Say of the first of these places whose disk is full that it is; empty where none is."""
    directory = next((directory for directory in inspect_directories(machine, *paths) if directory.free < _FULL), None)
    return f"The disk is full: {directory}. Make room there, then run the step again." if directory else ""


def too_small(needs: Sequence[SpaceNeed]) -> list[str]:
    """Return a line for each file system on which not everything fits: needed, free, where, and what for."""
    lines = []
    for device in dict.fromkeys(need.directory.device for need in needs):
        here = [need for need in needs if need.directory.device == device and need.size > 0]
        wanted = sum(need.size for need in here)
        if here and wanted > (free := min(need.directory.free for need in here)):
            parts = ", ".join(f"{size_words(need.size)} for {need.what} at {need.directory.path}" for need in here)
            mounts = ", ".join(dict.fromkeys(need.directory.mount for need in here))
            lines.append(
                f"{size_words(wanted)} are needed on the file system {mounts}, {size_words(free)} free ({parts})"
            )
    return lines


def require_room(machine: Machine, needs: Sequence[SpaceNeed]) -> None:
    """Stop a restore that will not fit, before hours are spent.

    Raises:
        GateClosed: it does not, and nobody decided to try.
    """
    if not (short := too_small(needs)):
        return
    closed = GateClosed(
        GATE,
        f"There is no room to restore: {'; '.join(short)}.",
        "Make room there. Or go on: if the measure is right, the restore ends with a full disk and is incomplete.",
        cures=[
            Cure(words="Make room there, then run it again."),
            Cure(
                words="Or go on anyway.", override=GATE, cost="a full disk and half a restore, if the measure is right"
            ),
        ],
    )
    decide(machine.ctx, closed, f"Goes on without the room ({'; '.join(short)})")
