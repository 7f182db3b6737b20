"""Selects the backup that a restore starts from and the repositories that supply its WAL, before anything changes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.postgres.hba import require_hba
from actions.systems.postgres.known_log import known_log, require_considered
from actions.systems.postgres.pgbackrest.archive import read_archive
from actions.systems.postgres.pgbackrest.command import Backup, Repository, read_repository
from actions.systems.postgres.pgbackrest.configuration import configuration
from actions.systems.postgres.pgbackrest.repository_check import (
    RepositoryCheck,
    damaged_everywhere,
    known_checks,
    verify_repository,
)
from actions.systems.postgres.pgbackrest.selection import Selection, select_backup
from actions.systems.postgres.server import Server
from actions.systems.postgres.timelines import target_timeline
from actions.systems.postgres.wal import Path
from journal.incident.recovery_point import RecoveryPoint

_GATE = "verified"


class BackupSelection(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore starts from.

    Attributes:
        backup: the set.
        passed_over: newer sets that were not taken, and why.
        timeline: the timeline that leads to the recovery point.
        sources: the repositories that log is taken from, in this order, and the segments that each has damaged.
        damaged: the segments that no repository has whole.
    """

    backup: Backup
    passed_over: list[str]
    timeline: int
    sources: dict[int, list[str]]
    damaged: list[str]


def choose_backup(
    server: Server, point: RecoveryPoint, named: str, *, anew: bool, look: Callable[[Backup], object]
) -> BackupSelection:
    """Choose a backup whose repository was verified: in this incident already, or now.

    Args:
        server: the server.
        point: where to recover to.
        named: a label that a person insists on, or an empty string.
        anew: verify even what was verified before: a restore did not get to its end.
        look: told the first choice: it finds out whether that can be restored where it is to go.

    Raises:
        ActionFailed: none leads to the recovery point, or nobody can tell.
    """
    repository = read_repository(server)
    archive = read_archive(server, repository)
    known = known_log(server, repository, archive)
    if point.kind != "backup":
        require_considered(server, known)
    timeline = target_timeline(server, point, repository, known)
    search = _Search(server, repository, point, known.path(server, repository, timeline), named)
    first = search.choose({})  # before hours are spent on verifying
    if server.settings.app_roles:
        require_hba(server, first.backup.label, *configuration(server, first.backup))
    look(first.backup)
    found, choice = search.verified({} if anew else known_checks(server.ctx.incident))
    _say(server, choice, several=len(repository.keys) > 1)
    order = sorted({choice.backup.repository, *repository.archives}, key=lambda key: key != choice.backup.repository)
    sources = {key: found[key].segments if key in found else [] for key in order}
    return BackupSelection(
        backup=choice.backup,
        passed_over=choice.passed_over,
        timeline=timeline,
        sources=sources,
        damaged=damaged_everywhere(sources, archive.held),
    )


def _say(server: Server, choice: Selection, *, several: bool) -> None:
    for why in choice.passed_over:
        server.ctx.log(f"Passed over: {why}.")
    backup, where = choice.backup, f" in repository {choice.backup.repository}" if several else ""
    server.ctx.log(f"Backup {backup.label}{where}, ended {backup.stopped_at:%Y-%m-%d %H:%M:%S} UTC.")


class _Search:
    """Goes from the newest set to older ones, and from one repository to the next, until one is sound."""

    def __init__(self, server: Server, repository: Repository, point: RecoveryPoint, path: Path, named: str) -> None:
        self._server, self._repository, self._point, self._path, self._named = server, repository, point, path, named

    def choose(self, found: dict[int, RepositoryCheck], read_now: tuple[int, ...] = ()) -> Selection:
        """Return the newest set that is not known to be damaged; one that a verification leaves out counts as that."""
        damaged = {(key, label) for key, one in found.items() for label in one.damaged}
        damaged |= {
            (backup.repository, backup.label)
            for backup in self._repository.backups
            if backup.repository in read_now and backup.label not in found[backup.repository].sound
        }
        return select_backup(self._repository, self._point, self._path, named=self._named, damaged=damaged)

    def verified(self, found: dict[int, RepositoryCheck]) -> tuple[dict[int, RepositoryCheck], Selection]:
        """Verify a repository after the other until the newest set of them that is left is sound."""
        read_now: tuple[int, ...] = ()
        while True:
            choice = self.choose(found, read_now)
            key, label = choice.backup.repository, choice.backup.label
            if key in found and label in found[key].sound:
                if key not in read_now:
                    self._server.ctx.log(
                        f"Backup {label} was looked at by a full verification in this incident already."
                    )
                return found, choice
            which = f"repository {key}" if len(self._repository.keys) > 1 else "the repository"
            if not self._server.ctx.effect(f"verify {which}: every file of every backup and log segment is read"):
                return found, choice
            try:
                found = {**found, key: verify_repository(self._server, key)}
            except ActionFailed as error:
                self._require_consent(label, error)
                return found, choice
            read_now = (*read_now, key)

    def _require_consent(self, label: str, error: ActionFailed) -> None:
        """A backup that cannot be verified may be sound: a person may decide to restore it."""
        words = f"{error.hint} Or restore it unverified: a damaged file is then found while it is restored."
        unverified = Cure(words=words, override=_GATE, cost="the restore anew, should a file of it be damaged")
        closed = GateClosed(_GATE, f"Backup {label} was not verified: {error.message}", cures=[unverified])
        decide(self._server.ctx, closed, f"Backup {label} is restored unverified ({error.message})")
