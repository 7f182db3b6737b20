"""Taking a lab away, whatever state it is in."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from msgspec.structs import replace

from cleo_console import settings
from cleo_console.lab import folder, processes
from cleo_console.lab.inventory import evidence_folder
from cleo_console.lab.second_place.kinds import second_place
from cleo_console.lab.service_types import service_classes
from cleo_console.lab.sites import network
from cleo_console.lab.state import State, is_lab, load_state, save_state
from journal.errors import CleoError


def stop(place: Path, state: State) -> State:
    """Stop every process cleanly, a standby before its primary, and keep the folder.

    Raises:
        CleoError: the lab is another account's, or a process cannot be ended.
    """
    folder.check_owner(place, state)
    with folder.only_command(place):
        running = {name: each for name, each in state.services(place).items() if each.is_running()}
        for service in reversed(running.values()):
            service.stop()
        _stop_second_place(place, state)
        processes.end_processes(place)
        network.remove(place)
        if not state.kept:
            state = replace(state, kept=True, running=tuple(running))
            save_state(place, state)
    return state


def remove(place: Path) -> bool:
    """End every process of the lab in `place` and remove the folder.

    Returns:
        whether there was anything to remove.

    Raises:
        CleoError: the folder is not a lab's or is another account's, or a process cannot be ended.
    """
    folder.check_place(place)
    if not is_lab(place):  # somebody removed the folder; its servers may still run
        found = _end_everything(place)
        remove_abandoned()
        return found
    remove_abandoned()
    with folder.only_command(place):
        state = _state_if_readable(place)
        if state:
            folder.check_owner(place, state)
            _stop_second_place(place, state)
        _end_everything(place)
        _remove_folder(place)
    return True


def remove_unfinished(directory: Path) -> None:
    """Remove what an earlier start, cut short, left of one service.

    Raises:
        CleoError: a process cannot be ended, or the folder cannot be removed.
    """
    if directory.exists():
        processes.end_processes(directory)
        _remove_folder(directory)


def _state_if_readable(place: Path) -> State | None:
    """A lab whose state file is damaged is removed all the same: its processes are found without it."""
    try:
        return load_state(place)
    except CleoError:
        return None


def _stop_second_place(place: Path, state: State) -> None:
    if found := second_place(place, state.offsite):
        found.stop()


def remove_abandoned() -> None:
    """Remove what labs left running and on the network whose folder somebody removed.

    Raises:
        CleoError: a process cannot be ended.
    """
    for lab in network.abandoned():
        _end_everything(lab)


def _end_everything(place: Path) -> bool:
    ended = [each.pid for each in processes.end_processes(place)]
    remains = [each.remove_remains(place, ended) for each in service_classes().values()]
    sites = network.remove(place)
    return bool(ended) or sites or any(remains)


def _remove_folder(place: Path) -> None:
    for kept in (evidence_folder(place), *evidence_folder(place).rglob("*")):
        if kept.is_dir() and not kept.is_symlink():
            kept.chmod(0o700)
    try:
        shutil.rmtree(place)
    except OSError as error:
        hint = "Remove it by hand; none of the lab's processes runs any more."
        raise CleoError(f"{error.filename} cannot be removed: {error.strerror}.", hint) from error
    if place == settings.lab_folder().resolve():
        with contextlib.suppress(OSError):  # its parent holds other things
            place.parent.rmdir()
