"""Taking a lab away, whatever state it is in."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from cleo_console import settings
from cleo_console.lab import folder, processes, server
from cleo_console.lab.folder import State
from cleo_console.lab.shared_memory import remove_left_segments
from journal.errors import CleoError


def stop(place: Path, state: State) -> State:
    """Stop every process cleanly and keep the folder.

    Raises:
        CleoError: the lab is another account's, or a process cannot be ended.
    """
    folder.check_owner(place, state)
    with folder.only_command(place):
        site = state.site(place)
        running = server.is_running(site)
        if running:
            server.stop(site)
        processes.end_processes(place)
        if not state.kept:
            state = replace(state, kept=True, server_was_running=running)
            folder.save_state(place, state)
    return state


def remove(place: Path) -> bool:
    """End every process of the lab in `place` and remove the folder.

    Returns:
        whether there was anything to remove.

    Raises:
        CleoError: the folder is not a lab's or is another account's, or a process cannot be ended.
    """
    folder.check_place(place)
    if not folder.is_lab(place):  # somebody removed the folder; its servers may still run
        return _end_everything(place, None)
    with folder.only_command(place):
        state = _state_if_readable(place)
        if state:
            folder.check_owner(place, state)
        _end_everything(place, state)
        _remove_folder(place)
    return True


def _state_if_readable(place: Path) -> State | None:
    """A lab whose state file is damaged is removed all the same: its processes are found without it."""
    try:
        return folder.load_state(place)
    except CleoError:
        return None


def _end_everything(place: Path, state: State | None) -> bool:
    ended = processes.end_processes(place)
    notes: list[str] = []
    for note in (place / "run" / "shared-memory", place / "pg" / "data" / "postmaster.pid"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            notes += note.read_text().splitlines()
    uid = state.uid if state else os.geteuid()
    kept = [each for each in (place / "pg").glob("*") if each.is_dir()]
    left = remove_left_segments(notes, kept, [each.pid for each in ended], uid)
    return bool(ended or left)


def _remove_folder(place: Path) -> None:
    try:
        shutil.rmtree(place)
    except OSError as error:
        hint = "Remove it by hand; none of the lab's processes runs any more."
        raise CleoError(f"{error.filename} cannot be removed: {error.strerror}.", hint) from error
    if place == settings.lab_folder().resolve():
        with contextlib.suppress(OSError):  # its parent holds other things
            place.parent.rmdir()
