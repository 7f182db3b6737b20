"""Whether the program that would start a server is of the version that runs: another one may not read its data."""

from __future__ import annotations

import re

from actions.machine.machine import Machine, last_words
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

_NUMBER = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)*)")


def look_at_version(machine: Machine, program: str, running: str, system: str, *, counts: int) -> ReadyFinding:
    """Return whether a server's program on its host is of the series that the server itself says it is.

    GitLab's dumps of 2017 were empty for weeks because the program's series was not the server's.

    Args:
        machine: its host, with its account.
        program: the program's name or path; it prints its version with ``--version``.
        running: the version that the server says.
        system: its name in the inventory.
        counts: how many numbers of a version tell which files it reads: 1 of PostgreSQL's, 2 of others.
    """
    about, cure = f"installed version of {system}", ""
    try:
        done = machine.query([program, "--version"])
        found = _NUMBER.search(done.out) if done.code == 0 else None
        words = f"it prints no version: {last_words(done)}"
    except CleoError as error:
        found, words, cure = None, error.message, error.hint
    if found is None:
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[system])
    same = _numbers(found[1])[:counts] == _numbers(running)[:counts]
    other = "" if same else ": what would be started is not what wrote the data"
    return ReadyFinding(
        about=about,
        state="ok" if same else "wrong",
        words=f"{found[1]}, and {running} runs{other}",
        cure="" if same else f"Install {running} on {machine.host}, or name the folder that has it (bin_directory:).",
        systems=[system],
    )


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version)[:3]]
