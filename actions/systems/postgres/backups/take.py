"""Takes a backup with pgBackRest, and writes the manifest of its contents beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from actions.backups.engine import Taken
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding
from actions.systems.postgres.backups.sets import backup_set
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.cluster import Cluster, read_cluster
from actions.systems.postgres.cures import connect_or_help
from actions.systems.postgres.manifest import make_manifest, manifest_path
from actions.systems.postgres.pgbackrest.backup_host import backup_host, require_reached
from actions.systems.postgres.pgbackrest.command import Backup, Repository, command_line, read_repository
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import Backups
from actions.systems.postgres.wal import format_lsn

KINDS = ("full", "diff", "incr")
_HOURS_S = 12 * 3600.0
_LABEL = re.compile(r"new backup label = (\S+)")


def take_backup(server: Server, kind: str, repository: int) -> Taken:
    """Take a backup, and write its manifest (see `actions.backups.engine.BackupEngine.take`).

    Args:
        server: the server.
        kind: one of `KINDS`.
        repository: the number of the repository to take it into; 0: the first.
    """
    with connect_or_help(server) as session:
        session.execute("SELECT 1")  # whatever is wrong is said before anything is begun
    repositories = read_repository(server)
    which = _which(server, repositories, repository)
    several = len(repositories.keys) > 1
    where = f" into repository {which}" if several else ""
    if not server.ctx.effect(f"take a {kind} backup{where}, and write its manifest"):
        return Taken(set=None, where=where)
    before = read_cluster(server, until_s=_HOURS_S, say=False)
    label = _backup(server, kind, which)
    taken = read_repository(server).backup(label)
    manifest, uncounted = _write_manifest(server, label, taken, before)
    if taken is None:
        cures = [Cure(words="Look which backups there are.", action="backups.verify")]
        raise ActionFailed(f"pgBackRest took the backup {label} and does not list it.", cures=cures)
    damage = [*before.damaged(), *([f"backup {label}: pages were corrupt as it was taken"] if taken.error else [])]
    return Taken(
        set=backup_set(taken, several=several),
        where=where,
        manifest=manifest,
        findings=[*_damaged(server.name, damage), *_uncounted(label, uncounted)],
        facts={"corrupt": damage} if damage else {},
    )


def _which(server: Server, repositories: Repository, wanted: int) -> int:
    """Return the number of the repository to take a backup into.

    pgBackRest archives a segment into all repositories, or says that it failed; the server then tries that one for
    ever, and no backup ends, into whichever repository (seen with 2.45).
    """
    if repositories.unusable:
        raise ActionFailed(
            f"No backup can end now: {'; '.join(repositories.troubles())}, and the server's log is archived into all "
            "repositories or not at all.",
            cures=[
                Cure(
                    words="Mend that repository, or take it out of pgBackRest's configuration; then run the step again."
                )
            ],
        )
    if wanted and wanted not in repositories.keys:
        hint = f"One of: {', '.join(map(str, repositories.keys))}."
        first = Cure(words="Take it into the first.", action="backups.take", params={"repository": 0})
        raise ActionFailed(f"There is no repository {wanted}.", hint, cures=[first])
    chosen = wanted or repositories.keys[0]
    require_reached(server, chosen, "backups are taken")
    return chosen


def _damaged(system: str, lines: list[str]) -> list[Finding]:
    """What could not be read for the backup is proven to be damaged, whatever became of the backup."""
    cure = "Find out whether the page or the log holds it: postgres.verify; then choose the recovery point."
    return [Finding(severity="wrong", about=system, text=line, cure=cure, system=system) for line in lines]


def _uncounted(label: str, names: list[str]) -> list[Finding]:
    """What the manifest lacks: it cannot be compared with after a restore."""
    if not names:
        return []
    more = f", and {len(names) - 5} more" if len(names) > 5 else ""
    text = f"knows nothing of {'; '.join(names[:5])}{more}"
    cure = "Mend what stood in the way, then take another backup: what is not counted cannot be compared."
    return [Finding(severity="warning", about=f"manifest of {label}", text=text, cure=cure)]


def backup_command(backups: Backups, kind: str, repository: int) -> list[str]:
    """Return pgBackRest's command line for a backup; ``repository`` is the number of the one it goes into."""
    return command_line(backups, "backup", f"--type={kind}", "--log-level-console=info", repository=repository)


def _backup(server: Server, kind: str, repository: int) -> str:
    server = backup_host(server)
    argv = backup_command(server.settings.backups, kind, repository)
    done = server.run("backup", argv, timeout_s=_HOURS_S)
    found = _LABEL.search(done.out)
    if done.code != 0 or not found:
        raise ActionFailed(
            f"pgBackRest took no backup: {last_words(done)}",
            cure_for(done, done.err, "Its output says why (o): correct what it names."),
            left_behind="The older backups are untouched.",
        )
    return found[1]


def _write_manifest(server: Server, label: str, taken: Backup | None, before: Cluster) -> tuple[bool, list[str]]:
    """Count again: what stayed the same is what the backup must hold. Damaged tables leave the backup without one."""
    path = manifest_path(server, label)
    damaged = [line.partition(": ")[0] for line in before.damaged()]
    if not path or damaged:
        server.ctx.log(
            f"No manifest: {', '.join(damaged) + ' cannot be read' if damaged else 'no folder for it'}", "err"
        )
        return False, []
    after = read_cluster(server, until_s=_HOURS_S, say=False)
    manifest = make_manifest(
        label,
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        format_lsn(taken.stop_lsn) if taken else "",
        before,
        after,
    )
    server.write(path, msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n")
    return True, [*dict.fromkeys([*before.left_out(), *after.left_out()])]
