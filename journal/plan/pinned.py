"""The scripts that a plan was tested with: their digests, and which have drifted since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from journal.plan.command_words import command_words
from journal.plan.model import Step
from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.yamlfile.problem import FilePath, Problem


def drift(loaded: LoadedPlan) -> list[Problem]:
    """Return a warning for each pinned script that is no longer the one that the plan was tested with, or not there.

    What cannot be read is said so: it is not known whether it drifted.
    """
    folder = Path(loaded.source.file).parent
    found: list[Problem] = []
    for path, step in placed_steps(loaded.plan):
        for field, script, sha256 in _pins(step):
            if one := drifted(folder / script, sha256):
                where = (*path, *field)
                found.append(Problem(loaded.source.file, loaded.source.line(where), where, one.words, "warning"))
    return found


def _pins(step: Step) -> Iterator[tuple[FilePath, str, str]]:
    """Yield the digests of a step with their fields; what runs on another host, `cleo ready` looks at."""
    if step.sha256 and program_of(step) and step.host in ("", "local"):
        yield ("sha256",), program_of(step), step.sha256
    yield from ((("pinned", script), script, sha256) for script, sha256 in step.pinned.items())


def program_of(step: Step) -> str:
    """Return the program of a command step that names it by its whole path; else nothing."""
    named = isinstance(step.command, list) and step.command and step.command[0].startswith("/")
    return step.command[0] if named else ""


class Drift(NamedTuple):
    """How a script is not the pinned one any more; ``known`` is False where it cannot be read, and may be the same."""

    words: str
    known: bool


def drifted(script: Path, sha256: str) -> Drift | None:
    """Return how a script drifted, as far as that can be told; None where it is the pinned one."""
    try:
        now = digest(script)
    except OSError as error:
        words = f"{script} cannot be read, so whether it drifted is not known: {error.strerror}"
        return Drift(words, known=False)
    if now == sha256.lower():
        return None
    words = (
        f"{script} is not what the plan was tested with: {now[:12]}…, pinned was {sha256[:12]}…; "
        "test the step again, then: cleo plan pin"
    )
    return Drift(words, known=True)


def digest(script: Path) -> str:
    """Return a file's SHA-256, as ``sha256sum`` prints it.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256(script.read_bytes()).hexdigest()


class Pins(NamedTuple):
    """What a step is pinned by: the digest of its own program, and those of scripts that it names otherwise."""

    sha256: str = ""
    pinned: dict[str, str] = {}


def pins_of(step: Step, plan_folder: Path, scripts: Path) -> Pins:
    """Return the digests of the scripts that a step names, as they are now. What runs on another host is left out.

    Args:
        step: the step.
        plan_folder: where the plan lies; a file below it is pinned by its path from there.
        scripts: the folder in which scripts are looked for that are named without one.

    Raises:
        OSError: one cannot be read.
    """
    if step.host not in ("", "local"):
        return Pins()
    program, pinned = program_of(step), {}
    for word in _words(step):
        files = (plan_folder / word, scripts / word.rpartition("/")[2])
        file = next((each.resolve() for each in files if word and each.is_file()), None)
        if file and word != program:
            pinned[_name(file, plan_folder.resolve())] = digest(file)
    own = Path(program) if program else None
    return Pins(digest(own) if own and own.is_file() else "", pinned)


def _words(step: Step) -> list[str]:
    if isinstance(step.command, list) and step.command:
        return step.command
    return command_words(str(step.command or step.script))


def _name(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
