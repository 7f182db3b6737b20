"""What an incident knows of a fenced server, kept with its journal: the server's host may be gone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import msgspec

from actions.kept_record import keep_record, load_record

Means = Literal["service", "power", "network", "word"]
DEVICES: tuple[Means, ...] = ("power", "network")
"""What fences from outside: asked itself, and still so after the host booted anew."""


class FenceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a server was fenced.

    Attributes:
        means: by its service on its host, by the inventory's commands for power or network, or on somebody's word. A
            device goes before its service, whichever came last.
        beside: further devices that fenced it, and were not taken back.
        reason: what that person said.
        guarded: whether the guard stands in its configuration, so that it does not start after a reboot.
        position: how far its own log of changes went when it was last asked, in the units of its type; 0: not known.
        history: the name of the history that this position is of; empty: not known.
        slots: the logical replication slots that it had; None: nobody could look.
        at: when this was written (UTC, ISO 8601).
    """

    means: Means
    beside: list[Means] = []
    reason: str = ""
    guarded: bool = False
    slots: list[str] | None = None
    position: int = 0
    history: str = ""
    at: str = ""

    @property
    def devices(self) -> list[Means]:
        """The devices that fenced it, and were not taken back."""
        return [one for one in (self.means, *self.beside) if one in DEVICES]

    def over(self, before: Self | None) -> Self:
        """Return this as it is written over what was known before: nothing that proves more is lost."""
        if before is None:
            return self
        others = [one for one in before.devices if one not in self.devices]
        first, *rest = others if self.means == "service" and others else [self.means, *self.beside, *others]
        known = self if self.position or self.history else before
        return msgspec.structs.replace(
            self,
            means=first,
            beside=rest,
            position=known.position,
            history=known.history,
            slots=before.slots if self.slots is None else self.slots,
        )

    @classmethod
    def of(cls, folder: Path, system: str) -> Self | None:
        """Return what is written down of a system; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        about, hint = f"it says how {system} was fenced", "Move it away, then fence the server again."
        return load_record(_path(folder, system), cls, hint=hint, about=about)

    def keep(self, folder: Path, system: str) -> None:
        """Write it down, over what is there.

        Raises:
            ActionFailed: the disk does not take it, or what is there cannot be read.
        """
        noted = msgspec.structs.replace(
            self.over(self.of(folder, system)), at=datetime.now(UTC).isoformat(timespec="seconds")
        )
        left = f"{system} is fenced by {self.means}; nothing says so but the server itself."
        hint = "Make room there, then run it again: what was done stays done."
        keep_record(_path(folder, system), noted, hint=hint, left_behind=left)


def forget(folder: Path, system: str) -> None:
    """Remove what is written down of a system."""
    _path(folder, system).unlink(missing_ok=True)


def _path(folder: Path, system: str) -> Path:
    return folder / f"fence-{system}.json"
