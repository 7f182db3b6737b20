"""What ``pgbackrest verify`` found. It exits 0 whatever it finds: only its words count."""

from __future__ import annotations

import re

import msgspec

from actions.backups.pgbackrest import command, read_repository
from actions.context import IncidentFacts
from actions.outcome import ActionFailed
from actions.postgres.causes import cure_for
from actions.postgres.server import Server, last_words

_SET = re.compile(r"^\s*backup: (\S+), status: ([a-z ]+?)(?:,|$)")
_SEGMENT = re.compile(r"(?:invalid|missing|error|unable)\b.*/([0-9A-F]{24})-[0-9a-f]{40}")
_FILE = re.compile(r"(?:invalid|missing|error|unable)\b.*'([^']+/pg_data/[^']+)'")
_STATUS = re.compile(r"^status: (\w+)", re.MULTILINE)
_HOURS_S = 6 * 3600.0


class Soundness(msgspec.Struct, frozen=True, kw_only=True):
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


def verify_command(server: Server, repository: int = 0) -> list[str]:
    """Return the command line that reads every file of a repository (0: of the only one).

    A file that cannot be read is tried once more at once; pgBackRest's second try would wait 15 s for each.
    """
    options = ["--output=text", "--verbose", "--job-retry=1", "--log-level-console=info", "--log-timestamp=n"]
    return command(server, "verify", *options, *([f"--repo={repository}"] if repository else []))


def verify_repository(server: Server, key: str) -> Soundness:
    """Read every file of every repository; it takes as long as reading takes. Call it where ``effect`` said True.

    Without ``--repo`` pgBackRest reads the first one only, and says nothing of the others (seen with 2.45).

    Raises:
        ActionFailed: a repository could not be read at all.
    """
    keys = read_repository(server).keys
    if len(keys) < 2:
        return _verify_one(server, key, 0)
    return _together([_verify_one(server, f"{key}-repo{number}", number) for number in keys])


def _verify_one(server: Server, key: str, repository: int) -> Soundness:
    lines: list[str] = []
    argv = verify_command(server, repository)
    done = server.run(key, argv, timeout_s=_HOURS_S, on_line=lambda _, line: lines.append(line))
    if done.code != 0:
        which = f"repository {repository}" if repository else "the repository"
        raise ActionFailed(
            f"pgBackRest could not verify {which}: {last_words(done)}",
            cure_for(done, done.err, f"Check {server.settings.backups.config} and that the repository can be reached."),
        )
    return parse_soundness("\n".join(lines) if lines else done.out)


def _together(found: list[Soundness]) -> Soundness:
    """Return what was found in several repositories: a set is sound only where no copy of it is damaged."""
    damaged = list(dict.fromkeys(label for one in found for label in one.damaged))
    sound = dict.fromkeys(label for one in found for label in one.sound if label not in damaged)
    return Soundness(
        ok=all(one.ok for one in found),
        sound=list(sound),
        damaged=damaged,
        files=[name for one in found for name in one.files],
        segments=list(dict.fromkeys(name for one in found for name in one.segments)),
    )


def known_soundness(incident: IncidentFacts, label: str) -> Soundness | None:
    """Return what a full ``backups.verify`` of this incident found, if it read the set ``label``."""
    for facts in incident.facts.values():
        if label in [*facts.get("sound", ()), *facts.get("damaged", ())]:
            return Soundness(
                ok=not facts["damaged"] and not facts["damaged_segments"],
                sound=list(facts["sound"]),
                damaged=list(facts["damaged"]),
                files=[],
                segments=list(facts["damaged_segments"]),
            )
    return None


def parse_soundness(text: str) -> Soundness:
    """Return what ``pgbackrest verify --output=text --verbose`` said."""
    status = _STATUS.search(text)
    if not status:
        raise ActionFailed("pgBackRest verified nothing: its answer has no status.", "Read its output above.")
    states: dict[str, str] = {}
    segments, files = set(), set()
    for line in text.splitlines():
        if found := _SET.match(line):
            states[found[1]] = found[2]
        elif found := _SEGMENT.search(line):
            segments.add(found[1])
        elif found := _FILE.search(line):
            files.add(found[1])
    return Soundness(
        ok=status[1] == "ok",
        sound=[label for label, state in states.items() if state == "valid"],
        damaged=[label for label, state in states.items() if state != "valid"],
        files=sorted(files),
        segments=sorted(segments),
    )
