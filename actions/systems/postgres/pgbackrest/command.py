"""pgBackRest's command line, and its ``info`` output."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_for, cure_of
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import Backups
from actions.systems.postgres.wal import parse_lsn

DEFAULT_FILES = ("/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf")
DEFAULT_INCLUDED = "/etc/pgbackrest/conf.d"
"""Where pgBackRest looks itself, the first file that there is, and every ``*.conf`` of the folder."""

PATIENCE = "--io-timeout=5"
"""Seconds; pgBackRest takes four times as long to give up a store that refuses it (seen with 2.45), by default four
minutes, in which it does not say what the other repositories hold."""
_INFO_S = 120

_USABLE = (0, 2)
"""A repository's status: it has backups; it has none, but perhaps log."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup set, in one of the stanza's repositories. Times are UTC; ``size`` is the database's size in bytes.

    ``start_segment`` and ``stop_segment`` are the log segments without which it cannot become consistent.
    """

    label: str
    repository: int
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
    """What ``pgbackrest info`` tells of one stanza, in all its repositories.

    Attributes:
        backups: the sets of the current cluster, the oldest first; one that was copied is there once a repository.
        earlier: labels of sets of clusters before it (before an upgrade): they lead to no point of this one.
        system_identifier: the current cluster's.
        archives: the archive's name in each repository that can be read and has log of the current cluster.
        keys: the numbers of the repositories that are configured.
        unusable: what pgBackRest says of those that cannot be used.
    """

    backups: list[Backup]
    earlier: list[str] = []
    system_identifier: str
    archives: dict[int, str]
    keys: list[int]
    unusable: dict[int, str] = {}

    @property
    def usable(self) -> list[int]:
        """The numbers of the repositories that can be used, in pgBackRest's own order."""
        return [key for key in self.keys if key not in self.unusable]

    def backup(self, label: str) -> Backup | None:
        """Return the backup with this label, from the first repository that has it."""
        return next((b for b in self.backups if b.label == label), None)

    def troubles(self) -> list[str]:
        """Say of each repository that cannot be used what is wrong with it."""
        return [f"repository {key} cannot be used: {said}" for key, said in self.unusable.items()]


def command(server: Server, *arguments: str, repository: int = 0) -> list[str]:
    """Return pgBackRest's command line for the server's stanza.

    Args:
        server: the server.
        arguments: command and options.
        repository: the number of the repository that is meant. Most commands take the first one where none is named,
            also where that is empty or gone, and say nothing of the others (seen with 2.45).
    """
    return command_line(server.settings.backups, *arguments, repository=repository)


def command_line(backups: Backups, *arguments: str, repository: int = 0) -> list[str]:
    """Return the same for what the inventory says of the backups.

    One of pgBackRest's own files is not named to it: it would then leave out what lies in its folder ``conf.d``.
    """
    config = [f"--config={backups.config}"] if backups.config not in ("", *DEFAULT_FILES) else []
    included = [f"--config-include-path={backups.config_include}"] if backups.config_include else []
    which = [f"--repo={repository}"] if repository else []
    return ["pgbackrest", *config, *included, f"--stanza={backups.stanza}", *which, *arguments]


def read_repository(server: Server) -> Repository:
    """Return what the stanza's repositories hold.

    Raises:
        ActionFailed: none of them can be read, or has such a stanza.
    """
    argv = command(server, "info", "--output=json", "--log-level-console=off", PATIENCE)
    done = server.query(argv, timeout_s=_INFO_S)
    where = f"the stanza {server.settings.backups.stanza}"
    if done.code != 0:
        cure = cure_for(done, done.err, hint_at(server))
        raise ActionFailed(f"pgBackRest cannot read {where}: {last_words(done)}", cure)
    found = parse_repository(done.out)
    if not found or not found.usable:
        said = _status(parse_info(done.out)[0]) if found else "there is no such stanza"
        raise ActionFailed(f"pgBackRest cannot use {where}: {said}.", cure_of(said) or hint_at(server))
    return found


def parse_repository(text: str) -> Repository | None:
    """Return what ``info --output=json`` printed of one stanza; None where it knows none."""
    stanzas = parse_info(text)
    return _repository(stanzas[0]) if stanzas else None


def parse_info(text: str) -> list[dict[str, Any]]:
    """Return what ``info --output=json`` printed. A failure's words have raw line ends in it (seen with 2.45)."""
    found: list[dict[str, Any]] = json.loads(text, strict=False)
    return found


def _status(stanza: dict[str, Any]) -> str:
    """Return the stanza's status, and what each repository says: "other" alone names nothing."""
    said = [f"repository {repo['key']}: {_said(repo['status'])}" for repo in stanza["repo"] if repo["status"]["code"]]
    return "; ".join([f"{stanza['status']['message']} (status {stanza['status']['code']})", *said])


def hint_at(server: Server) -> str:
    """Return what to look at where pgBackRest fails and its words name no cause."""
    return f"Check {server.settings.backups.config or 'its configuration'} and that the repository can be reached."


def _repository(stanza: dict[str, Any]) -> Repository:
    current, strange = _current(stanza)
    said = {repo["key"]: _said(repo["status"]) for repo in stanza["repo"] if repo["status"]["code"] not in _USABLE}
    return Repository(
        backups=sorted(
            (_backup(b) for b in stanza["backup"] if _which(b["database"]) in current), key=lambda b: b.stopped_at
        ),
        earlier=[b["label"] for b in stanza["backup"] if _which(b["database"]) not in current],
        system_identifier=next(iter(current.values()), ""),
        archives={a["database"]["repo-key"]: a["id"] for a in stanza["archive"] if _which(a["database"]) in current},
        keys=[repo["key"] for repo in stanza["repo"]],
        unusable={**said, **strange},
    )


def _current(stanza: dict[str, Any]) -> tuple[dict[tuple[int, int], str], dict[int, str]]:
    """Return each repository's entry of the current cluster, and which repositories are of another one.

    Every repository counts its clusters for itself. Where the last ones differ, the newest backup tells which is meant.
    """
    last = {db["repo-key"]: db for db in sorted(stanza["db"], key=lambda db: db["id"])}
    entries = {_which({"repo-key": key, "id": db["id"]}): str(db["system-id"]) for key, db in last.items()}
    newest = sorted(stanza["backup"], key=lambda backup: backup["timestamp"]["stop"], reverse=True)
    ours = next(
        (entries[at] for b in newest if (at := _which(b["database"])) in entries), next(iter(entries.values()), "")
    )
    strange = {key: f"it is of another cluster ({system})" for (key, _), system in entries.items() if system != ours}
    return {at: system for at, system in entries.items() if system == ours}, strange


def _which(database: dict[str, int]) -> tuple[int, int]:
    return database["repo-key"], database["id"]


def _said(status: dict[str, Any]) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in status["message"].replace("\ufffd", " "))
    return f"{' '.join(words.split())} ({status['code']})"


def _backup(data: dict[str, Any]) -> Backup:
    return Backup(
        label=data["label"],
        repository=data["database"]["repo-key"],
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
