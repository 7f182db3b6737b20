"""A lab's folder: where it may lie, whose it is, and one command at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cleo_console.lab.state import State, is_lab
from journal.errors import CleoError
from journal.store.filelock import lock

LONGEST_PATH = 88
"""Bytes of a service's folder: a Unix socket's path takes 107 bytes at most, and this leaves room for its name."""


def make(directory: Path) -> None:
    """Make the lab's folder itself.

    Raises:
        CleoError: it cannot be made.
    """
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        directory.chmod(0o755)
    except OSError as error:
        raise CleoError(f"The lab's folder {directory} cannot be made: {error.strerror}.", _elsewhere()) from error


def check_owner(directory: Path, state: State) -> None:
    """Refuse to touch the lab of somebody else.

    Raises:
        CleoError: it is another account's.
    """
    if state.owner != os.geteuid():
        raise CleoError(
            f"The lab in {directory} was started by uid {state.owner}, and you are uid {os.geteuid()}.",
            "Act as that user, or choose another folder with --dir.",
        )


def check_path(directory: Path, names: Iterable[str]) -> None:
    """Refuse a place in which services of these names could not run.

    Raises:
        CleoError: the path is too long for a socket, or holds white space, quotes or %.
    """
    longest = max(len(os.fsencode(directory / name)) for name in names)
    if longest > LONGEST_PATH or any(each.isspace() or each in "'\"%" for each in str(directory)):
        raise CleoError(
            f"{directory} cannot hold a lab: its sockets need a path that is {max(longest - LONGEST_PATH, 0)} bytes "
            "shorter, and the servers' settings one without white space, quotes or %.",
            _elsewhere(),
        )


def check_place(directory: Path) -> None:
    """Refuse a folder that holds something else than a lab.

    Raises:
        CleoError: it does, or it cannot be looked into.
    """
    try:
        foreign = directory.exists() and not is_lab(directory) and any(directory.iterdir())
    except OSError as error:
        raise CleoError(f"{directory} cannot be looked into: {error.strerror}.", _elsewhere()) from error
    if foreign:
        raise CleoError(f"{directory} holds something that is not a lab; it is left alone.", _elsewhere())


@contextmanager
def only_command(directory: Path) -> Iterator[None]:
    """Keep every other `cleo lab` command out of this folder meanwhile.

    Raises:
        CleoError: another one is at work, or the folder cannot be opened.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CleoError(f"The lab's folder {directory} cannot be opened: {error.strerror}.", _elsewhere()) from error
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path) -> None:
    if not lock(descriptor, wait=False):
        raise CleoError(f"Another `cleo lab` command is at work in {directory}.", "Wait for it, then repeat.")
    if os.fstat(descriptor).st_nlink == 0:
        raise CleoError(f"The lab in {directory} was removed meanwhile.", "Start one with `cleo lab up`.")


def _elsewhere() -> str:
    return "Choose another folder with --dir."
