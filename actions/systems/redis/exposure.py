"""What would be lost with a Redis server and its disks, and whether its append-only file can be rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.backups.repository.place import Stored, listing_argv, listing_of, newest_of
from actions.backups.repository.watch import known_backups
from actions.exposure import least_of, of_replica, since
from actions.machine.listener import Ask
from actions.systems.redis.measures import instant
from actions.systems.redis.settings import RedisSettings
from actions.transport import Transport
from journal.errors import CleoError

_SPARE = 1.1
"""A rewritten file is about as large as what it replaces is at most (the base RDB and what came after it)."""


class NewestBackup(msgspec.Struct, frozen=True, kw_only=True):
    """The newest backup that nothing is seen to be wrong with.

    Attributes:
        shows: the instant that it shows, else when it began; None: there is none, or it is not known.
        ended_at: when it ended.
        kind: which of Redis' files it holds, in words.
        trouble: why it cannot be told; empty: it can.
    """

    shows: datetime | None = None
    ended_at: datetime | None = None
    kind: str = "RDB file"
    trouble: str = ""

    def facts(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Return the backup's age, and the span of writes that it lacks, unless a replica has them.

        Args:
            seen: what the server said: ``newest_commit_at``, ``replica_lag_s`` and ``role``.
        """
        facts: dict[str, Any] = {}
        if self.ended_at:
            facts["backup_age_s"] = round((datetime.now(UTC) - self.ended_at).total_seconds(), 1)
        if self.shows:
            facts["archived_until"] = self.shows.isoformat()
        newest = instant(seen.get("newest_commit_at")) or datetime.now(UTC)
        lag_s = float(seen["replica_lag_s"]) if seen.get("role") == "master" and "replica_lag_s" in seen else None
        if least := least_of(of_replica(lag_s), since(newest, self.shows, f"{self.kind} in its newest backup, of")):
            return facts | {"exposure_s": least.seconds, "exposure_by": least.by}
        return facts | {"exposure_by": self.trouble or "there is no backup and no replica: all of it would be lost"}

    def troubles(self) -> list[str]:
        """Return what is not as it should be, in words."""
        if self.trouble:
            what = "backups not seen anew" if self.ended_at else "age of backups not measured"
            return [f"{what}: {self.trouble}"]
        return [] if self.ended_at else ["there is no backup"]


def newest_backup(system: str, settings: RedisSettings, host: Transport, left_s: float) -> NewestBackup:
    """Look for the newest backup, in the time that is left: in a folder of the server's own host, or in a bucket."""
    backups = settings.backups
    if backups.in_bucket:
        known = known_backups(system, backups, host, left_s)
        return msgspec.structs.replace(_told(newest_of(known.value or ())), trouble=known.words())
    if backups.host not in ("", settings.host):
        return NewestBackup(trouble=f"they lie on {backups.host}")
    try:
        answer = host.query(listing_argv(backups, system), timeout_s=max(left_s, 0.5), user=backups.run_as)
        found = newest_of(listing_of(answer, backups, system, settings.host).stored)
    except CleoError as error:
        return NewestBackup(trouble=error.message)
    return _told(found)


def _told(found: Stored | None) -> NewestBackup:
    if not found:
        return NewestBackup()
    entry = found.entry
    aof = any("appendonly" in file.name for file in entry.files)
    kind = "RDB and append-only files" if aof else "RDB file"
    return NewestBackup(shows=entry.consistent_at or entry.started_at, ended_at=entry.ended_at, kind=kind)


def rewrite_room(facts: Mapping[str, Any], ask: Ask, data: str) -> Iterator[str]:
    """Yield that the append-only file cannot be rewritten, where a second copy of the data does not fit beside it."""
    if not facts.get("aof_enabled"):
        return
    needed = int(min(facts.get("used_memory", 0), facts.get("aof_size", 0)) * _SPARE)
    try:
        done = ask(["df", "-B1", "--output=avail", "--", data])
    except CleoError:
        return
    words: Sequence[str] = done.out.split()
    if done.code == 0 and words and words[-1].isdigit() and int(words[-1]) < needed:
        free = int(words[-1]) // 1_000_000
        yield f"no room to rewrite the append-only file: {needed // 1_000_000} MB are needed, {free} MB free"
