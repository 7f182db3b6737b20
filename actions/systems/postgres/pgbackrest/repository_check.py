"""Runs ``pgbackrest verify`` and parses its output; its exit status is 0 whatever it finds."""

from __future__ import annotations

import re

import msgspec

from actions.backups.engine import KEEP_SOUND_SET, Checked
from actions.context import IncidentFacts
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Finding
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.pgbackrest.archive import read_archive
from actions.systems.postgres.pgbackrest.backup_host import backup_host, require_reached
from actions.systems.postgres.pgbackrest.command import command_line, hint_at, read_repository
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import Backups

_SET = re.compile(r"^\s*backup: (\S+), status: ([a-z ]+?)(?:,|$)")
_SEGMENT = re.compile(r"(?:invalid|missing|error|unable)\b.*/([0-9A-F]{24})-[0-9a-f]{40}")
_FILE = re.compile(r"(?:invalid|missing|error|unable)\b.*'([^']+/pg_data/[^']+)'")
_STATUS = re.compile(r"^status: (\w+)", re.MULTILINE)
_HOURS_S = 6 * 3600.0


class RepositoryCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The repository's verified state.

    Attributes:
        ok: whether pgBackRest found nothing wrong at all.
        sound: labels of the sets of which every file is there and has its checksum.
        damaged: labels of the others.
        files: some of the damaged files, for a person.
        segments: names of damaged log segments. Missing ones are not noticed by pgBackRest.
    """

    ok: bool
    sound: list[str]
    damaged: list[str]
    files: list[str]
    segments: list[str]


def verify_command(backups: Backups, repository: int) -> list[str]:
    """Return the command line that reads every file of a repository. Without a number pgBackRest reads the first only.

    A file that cannot be read is tried once more at once; pgBackRest's second try would wait 15 s for each.
    """
    options = ["--output=text", "--verbose", "--job-retry=1", "--log-level-console=info", "--log-timestamp=n"]
    return command_line(backups, "verify", *options, repository=repository)


def verify_repository(server: Server, repository: int) -> RepositoryCheck:
    """Read every file of one repository; it takes as long as reading takes. Call it where ``effect`` said True.

    Args:
        server: the server.
        repository: its number.

    Raises:
        ActionFailed: it could not be read at all.
    """
    require_reached(server, repository, "it is verified")
    server, lines = backup_host(server), list[str]()
    argv = verify_command(server.settings.backups, repository)
    key = "verify" if repository == 1 else f"verify-repo{repository}"
    done = server.run(key, argv, timeout_s=_HOURS_S, on_line=lambda _, line: lines.append(line))
    if done.code != 0:
        raise ActionFailed(
            f"pgBackRest could not verify repository {repository}: {last_words(done)}",
            cure_for(done, done.err, hint_at(server)),
        )
    return parse_check("\n".join(lines) if lines else done.out)


def check_repositories(server: Server) -> Checked:
    """Read every file of every repository that can be used. Call it where ``effect`` said True.

    Raises:
        ActionFailed: one could not be read at all.
    """
    repository = read_repository(server)
    found = {key: verify_repository(server, key) for key in repository.usable}
    return _checked(found, read_archive(server, repository).held, several=len(repository.keys) > 1)


def _checked(found: dict[int, RepositoryCheck], held: dict[str, list[int]], *, several: bool) -> Checked:
    """Put together what was found in each repository, by its number; ``held`` tells which have a log segment.

    A set is sound only where no copy of it is damaged; a segment is damaged where no repository has it whole.
    """
    damaged = list(dict.fromkeys(label for one in found.values() for label in one.damaged))
    sound = dict.fromkeys(label for one in found.values() for label in one.sound if label not in damaged)
    one_by_one = {
        str(key): {"sound": one.sound, "damaged": one.damaged, "segments": one.segments} for key, one in found.items()
    }
    segments = damaged_everywhere({key: one.segments for key, one in found.items()}, held)
    return Checked(
        sound=list(sound),
        damaged=damaged,
        copies=[label for label in damaged if any(label in one.sound for one in found.values())],
        findings=[
            Finding(severity="wrong", about="", text=line, cure=KEEP_SOUND_SET)
            for key, one in found.items()
            for line in _damage(one, f" in repository {key}" if several else "")
        ],
        facts={"damaged_segments": segments, "repositories": one_by_one},
    )


def _damage(one: RepositoryCheck, where: str) -> list[str]:
    """Say what was found damaged in one repository."""
    if not one.ok and not one.damaged and not one.segments:
        return [f"pgBackRest reports an error{where}: read its output"]
    lines = [f"backup {label} is damaged{where}" for label in one.damaged]
    return lines + [f"log segment {name} is damaged{where}" for name in one.segments]


def damaged_everywhere(damaged: dict[int, list[str]], held: dict[str, list[int]]) -> list[str]:
    """Return the segments that no repository has whole: ``damaged`` by repository, ``held`` by segment."""
    names = dict.fromkeys(name for names in damaged.values() for name in names)
    return [name for name in names if all(name in damaged.get(key, ()) for key in held.get(name, ()))]


def known_checks(incident: IncidentFacts) -> dict[int, RepositoryCheck]:
    """Return what full ``backups.verify`` runs of this incident found, by the repository's number."""
    return {
        int(key): RepositoryCheck(
            ok=not one["damaged"] and not one["segments"],
            sound=one["sound"],
            damaged=one["damaged"],
            files=[],
            segments=one["segments"],
        )
        for facts in incident.facts.values()
        for key, one in facts.get("repositories", {}).items()
    }


def parse_check(text: str) -> RepositoryCheck:
    """Return what ``pgbackrest verify --output=text --verbose`` said."""
    status = _STATUS.search(text)
    if not status:
        raise ActionFailed(
            "pgBackRest verified nothing: its answer has no status.", "Its output says why (o): correct what it names."
        )
    states: dict[str, str] = {}
    segments, files = set(), set()
    for line in text.splitlines():
        if found := _SET.match(line):
            states[found[1]] = found[2]
        elif found := _SEGMENT.search(line):
            segments.add(found[1])
        elif found := _FILE.search(line):
            files.add(found[1])
    return RepositoryCheck(
        ok=status[1] == "ok",
        sound=[label for label, state in states.items() if state == "valid"],
        damaged=[label for label, state in states.items() if state != "valid"],
        files=sorted(files),
        segments=sorted(segments),
    )
