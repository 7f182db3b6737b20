"""pgBackRest's command line, and what its repository holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.outcome import ActionFailed
from actions.postgres.causes import cure_for, cure_of
from actions.postgres.server import Server, last_words
from actions.postgres.wal import parse_lsn

_OK, _NO_BACKUP = 0, 2


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup set. Times are UTC; ``size`` is the restored database's size in bytes.

    ``start_segment`` and ``stop_segment`` are the log segments without which it cannot become consistent.
    """

    label: str
    type: str
    error: bool
    started_at: datetime
    stopped_at: datetime
    start_lsn: int
    stop_lsn: int
    start_segment: str
    stop_segment: str
    size: int

    @property
    def timeline(self) -> int:
        """The timeline it was taken on."""
        return int(self.stop_segment[:8], 16)


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pgbackrest info`` tells of one stanza; ``backups`` are oldest first."""

    backups: list[Backup]
    system_identifier: str
    archive_id: str
    archived_max: str
    keys: list[int]

    def backup(self, label: str) -> Backup | None:
        """Return the backup with this label."""
        return next((b for b in self.backups if b.label == label), None)


def command(server: Server, *arguments: str) -> list[str]:
    """Return pgBackRest's command line for the server's stanza."""
    backups = server.settings.backups
    return ["pgbackrest", f"--config={backups.config}", f"--stanza={backups.stanza}", *arguments]


def read_repository(server: Server) -> Repository:
    """Return what the repository holds.

    Raises:
        ActionFailed: it cannot be read, or has no such stanza.
    """
    done = server.query(command(server, "info", "--output=json", "--log-level-console=off"), timeout_s=60)
    where = f"the stanza {server.settings.backups.stanza}"
    if done.code != 0:
        cure = cure_for(done, done.err, _hint(server))
        raise ActionFailed(f"pgBackRest cannot read {where}: {last_words(done)}", cure)
    stanzas = json.loads(done.out)
    if not stanzas or stanzas[0]["status"]["code"] not in (_OK, _NO_BACKUP):
        said = _status(stanzas[0]) if stanzas else "there is no such stanza"
        raise ActionFailed(f"pgBackRest finds no usable {where}: {said}.", cure_of(said) or _hint(server))
    return _repository(stanzas[0])


def _status(stanza: dict[str, Any]) -> str:
    """Return the stanza's status, and what each repository says: "other" alone names nothing."""
    status = stanza["status"]
    repositories = [(repo["key"], repo.get("status", {})) for repo in stanza.get("repo", [])]
    said = [f"repository {key}: {s['message'].strip()} ({s['code']})" for key, s in repositories if s.get("code")]
    return "; ".join([f"{status['message']} (status {status['code']})", *said])


def _hint(server: Server) -> str:
    return f"Check {server.settings.backups.config} and that the repository can be reached."


def _repository(stanza: dict[str, Any]) -> Repository:
    current: dict[str, Any] = max(stanza["db"], key=lambda db: db["id"], default={})
    archive: dict[str, Any] = max(stanza.get("archive", []), key=lambda a: a["database"]["id"], default={})
    return Repository(
        backups=[_backup(b) for b in stanza.get("backup", [])],
        system_identifier=str(current.get("system-id", "")),
        archive_id=archive.get("id", ""),
        archived_max=archive.get("max") or "",
        keys=[repo["key"] for repo in stanza.get("repo", [])] or [1],
    )


def _backup(data: dict[str, Any]) -> Backup:
    return Backup(
        label=data["label"],
        type=data["type"],
        error=bool(data.get("error")),
        started_at=datetime.fromtimestamp(data["timestamp"]["start"], UTC),
        stopped_at=datetime.fromtimestamp(data["timestamp"]["stop"], UTC),
        start_lsn=parse_lsn(data["lsn"]["start"]),
        stop_lsn=parse_lsn(data["lsn"]["stop"]),
        start_segment=data["archive"]["start"],
        stop_segment=data["archive"]["stop"],
        size=data["info"]["size"],
    )
