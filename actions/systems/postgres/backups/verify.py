"""``backups.verify``: what there is and how old, whether the log is without a gap; in full, every file read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.postgres.backups.archive import Archive, gaps, read_archive, read_path
from actions.systems.postgres.backups.pgbackrest import Backup, Repository, read_repository
from actions.systems.postgres.backups.repository_check import Soundness, facts_of, verify_repository
from actions.systems.postgres.identity import identity
from actions.systems.postgres.process import control
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.timelines import edge
from actions.systems.postgres.wal import format_lsn, parse_segment, segment_size
from journal.incident.backup_catalogue import BackupCatalogue
from journal.wording.counting import count

_SETS_NAMED = 30
"""Of how many backups a look says when each ended: what a recovery point at one of them gives up is told by it."""

_LOST = (
    "A restore takes what the others have. Mend it, or take it out of pgBackRest's configuration: until then no backup "
    "ends, and the server cannot archive its log."
)
_CURE = "Note which it is: a restore takes the newest set that is sound; keep that one from expiring."


@action(
    "backups.verify",
    script="dr_verify_backups.sh",
    resumable=True,
    target=identity,
    params={"full": "read every file of the repository; takes as long as reading it takes"},
)
def verify(ctx: ActionContext, *, full: bool = False) -> Outcome:
    """Verify the backups."""
    server = find_server(ctx)
    repository = read_repository(server)
    facts = quick_facts(server, repository)
    findings = list(facts.pop("findings"))
    whole = full and ctx.effect("read every file of the repository")
    if whole:
        found = {key: verify_repository(server, key) for key in repository.usable}
        facts |= facts_of(found, read_archive(server, repository).held)
        findings += _damage(found, several=len(repository.keys) > 1)
    for line in findings:
        ctx.log(line, "err")
    return Outcome(
        ok=not findings,
        summary=_summary(facts, findings, full=whole),
        facts={**facts, "findings": findings},
        findings=[Finding(severity="wrong", about="", text=line, cure=_cure(repository, line)) for line in findings],
        partial="" if whole else "quick check, no backup file was read",
    )


def _cure(repository: Repository, finding: str) -> str:
    return _LOST if finding in repository.troubles() else _CURE


def _damage(found: dict[int, Soundness], *, several: bool) -> list[str]:
    """Say what was found damaged, in which of several repositories."""
    lines = []
    for key, one in found.items():
        where = f" in repository {key}" if several else ""
        lines += [f"backup {label} is damaged{where}" for label in one.damaged]
        lines += [f"log segment {name} is damaged{where}" for name in one.segments]
        if not one.ok and not one.damaged and not one.segments:
            lines.append(f"pgBackRest reports an error{where}: read its output")
    return lines


def quick_facts(server: Server, repository: Repository) -> dict[str, Any]:
    """Return what can be said in seconds, with ``findings``: what is wrong, a line each."""
    usable = [backup for backup in repository.backups if not backup.error]
    facts: dict[str, Any] = {"backups": len({backup.label for backup in repository.backups})}
    findings = repository.troubles() + [
        f"backup {b.label} holds pages that were corrupt when it was taken" for b in repository.backups if b.error
    ]
    if not usable:
        return {**facts, "findings": [*findings, "there is no usable backup"]}
    newest = usable[-1]
    facts |= _catalogue(repository, usable).facts()
    facts |= {"newest": newest.label, "newest_ended_at": newest.stopped_at.isoformat(), "age_s": _age_s(newest)}
    archive = read_archive(server, repository)
    timeline = max(archive.newest_timeline, newest.timeline)
    path, found = read_path(server, repository, timeline), control(server)
    size = found.segment_bytes if found else segment_size(newest.start_lsn, newest.start_segment)
    last = archive.newest(path, size)
    if not last:
        return {**facts, "findings": [*findings, "no log segment is archived"]}
    first = next((b.start_segment for b in usable if path.contains(b.timeline, b.stop_lsn)), last)
    missing = gaps(path, first, last, archive, size)
    findings += [f"log segment {name} is missing from the archive" for name in missing]
    facts |= {"last_archived": last, "missing_segments": missing}
    facts |= _catalogue(repository, usable, (parse_segment(last, size).number + 1) * size).facts()
    if until := _committed_until(server, archive, int(last[:8], 16)):
        facts["archived_until"] = until.isoformat()
    return {**facts, "findings": findings}


def _catalogue(repository: Repository, usable: list[Backup], log_end: int = 0) -> BackupCatalogue:
    """Return what recovery points are judged by: the newest backups, and from where to where positions are reached.

    Args:
        repository: what there is.
        usable: the backups of it that can be restored, the oldest first; at least one.
        log_end: the position at which the archived log ends, in bytes; 0: not known.
    """
    listed = usable[-_SETS_NAMED:]
    first, last = min(backup.stop_lsn for backup in usable), max([log_end, *(backup.stop_lsn for backup in usable)])
    return BackupCatalogue(
        ended={backup.label: backup.stopped_at for backup in listed},
        whole=len(listed) == len(usable) and not repository.unusable,
        reach={"lsn": (format_lsn(first), format_lsn(last))},
    )


def _committed_until(server: Server, archive: Archive, timeline: int) -> datetime | None:
    """Return the last archived commit, which the log itself tells; None where it holds none, or cannot be read."""
    try:
        return edge(server, archive, timeline, first=False)
    except ActionFailed as error:
        server.ctx.log(error.message, "err")
        return None


def _age_s(backup: Backup) -> int:
    return int((datetime.now(UTC) - backup.stopped_at).total_seconds())


def _until(facts: dict[str, Any]) -> str:
    if "archived_until" not in facts:
        return f"segment {facts['last_archived']}"
    return f"{datetime.fromisoformat(facts['archived_until']):%H:%M:%S} UTC"


def _summary(facts: dict[str, Any], findings: list[str], *, full: bool) -> str:
    if findings:
        more = f", and {len(findings) - 3} more" if len(findings) > 3 else ""
        return f"{count(len(findings), 'finding')}: {'; '.join(findings[:3])}{more}."
    until = _until(facts)
    depth = "every file read" if full else "quick check, files not read"
    return (
        f"{count(facts['backups'], 'backup')}, newest {facts['newest']} ({facts['age_s'] / 60:.0f} min old); "
        f"log archived without a gap until {until} ({depth})."
    )
