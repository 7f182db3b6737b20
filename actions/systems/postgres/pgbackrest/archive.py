"""The archived WAL segments, and the gaps between them."""

from __future__ import annotations

import json
import re

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.pgbackrest.command import Repository, command, hint_at
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import SEGMENT_BYTES, Path, parse_history, parse_segment

_SEGMENT = re.compile(r"/([0-9A-F]{24})-[0-9a-f]{40}(\.\w+)?$")
_HISTORY = re.compile(r"/([0-9A-F]{8})\.history$")
_LIST_S = 300


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the archived segments, and the timelines whose history is archived, in any of the repositories.

    ``held`` tells which repositories have a segment. What times the repositories' storage gives them is not kept: a
    copy has its own.
    """

    segments: set[str]
    histories: set[int]
    held: dict[str, list[int]] = {}

    @property
    def newest_timeline(self) -> int:
        """The highest timeline there is any sign of."""
        seen = {int(name[:8], 16) for name in self.segments} | self.histories
        return max(seen, default=1)

    def newest(self, path: Path, size: int = SEGMENT_BYTES) -> str:
        """Return the name of the newest segment on a way through the timelines, or an empty string."""
        on_path = (
            name
            for name in self.segments
            if path.timeline_at(parse_segment(name, size).number, size) == int(name[:8], 16)
        )
        return max(on_path, key=lambda name: name[8:], default="")


def read_archive(server: Server, repository: Repository) -> Archive:
    """Return the archived segments of the current cluster, in every repository that can be used.

    Raises:
        ActionFailed: a repository cannot be listed.
    """
    held: dict[str, list[int]] = {}
    histories = set()
    for key, archive_id in repository.archives.items():
        for name in _listed(server, archive_id, key):
            if found := _SEGMENT.search(f"/{name}"):
                held.setdefault(found[1], []).append(key)
            elif found := _HISTORY.search(f"/{name}"):
                histories.add(int(found[1], 16))
    return Archive(segments=set(held), histories=histories, held=held)


def _listed(server: Server, archive_id: str, key: int) -> list[str]:
    where = f"archive/{server.settings.backups.stanza}/{archive_id}"
    options = ["--recurse", "--output=json", "--log-level-console=off"]
    done = server.query(command(server, "repo-ls", where, *options, repository=key), timeout_s=_LIST_S)
    if done.code != 0:
        raise ActionFailed(
            f"The archived log in repository {key} cannot be listed: {last_words(done)}",
            cure_for(done, done.err, hint_at(server)),
        )
    return list(json.loads(done.out or "{}"))


def read_path(server: Server, repository: Repository, timeline: int) -> Path:
    """Return the way through the timelines to ``timeline``, from its archived history.

    Raises:
        ActionFailed: the history cannot be read in any repository.
    """
    if timeline == 1:
        return Path(1)
    said = "no repository has its log"
    for key, archive_id in repository.archives.items():
        where = f"archive/{server.settings.backups.stanza}/{archive_id}/{timeline:08X}.history"
        done = server.query(
            command(server, "repo-get", where, "--log-level-console=error", repository=key), timeout_s=60
        )
        if done.code == 0:
            return Path(timeline, parse_history(done.out))
        said = f"repository {key}: {last_words(done)}"
    raise ActionFailed(
        f"The history of timeline {timeline} cannot be read from the archive: {said}",
        "Without it nobody can tell which backups lead there.",
    )


def first_missing(path: Path, first: str, available: set[str], size: int = SEGMENT_BYTES) -> str:
    """Return the name of the first segment from ``first`` on that is not available."""
    number = parse_segment(first, size).number
    while (name := _name(path, number, size)) in available:
        number += 1
    return name


def previous(path: Path, name: str, size: int = SEGMENT_BYTES) -> str:
    """Return the name of the segment before this one."""
    return _name(path, parse_segment(name, size).number - 1, size)


def _name(path: Path, number: int, size: int) -> str:
    return next(path.segments(number, number, size)).name(size)


def gaps(path: Path, first: str, last: str, archive: Archive, size: int = SEGMENT_BYTES) -> list[str]:
    """Return the names of the segments that are missing between two that are there."""
    numbers = parse_segment(first, size).number, parse_segment(last, size).number
    names = (segment.name(size) for segment in path.segments(*numbers, size))
    return [name for name in names if name not in archive.segments]
