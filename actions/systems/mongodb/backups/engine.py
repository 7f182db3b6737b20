"""MongoDB's backups as a `actions.backups.engine.BackupEngine`: dumps and the oplog between them in a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from actions.backups.engine import KEEP_SOUND_SET, BackupEngine, BackupList, BackupSet, Checked, Taken
from actions.backups.repository.engine import RepositoryEngine
from actions.backups.repository.place import Listing, Place
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import Finding
from actions.systems.mongodb.backup_chain import Chain, chains, order
from actions.systems.mongodb.backups.by_hand import backups_by_hand
from actions.systems.mongodb.backups.take import KINDS, take_backup
from actions.systems.mongodb.identity import identity_of
from actions.systems.mongodb.server import server_of
from actions.systems.mongodb.settings import MongodbSettings
from journal.events.types import Identity

FORM = "oplog"
"""How a position in the oplog is called where a recovery point names one."""


class MongodbBackups(RepositoryEngine):
    """Takes, lists, verifies and holds a MongoDB server's backups."""

    kinds = KINDS

    def place(self, ctx: ActionContext, system: str) -> Place:
        """Return where a server's backups lie."""
        settings = ctx.inventory.system(system, MongodbSettings)
        return Place(ctx, system, settings.backups, settings.host)

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the server and its repository from every other."""
        return identity_of(server_of(ctx, system))

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return the backups, how far the saved oplog leads, and what is missing in it."""
        listing = self.place(ctx, system).listing()
        listed, found = super().list(ctx, system), chains(listing.stored)
        if not found:
            return listed
        newest = max(found, key=lambda chain: order(chain.ends))
        return replace(
            listed,
            sets=[_judged(one, found) for one in listed.sets],
            findings=[*listed.findings, *_gaps(found)],
            archived_until=newest.until,
            log=f"oplog saved without a gap until {newest.until:%H:%M:%S} UTC" if newest.until else "",
            facts={"last_saved": newest.ends},
        )

    def reach(self, listing: Listing) -> Mapping[str, tuple[str, str]]:
        """Return the first and the last position that the dumps and the oplog behind them lead to."""
        found = chains(listing.stored)
        if not found:
            return {}
        return {FORM: (min((one.begins for one in found), key=order), max((one.ends for one in found), key=order))}

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every file of every backup, and tell where the log that is left has a gap."""
        checked = super().verify(ctx, system)
        stored = self.place(ctx, system).listing().stored
        return replace(checked, findings=[*checked.findings, *_gaps(chains(stored, checked.damaged))])

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether the server was restored and verified, or its data were verified, in this incident."""
        return any("collections_checked" in facts for facts in ctx.incident.facts.values())

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Take a backup: ``full``, a dump; ``incremental``, the oplog since the last backup."""
        return take_backup(server_of(ctx, system), self.place(ctx, system), kind)

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return the command lines for one of ``backups.*``."""
        return backups_by_hand(verb, known)


def _judged(one: BackupSet, found: Sequence[Chain]) -> BackupSet:
    """Return a set as the log tells it: an incremental one counts where any dump leads to it without a gap."""
    if one.kind != "incremental" or (one.unusable and not one.unusable.startswith("builds on")):
        return one
    leads = any(one.label in [each.id for each in chain.backups] for chain in found)
    return replace(one, unusable="" if leads else "follows no full backup without a gap in the oplog")


def _gaps(found: Sequence[Chain]) -> list[Finding]:
    """Return what is missing between the backups; wrong where it is behind the newest dump."""
    lines = dict.fromkeys(f"{chain.gap}: no recovery point in there is reached" for chain in found if chain.gap)
    newest = f"{found[0].gap}:" if found and found[0].gap else None
    return [
        Finding(
            severity="wrong" if newest and line.startswith(newest) else "warning",
            about="",
            text=line,
            cure="Take a full backup." if newest and line.startswith(newest) else KEEP_SOUND_SET,
        )
        for line in lines
    ]


ENGINE: BackupEngine = MongodbBackups()
