"""What a hold on backups is: no backup starts by schedule, none expires, and several incidents may share it."""

from __future__ import annotations

import msgspec

from actions.gate import Closed

GATE = "hold"


class HoldPart(msgspec.Struct, frozen=True, kw_only=True):
    """One half of a hold.

    Attributes:
        stands: whether it is in force, for whomever.
        incidents: the incidents that hold this system's backups by it.
        others: who else keeps it in force, in words: a person's own file, an incident for another system.
        cannot: why it cannot be held, to be read after "because"; empty: it can.
    """

    stands: bool = False
    incidents: list[str] = []
    others: list[str] = []
    cannot: str = ""

    def without(self, incident: str) -> list[str]:
        """Return who keeps it in force once ``incident`` gave it up."""
        return [*(each for each in self.incidents if each != incident), *self.others]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What holds a system's backups now.

    Attributes:
        schedule: scheduled backups wait; None where the engine's backups are never taken by schedule.
        expiry: no backup expires; None where the engine never removes one.
    """

    schedule: HoldPart | None
    expiry: HoldPart | None

    @property
    def parts(self) -> list[HoldPart]:
        """The halves that there are."""
        return [part for part in (self.schedule, self.expiry) if part]

    @property
    def holders(self) -> list[str]:
        """Everybody who holds something of it."""
        incidents = [incident for part in self.parts for incident in part.incidents]
        return [*dict.fromkeys([*incidents, *(other for part in self.parts for other in part.others)])]

    @property
    def cannot(self) -> str:
        """Why a half of it cannot be held; empty: all of it can."""
        return next((part.cannot for part in self.parts if part.cannot), "")

    def lacks(self, incident: str) -> bool:
        """Whether a half of it that can be held is not held for ``incident``."""
        return any(not part.cannot and incident not in part.incidents for part in self.parts)

    def others(self, incident: str) -> list[str]:
        """Return everybody else who holds something of it: not this incident, for this system or for another."""
        return [holder for holder in self.holders if holder != incident and not holder.startswith(f"{incident} (")]

    def stands_for(self, incident: str) -> bool:
        """Whether all of it is held for ``incident``. Another's hold may be released at any time."""
        return all(incident in part.incidents for part in self.parts)


def closed_hold(found: Hold, incident: str) -> Closed | None:
    """Return why the gate ``hold`` is closed: this incident's own hold must stand, all of it.

    Args:
        found: what holds the backups now.
        incident: whose hold is asked for.
    """
    if found.stands_for(incident):
        return None
    if not found.lacks(incident):
        message = f"It cannot be seen whether scheduled backups wait or old ones expire: {found.cannot}."
    elif found.holders:
        message = f"Backups are not held for this incident, only for {', '.join(found.holders)}, who may release them."
    else:
        message = "Backups are not held: one that starts now, or an expiry, could replace the good one."
    return Closed(GATE, message, "reason", "backups.hold")
