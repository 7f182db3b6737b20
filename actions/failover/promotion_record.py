"""What an incident knows of a promotion: written down before it begins, so that it can be run again."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec

from actions.kept_record import keep_record, load_record
from actions.outcome import ActionFailed, Finding

INVENTORY = "the inventory"
"""What a finding about its file is about."""


class PromotionRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One promotion.

    Attributes:
        standby: which server was promoted.
        timeline: the timeline that it followed, where its type numbers them.
        received: how much of the log of changes it had, in the units of its type.
        history: the name of the history that it followed, where its type names them.
    """

    standby: str
    timeline: int = 0
    received: int = 0
    history: str = ""

    @classmethod
    def of(cls, folder: Path, primary: str) -> Self | None:
        """Return what is written down of the promotion in a primary's place; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        return load_record(_path(folder, primary), cls, hint="Move it away, then look who was promoted.")

    def keep(self, folder: Path, primary: str) -> None:
        """Write it down.

        Raises:
            ActionFailed: the disk does not take it; nothing was changed.
        """
        keep_record(_path(folder, primary), self, hint="Make room there.", left_behind="Nothing was changed.")


def retire_promotion(folder: Path, primary: str) -> None:
    """Put away what is written down of the promotion in a primary's place: a way back that has ended."""
    if (path := _path(folder, primary)).exists():
        path.replace(_retired(folder, primary))


def retired_promotion(folder: Path, primary: str) -> PromotionRecord | None:
    """Return what was put away: a runner may have died before it wrote down that it ended.

    Raises:
        ActionFailed: it cannot be read.
    """
    return load_record(_retired(folder, primary), PromotionRecord, hint="Move it away, then look who leads.")


def forget_promotion(folder: Path, primary: str) -> None:
    """Remove what is written down of the promotion in a primary's place: it has its place back."""
    _path(folder, primary).unlink(missing_ok=True)


def whose_place(folder: Path, system: str) -> str:
    """Return in whose place a system was promoted in this incident; empty: in nobody's.

    Raises:
        ActionFailed: what is written down of a promotion cannot be read.
    """
    names = (path.name.removeprefix("promotion-").removesuffix(".json") for path in folder.glob("promotion-*.json"))
    return next((n for n in names if (found := PromotionRecord.of(folder, n)) and found.standby == system), "")


def require_ours(record: PromotionRecord | None, name: str, kind: str) -> PromotionRecord:
    """Return the record of a promotion that this incident began; of one that somebody else did nothing is known.

    Args:
        record: what is written down of the promotion in the old primary's place.
        name: who is a primary already.
        kind: what its type calls a primary.

    Raises:
        ActionFailed: this incident did not promote it.
    """
    if record is None or record.standby != name:
        raise ActionFailed(
            f"{name} is no standby: it is a {kind} already, and this incident did not promote it.",
            "Find who did, and since when it takes writes. If it is to serve: say so in the inventory (plays:, no "
            "standby_of:), and mark this step done.",
            left_behind="Nothing was changed.",
        )
    return record


def still_names(old: str, new: str, plays: str = "", *, cold: bool = False) -> Finding:
    """Return that the inventory's file still names the old primary, with the lines to change there.

    Args:
        old: the old primary.
        new: who took over.
        plays: the plan's system that the old one plays by the file, where that is said there.
        cold: whether the new one stands by cold by the file.
    """
    text = f"still names {old}; in this incident {new} plays its part from now on"
    out = f", and take `plays: {plays}` out" if plays else ""
    cure = (
        f"Before it is closed, under systems: at {new} write `plays: {plays or old}` in the place of "
        f"`standby_of: {old}`{' and `cold: true`' if cold else ''}; at {old} add `standby_of: {new}`{out}. "
        "Backups outside of an incident go by the file."
    )
    return Finding(severity="warning", about=INVENTORY, text=text, cure=cure)


def _path(folder: Path, primary: str) -> Path:
    return folder / f"promotion-{primary}.json"


def _retired(folder: Path, primary: str) -> Path:
    return folder / f"switched-{primary}.json"
