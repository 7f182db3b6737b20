"""What an incident knows of a fenced server, kept with its journal: the server's host may be gone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import msgspec

from actions.kept_record import keep_record, load_record

Means = Literal["service", "power", "network", "word"]


class FenceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a server was fenced.

    Attributes:
        means: by its service on its host, by the inventory's commands for power or network, or on somebody's word.
        reason: what that person said.
        guarded: whether the guard stands in its configuration, so that it does not start after a reboot.
        position: how far its own log of changes went when it was last asked, in the units of its type; 0: not known.
        history: the name of the history that this position is of; empty: not known.
        slots: the logical replication slots that it had; None: nobody could look.
        at: when this was written (UTC, ISO 8601).
    """

    means: Means
    reason: str = ""
    guarded: bool = False
    slots: list[str] | None = None
    position: int = 0
    history: str = ""
    at: str = ""

    @classmethod
    def of(cls, folder: Path, system: str) -> Self | None:
        """Return what is written down of a system; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        about, hint = f"it says how {system} was fenced", "Move it away, then fence the server again."
        return load_record(_path(folder, system), cls, hint=hint, about=about)

    def keep(self, folder: Path, system: str) -> None:
        """Write it down.

        Raises:
            ActionFailed: the disk does not take it.
        """
        noted = msgspec.structs.replace(self, at=datetime.now(UTC).isoformat(timespec="seconds"))
        left = f"{system} is fenced by {self.means}; nothing says so but the server itself."
        hint = "Make room there, then run it again: what was done stays done."
        keep_record(_path(folder, system), noted, hint=hint, left_behind=left)


def forget(folder: Path, system: str) -> None:
    """Remove what is written down of a system."""
    _path(folder, system).unlink(missing_ok=True)


def _path(folder: Path, system: str) -> Path:
    return folder / f"fence-{system}.json"
