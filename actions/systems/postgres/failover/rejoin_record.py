"""What an incident knows of a server that is rebuilt as a standby: written down before each step that changes it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import msgspec

from actions.kept_record import keep_record, load_record
from actions.systems.postgres.failover.spaces import Space

Way = Literal["follow", "rewind", "copy"]


class RejoinRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One rebuilding.

    Attributes:
        primary: whom it is to follow.
        way: ``follow``: its data lack nothing and hold nothing more, so it goes on with them; ``rewind``: a clone of
            them, rewound, takes their place; ``copy``: a new copy of the primary does.
        slot: the replication slot that keeps log for it on the primary.
        aside: where its old data are kept; empty where they stay in use.
        spaces: the primary's tablespaces, and where they go.
        fork: where the new primary's history left its own, in bytes; -1: nobody can tell.
        copied: whether the copy is whole, proven and ready to take the place.
    """

    primary: str
    way: Way
    slot: str
    aside: str = ""
    spaces: list[Space] = []
    fork: int = -1
    copied: bool = False

    @classmethod
    def of(cls, folder: Path, system: str) -> Self | None:
        """Return what is written down of a system; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        return load_record(_path(folder, system), cls, hint="Move it away, then look what lies beside its data.")

    def keep(self, folder: Path, system: str) -> None:
        """Write it down.

        Raises:
            ActionFailed: the disk does not take it; nothing was changed by this step.
        """
        keep_record(_path(folder, system), self, hint="Make room there, then run it again.")


def forget_rejoin(folder: Path, system: str) -> None:
    """Remove what is written down: the next rebuilding begins anew."""
    _path(folder, system).unlink(missing_ok=True)


def _path(folder: Path, system: str) -> Path:
    return folder / f"rejoin-{system}.json"
