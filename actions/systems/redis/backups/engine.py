"""Redis' backups as a `actions.backups.engine.BackupEngine`: RDB files and append-only directories in a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.backups.engine import BackupEngine, Taken
from actions.backups.repository.engine import RepositoryEngine
from actions.backups.repository.place import Place
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.systems.redis.backups.by_hand import backups_by_hand
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.backups.take import KINDS, take_backup
from actions.systems.redis.identity import identity_of
from actions.systems.redis.restore_record import load_record
from actions.systems.redis.server import server_of
from journal.events.types import Identity


class RedisBackups(RepositoryEngine):
    """Takes, lists, verifies and holds a Redis server's backups."""

    kinds = KINDS

    def place(self, ctx: ActionContext, system: str) -> Place:
        """Return where a server's backups lie."""
        return place_of_backups(ctx, system)

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the server and its repository from every other."""
        return identity_of(server_of(ctx, system))

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether the server was restored in this incident, or its data were verified."""
        record = load_record(server_of(ctx, system))
        if record and record.state == "recovered" and record.incident == ctx.incident.id:
            return True
        return any("keys_compared" in facts for facts in ctx.incident.facts.values())

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Take a backup: ``full``, a fresh RDB file; ``snapshot``, the append-only directory."""
        return take_backup(server_of(ctx, system), self.place(ctx, system), kind)

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return the command lines for one of ``backups.*``."""
        return backups_by_hand(verb, known)


ENGINE: BackupEngine = RedisBackups()
