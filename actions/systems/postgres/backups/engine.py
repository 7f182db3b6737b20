"""pgBackRest as a `actions.backups.engine.BackupEngine`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.backups.engine import BackupEngine, BackupList, Checked, CopySource, Taken
from actions.backups.holding import Hold
from actions.backups.marks import FolderMarks, Marks
from actions.backups.storage.storage import Where
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.systems.postgres.backups.by_hand import BY_HAND
from actions.systems.postgres.backups.hold import hold_backups, read_hold, release_backups
from actions.systems.postgres.backups.sets import backup_list
from actions.systems.postgres.backups.take import KINDS, take_backup
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.pgbackrest.repository_check import check_repositories
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import server_of
from actions.systems.postgres.settings import PostgresSettings
from actions.transport import LocalHost
from journal.events.types import Identity

INFO_FILES = ("backup.info", "backup.info.copy", "archive.info", "archive.info.copy")
"""Files of pgBackRest that are written anew with each backup, and say which there are."""
TEMPORARY_FILES = ("*.pgbackrest.tmp", "*.lock")


class PgBackRest:
    """Takes, lists, verifies and holds a PostgreSQL server's backups."""

    kinds = KINDS
    options = ("repository",)

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the server and its repository from every other."""
        return identity_of(server_of(ctx, system))

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return the sets in all repositories, and how far the archived log reaches."""
        server = server_of(ctx, system)
        return backup_list(server, read_repository(server))

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every file of every repository that can be used."""
        return check_repositories(server_of(ctx, system))

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether the server was restored and replayed, or came back by crash recovery and was verified."""
        record, incident = load_record(server_of(ctx, system)), ctx.incident
        if record and record.state == "recovered" and record.incident == incident.id:
            return True
        return any("tables_checked" in facts for facts in incident.facts.values())

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Take a backup into the repository with the number ``repository``, else into the first."""
        return take_backup(server_of(ctx, system), kind, options.get("repository", 0))

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        """Return the folder of the manifests, which lies on the server's host; None where none are kept."""
        settings = server_of(ctx, system).settings
        if not settings.backups.manifests:
            return None
        return FolderMarks(ctx, settings.host, settings.backups.manifests, user=settings.run_as, between=".")

    def copy_source(self, ctx: ActionContext, system: str) -> CopySource | None:
        """Return pgBackRest's repository, where the inventory names its folder on the server's host."""
        settings = server_of(ctx, system).settings
        backups = settings.backups
        runs_there = backups.python or isinstance(ctx.inventory.host(settings.host), LocalHost)
        if not backups.repository.startswith("/") or backups.host or not runs_there:
            return None
        return CopySource(
            host=settings.host,
            where=Where(place=backups.repository),
            proof="backup/*/{label}/backup.manifest",
            heads=INFO_FILES,
            skip=TEMPORARY_FILES,
            owner=settings.run_as,
            python=backups.python,
        )

    def shared_with(self, ctx: ActionContext, system: str) -> Sequence[str]:
        """Return its primary, or its standbys, of the same stanza: each has pgBackRest's configuration of its own."""
        systems = {name: s for name, s in ctx.inventory.systems.items() if isinstance(s, PostgresSettings)}
        own, beside = systems[system], list[str]()
        for name, one in systems.items():
            related = one.standby_of == system or own.standby_of == name
            if related and not (one.cold or own.cold) and one.backups.stanza == own.backups.stanza:
                beside.append(name)
        return beside

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return pgBackRest's command lines for one of ``backups.*``."""
        return BY_HAND[verb](known)

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        """Return what the hold file and pgBackRest's configuration say."""
        return read_hold(server_of(ctx, system))

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Write this incident into the hold file and into pgBackRest's configuration."""
        hold_backups(server_of(ctx, system), found)

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Take this incident out of both."""
        release_backups(server_of(ctx, system), found)


ENGINE: BackupEngine = PgBackRest()
