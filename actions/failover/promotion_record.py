"""What an incident knows of a promotion: written down before it begins, so that it can be run again."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec

from actions.kept_record import keep_record, load_record


class PromotionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One promotion.

    Attributes:
        standby: which server was promoted.
        timeline: the timeline that it followed.
        received: how much of the log it had, in bytes.
    """

    standby: str
    timeline: int
    received: int

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


def whose_place(folder: Path, system: str) -> str:
    """Return in whose place a system was promoted in this incident; empty: in nobody's.

    Raises:
        ActionFailed: what is written down of a promotion cannot be read.
    """
    names = (path.name.removeprefix("promotion-").removesuffix(".json") for path in folder.glob("promotion-*.json"))
    return next((n for n in names if (found := PromotionRecord.of(folder, n)) and found.standby == system), "")


def _path(folder: Path, primary: str) -> Path:
    return folder / f"promotion-{primary}.json"
