"""What an incident changed of a zone: old and new values, written down before the change, kept with the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import msgspec

from actions.kept_record import keep_record, load_record
from actions.systems.dns.sets import RecordSet


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The change of an incident.

    Attributes:
        old: what the records were before the incident's first change.
        new: what they were changed to.
        state: ``begun``: written down before it is asked for; ``made``: the authority answers with it; ``taken back``.
        at: when this was written.
    """

    old: list[RecordSet]
    new: list[RecordSet]
    state: Literal["begun", "made", "taken back"]
    at: str = ""

    @classmethod
    def of(cls, folder: Path, system: str) -> Self | None:
        """Return what is written down for a system; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        hint = "Take them from the update's event in the journal (its target), and change the records by hand."
        return load_record(_path(folder, system), cls, hint=hint, about="it has the old values")

    def keep(self, folder: Path, system: str) -> None:
        """Write it down, flushed and read back.

        Raises:
            ActionFailed: the disk does not take it; nothing was changed.
        """
        noted = msgspec.structs.replace(self, at=datetime.now(UTC).isoformat(timespec="seconds"))
        keep_record(_path(folder, system), noted)

    def followed_by(self, old: list[RecordSet], new: list[RecordSet]) -> Self:
        """Return it with a further change: the first old value of a record stays."""
        before = {one.key: one for one in old} | ({} if self.state == "taken back" else {o.key: o for o in self.old})
        after = ({} if self.state == "taken back" else {one.key: one for one in self.new}) | {n.key: n for n in new}
        return type(self)(old=list(before.values()), new=list(after.values()), state="begun")


def _path(folder: Path, system: str) -> Path:
    return folder / f"dns-{system}.json"
