"""What every engine whose backups lie in a repository does alike: list them, read them, and hold them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from actions.backups.engine import KEEP_SOUND_SET, BackupList, BackupSet, Checked, CopySource
from actions.backups.hold_file import part_of
from actions.backups.holding import Hold
from actions.backups.marks import Marks
from actions.backups.repository.checking import check_backup
from actions.backups.repository.entry import ENTRY, INCOMPLETE, LOCK
from actions.backups.repository.hold_text import add_holder, read_hold_text, remove_holder
from actions.backups.repository.place import Listing, Place, Stored
from actions.backups.repository.retention import expire
from actions.context import ActionContext
from journal.events.types import Finding

_HOURS_S = 12 * 3600.0
_NOT_WHOLE = "Nothing is restored from it. Where nothing is being backed up now, the next backup removes it."


class RepositoryEngine(ABC):
    """A part of an `actions.backups.engine.BackupEngine`: what is left to say is where, target, take and by hand."""

    kinds: Collection[str] = ("full",)
    options: Collection[str] = ()

    @abstractmethod
    def place(self, ctx: ActionContext, system: str) -> Place:
        """Return where a system's backups lie."""

    def reach(self, listing: Listing) -> Mapping[str, tuple[str, str]]:
        """Return the first and the last position that backups and log lead to, by the form of a position."""
        return {}

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return the backups, with what names and sizes of their files tell against them."""
        listing = self.place(ctx, system).listing()
        findings = [Finding(severity="wrong", about="", text=line, cure=KEEP_SOUND_SET) for line in listing.strange]
        findings += [
            Finding(severity="note", about="", text=f"{name} is no whole backup", cure=_NOT_WHOLE)
            for name in listing.incomplete
        ]
        return BackupList(sets=sets_of(listing.stored), reach=self.reach(listing), findings=findings)

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every file of every backup, and compare its SHA-256 with the entry's."""
        place = self.place(ctx, system)
        sound: list[str] = []
        damaged: list[str] = []
        findings: list[Finding] = []
        stored = place.listing().stored
        for number, one in enumerate(stored, 1):
            label = one.entry.id
            found = check_backup(place, label, timeout_s=_HOURS_S, words=f"{number}/{len(stored)}, reading")
            (damaged if found else sound).append(label)
            findings += [_damaged(label, f"{each.name}: {each.why}") for each in found]
        return Checked(sound=sound, damaged=damaged, findings=findings)

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        """Return the folders of the backups."""
        return self.place(ctx, system).marks()

    def expire(self, ctx: ActionContext, system: str) -> Sequence[str]:
        """Remove what has expired by the inventory's ``keep``, and return its labels."""
        place = self.place(ctx, system)
        return expire(place, sets_of(place.listing().stored), place.settings.keep)

    def copy_source(self, ctx: ActionContext, system: str) -> CopySource | None:
        """Return the system's folder or bucket; an entry is copied when all that it names is there."""
        place = self.place(ctx, system)
        return CopySource(
            host=place.host,
            where=place.shelf,
            user=place.settings.run_as,
            proof=f"{{label}}/{ENTRY}",
            heads=(f"*/{ENTRY}",),
            skip=(f"{INCOMPLETE}*", LOCK),
            python=place.settings.python,
        )

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        """Return what the hold file says: while it is there, nothing is backed up by schedule, and nothing expires."""
        part = part_of(read_hold_text(self.place(ctx, system)), system)
        return Hold(schedule=part, expiry=part)

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Write this incident into the hold file."""
        place, me = self.place(ctx, system), ctx.incident.id
        if found.lacks(me) and ctx.effect(f"write {place.hold_file}, which scheduled backups obey"):
            add_holder(place, me)

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Take this incident out of the hold file."""
        place, me = self.place(ctx, system), ctx.incident.id
        if any(me in part.incidents for part in found.parts) and ctx.effect(f"give up the hold in {place.hold_file}"):
            remove_holder(place, me)


def sets_of(stored: Sequence[Stored]) -> list[BackupSet]:
    """Return backups in the form common to all engines; what builds on one that cannot be used cannot be either."""
    usable: set[str] = set()
    found = []
    for one in stored:
        entry, wrong = one.entry, one.wrong
        if not wrong and entry.builds_on and entry.builds_on not in usable:
            wrong = f"builds on {entry.builds_on}, which is missing or cannot be used"
        if not wrong:
            usable.add(entry.id)
        found.append(
            BackupSet(
                label=entry.id,
                kind=entry.kind,
                started_at=entry.started_at,
                ended_at=entry.ended_at,
                size=entry.size,
                unusable=wrong,
                covers=(entry.covers.from_, entry.covers.to) if entry.covers else None,
                builds_on=entry.builds_on,
                consistent_at=entry.consistent_at,
            )
        )
    return found


def _damaged(label: str, words: str) -> Finding:
    return Finding(severity="wrong", about="", text=f"backup {label} is damaged: {words}", cure=KEEP_SOUND_SET)
