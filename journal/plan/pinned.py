"""The scripts that a plan was tested with: their digests, and which have drifted since."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from pathlib import Path

from journal.plan.model import Step
from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.yamlfile.problem import Problem


def drift(loaded: LoadedPlan) -> list[Problem]:
    """Return a warning for each pinned script that is no longer the one that the plan was tested with, or not there.

    What cannot be read is said so: it is not known whether it drifted.
    """
    folder = Path(loaded.source.file).parent
    found: list[Problem] = []
    for path, step in placed_steps(loaded.plan):
        for script, sha256 in step.pinned.items():
            if said := _drifted(folder / script, sha256):
                where = (*path, "pinned", script)
                found.append(Problem(loaded.source.file, loaded.source.line(where), where, said, "warning"))
    return found


def _drifted(script: Path, sha256: str) -> str:
    try:
        now = digest(script)
    except OSError as error:
        return f"{script} cannot be read, so whether it drifted is not known: {error.strerror}"
    if now == sha256:
        return ""
    return (
        f"{script} is not what the plan was tested with: {now[:12]}…, pinned was {sha256[:12]}…; "
        "test the step again, then: cleo plan pin"
    )


def digest(script: Path) -> str:
    """Return a file's SHA-256, as ``sha256sum`` prints it.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256(script.read_bytes()).hexdigest()


def scripts_of(step: Step, plan_folder: Path, scripts: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that a step's command or script names, with the name to pin them by.

    Args:
        step: the step.
        plan_folder: where the plan lies; a file below it is pinned by its path from there.
        scripts: the folder in which scripts are looked for that are named without one.
    """
    seen: set[Path] = set()
    for word in _words(step):
        for file in (plan_folder / word, scripts / word.rpartition("/")[2]):
            if word and file.is_file() and file.resolve() not in seen:
                seen.add(file.resolve())
                yield _name(file.resolve(), plan_folder.resolve()), file
                break


def _words(step: Step) -> list[str]:
    if isinstance(step.command, list) and step.command:
        return step.command
    said = str(step.command or step.script)
    try:
        return shlex.split(said)
    except ValueError:
        return said.split()


def _name(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
