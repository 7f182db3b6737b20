"""Whether a restore can keep what was there: its folder is made by nobody, and nothing is renamed onto another disk."""

from __future__ import annotations

from collections.abc import Iterator

from actions.machine.directories import inspect_directories
from actions.machine.machine import Machine
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding


def look_at_keeping(machine: Machine, folder: str, data: str, system: str, action: str) -> Iterator[ReadyFinding]:
    """Yield what would keep a restore from keeping old data.

    Args:
        machine: the host, with the account that keeps it.
        folder: the folder that it is kept in.
        data: the data directory, whose content is moved there by a rename; empty: it is moved in another way.
        system: its name in the inventory.
        action: the restore.
    """
    about, words, cure = f"folder for old data of {system}", "", ""
    try:
        kept, *held = inspect_directories(machine, folder, *([data] if data else ()))
    except CleoError as error:
        yield ReadyFinding(
            about=about, state="not measured", words=error.message, cure=error.hint, systems=[system], actions=[action]
        )
        return
    if not kept.there:
        words = f"{folder} is not there, and a restore does not make it"
        cure = f"Run on {machine.host}: install -d -m 700 -o {machine.run_as or '$USER'} {folder}"
    elif held and held[0].there and held[0].mount != kept.mount:
        words = f"{data} lies on {held[0].mount}, {folder} on {kept.mount}: a restore renames, and cannot move it there"
        cure = f"Name a folder on {held[0].mount} for what is kept (keep_in:); if that is the data directory itself,"
        cure += " move the data one folder down."
    if words:
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[system], actions=[action])
