"""pgBackRest's backup sets in the form common to all engines, with how far archived WAL reaches without a gap."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from actions.backups.engine import KEEP_SOUND_SET, BackupList, BackupSet
from actions.outcome import ActionFailed, Finding
from actions.systems.postgres.pgbackrest.archive import Archive, gaps, read_archive, read_path
from actions.systems.postgres.pgbackrest.command import Backup, Repository
from actions.systems.postgres.process import control
from actions.systems.postgres.server import Server
from actions.systems.postgres.timelines import edge
from actions.systems.postgres.wal import format_lsn, parse_segment, segment_size

_LOST = (
    "A restore takes what the others have. Mend it, or take it out of pgBackRest's configuration: until then no backup "
    "ends, and the server cannot archive its log."
)


def backup_set(backup: Backup, *, several: bool) -> BackupSet:
    """Return one of pgBackRest's sets as every engine says it.

    Args:
        backup: the set.
        several: whether the stanza has several repositories.
    """
    return BackupSet(
        label=backup.label,
        kind=backup.type,
        started_at=backup.started_at,
        ended_at=backup.stopped_at,
        size=backup.size,
        unusable="holds pages that were corrupt when it was taken" if backup.error else "",
        place=f"repository {backup.repository}" if several else "",
        covers=(format_lsn(backup.start_lsn), format_lsn(backup.stop_lsn)),
        builds_on=backup.label.partition("_")[0] if "_" in backup.label else "",
    )


def backup_list(server: Server, repository: Repository) -> BackupList:
    """Return the sets, and what can be said in seconds of the repositories and of the log archived in them."""
    sets = [backup_set(backup, several=len(repository.keys) > 1) for backup in repository.backups]
    findings = [_wrong(line, _LOST) for line in repository.troubles()]
    usable = [backup for backup in repository.backups if not backup.error]
    found = BackupList(sets=sets, whole=not repository.unusable, findings=findings)
    return _with_log(found, server, repository, usable) if usable else found


def _with_log(listed: BackupList, server: Server, repository: Repository, usable: list[Backup]) -> BackupList:
    """Add how far the archived log reaches behind the sets that can be restored, the oldest first."""
    archive, newest = read_archive(server, repository), usable[-1]
    timeline = max(archive.newest_timeline, newest.timeline)
    path, cluster = read_path(server, repository, timeline), control(server)
    size = cluster.segment_bytes if cluster else segment_size(newest.start_lsn, newest.start_segment)
    last = archive.newest(path, size)
    if not last:
        lost = _wrong("no log segment is archived", KEEP_SOUND_SET)
        return replace(listed, findings=[*listed.findings, lost], reach=_reach(usable))
    first = next((b.start_segment for b in usable if path.contains(b.timeline, b.stop_lsn)), last)
    missing = gaps(path, first, last, archive, size)
    gone = [_wrong(f"log segment {name} is missing from the archive", KEEP_SOUND_SET) for name in missing]
    until = _committed_until(server, archive, int(last[:8], 16))
    return replace(
        listed,
        findings=[*listed.findings, *gone],
        reach=_reach(usable, (parse_segment(last, size).number + 1) * size),
        archived_until=until,
        log=f"log archived without a gap until {f'{until:%H:%M:%S} UTC' if until else f'segment {last}'}",
        facts={"last_archived": last, "missing_segments": missing},
    )


def _reach(usable: list[Backup], log_end: int = 0) -> dict[str, tuple[str, str]]:
    """Return from which position to which one the sets lead; ``log_end``: where the archived log ends, in bytes."""
    ends = [backup.stop_lsn for backup in usable]
    return {"lsn": (format_lsn(min(ends)), format_lsn(max(log_end, *ends)))}


def _wrong(line: str, cure: str) -> Finding:
    return Finding(severity="wrong", about="", text=line, cure=cure)


def _committed_until(server: Server, archive: Archive, timeline: int) -> datetime | None:
    """Return the last archived commit, which the log itself tells; None where it holds none, or cannot be read."""
    try:
        return edge(server, archive, timeline, first=False)
    except ActionFailed as error:
        server.ctx.log(error.message, "err")
        return None
