"""The scripts that a plan was tested with: their digests, and which have drifted since."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from journal.plan.command_words import command_words
from journal.plan.model import Step
from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.yamlfile.problem import FilePath, Problem

HERE = ("", "local")
"""What a step calls the machine that the runner works on."""
_SHORT = 12


class Pin(NamedTuple):
    """One script of a step, as the plan was tested with it.

    Attributes:
        field: the step's field that has the digest.
        script: where the script is; on this machine its whole path.
        sha256: its digest then.
        host: the inventory's host that it is on; empty: this machine.
    """

    field: FilePath
    script: str
    sha256: str
    host: str

    def drift(self, now: str) -> str:
        """Return how it is not the pinned one any more, by its digest ``now``; empty where it is."""
        if now == self.sha256.lower():
            return ""
        on = f" on {self.host}" if self.host else ""
        digests = f"{now[:_SHORT]}…, pinned was {self.sha256[:_SHORT]}…"
        return f"{self.script}{on} is not what the plan was tested with: {digests}"

    def unread(self, why: str) -> str:
        """Return that nobody knows whether it is the pinned one."""
        on = f" on {self.host}" if self.host else ""
        return f"{self.script}{on} cannot be read, so whether it drifted is not known: {why}"


def pins(step: Step, plan_folder: Path) -> Iterator[Pin]:
    """Yield the scripts that a step is pinned to; a path that is not whole lies below the plan's folder, here."""
    host = "" if step.host in HERE or step.kind != "command" else step.host
    if step.sha256 and program_of(step):
        yield Pin(("sha256",), program_of(step), step.sha256, host)
    for script, sha256 in step.pinned.items():
        far = host if script.startswith("/") else ""
        yield Pin(("pinned", script), script if far else str(plan_folder / script), sha256, far)


def drift(loaded: LoadedPlan) -> list[Problem]:
    """Return a warning for each pinned script here that is not the one the plan was tested with any more, or not there.

    What cannot be read is said so: it is not known whether it drifted. What is on another host, `cleo ready` looks at.
    """
    folder = Path(loaded.source.file).parent
    found: list[Problem] = []
    for path, step in placed_steps(loaded.plan):
        for pin in pins(step, folder):
            one = None if pin.host else drifted(pin)
            if one:
                where = (*path, *pin.field)
                words = f"{one.words}; test the step again, then: cleo plan pin" if one.known else one.words
                found.append(Problem(loaded.source.file, loaded.source.line(where), where, words, "warning"))
    return found


def program_of(step: Step) -> str:
    """Return the program of a command step that names it by its whole path; else nothing."""
    named = isinstance(step.command, list) and step.command and step.command[0].startswith("/")
    return step.command[0] if named else ""


class Drift(NamedTuple):
    """How a script is not the pinned one any more; ``known`` is False where it cannot be read, and may be the same."""

    words: str
    known: bool


def drifted(pin: Pin) -> Drift | None:
    """Return how a script of this machine drifted, as far as that can be told; None where it is the pinned one."""
    try:
        words = pin.drift(digest(Path(pin.script)))
    except OSError as error:
        return Drift(pin.unread(error.strerror or str(error)), known=False)
    return Drift(words, known=True) if words else None


def digest(script: Path) -> str:
    """Return a file's SHA-256, as ``sha256sum`` prints it.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256(script.read_bytes()).hexdigest()


Far = Callable[[str, Sequence[str]], Mapping[str, str]]
"""Returns the digests of those files of a host that are there and can be read."""


class Pins(NamedTuple):
    """What a step is pinned by: the digest of its own program, and those of scripts that it names otherwise."""

    sha256: str = ""
    pinned: dict[str, str] = {}


def pins_of(step: Step, plan_folder: Path, scripts: Path, far: Far) -> Pins:
    """Return the digests of the scripts that a step names, as they are now.

    Args:
        step: the step.
        plan_folder: where the plan lies; a file below it is pinned by its path from there.
        scripts: the folder in which scripts are looked for that are named without one.
        far: asks another host for those that the step names there by their whole paths.

    Raises:
        OSError: one cannot be read.
    """
    program = program_of(step)
    if step.host not in HERE:
        whole = [word for word in _words(step) if word.startswith("/")]
        found = dict(far(step.host, whole)) if whole else {}
        return Pins(found.pop(program, ""), found)
    pinned = {}
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
