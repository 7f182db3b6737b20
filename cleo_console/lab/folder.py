"""A lab's folder: where it lies, who may enter it, what is remembered in it, and one command at a time."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cleo_console import settings
from cleo_console.lab.programs import Account, Programs
from cleo_console.lab.site import Site
from journal.errors import CleoError

STATE = "lab.json"
UNFINISHED_STATE = "lab.json.new"
LONGEST_PATH = 80
"""A Unix socket's path takes 107 bytes at most; this leaves room for its name."""

SERVED = ("pg", "repo", "manifests", "run", "log")
"""Folders that belong to the lab's account; the rest belongs to whoever started the lab."""


@dataclass(frozen=True)
class State:
    """What a lab remembers of itself.

    Args:
        account: the account of its servers; uid and gid are that account's.
        owner: uid of whoever started it.
        port: PostgreSQL's port.
        bin_directory: PostgreSQL's programs.
        pgbackrest: the backup program.
        size: as it was asked for.
        complete: whether `up` ever got to its end.
        kept: whether `down --keep` stopped it.
        server_was_running: whether the server ran when it was stopped with `--keep`.
    """

    account: str
    uid: int
    gid: int
    owner: int
    port: int
    bin_directory: str
    pgbackrest: str
    size: str
    complete: bool = False
    kept: bool = False
    server_was_running: bool = True

    def site(self, directory: Path) -> Site:
        """The lab that this state describes."""
        programs = Programs(Path(self.bin_directory), Path(self.pgbackrest))
        return Site(directory, Account(self.account, self.uid, self.gid), programs, self.port)


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


def prepare(directory: Path, account: Account) -> None:
    """Make the subfolders, each with the owner it needs.

    Raises:
        CleoError: the account of the servers cannot enter the folder.
    """
    for name in ("bin", "secrets", *SERVED):
        (directory / name).mkdir(mode=0o755, exist_ok=True)
        (directory / name).chmod(0o700 if name == "run" else 0o755)
    for name in SERVED:
        os.chown(directory / name, account.uid, account.gid)
    _check_entry(directory, account)


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


def check_place(directory: Path) -> None:
    """Refuse a place that could not hold a lab.

    Raises:
        CleoError: the path is too long for a socket, holds white space, or the folder holds something else.
    """
    if len(os.fsencode(directory)) > LONGEST_PATH or any(each.isspace() or each in "'\"%" for each in str(directory)):
        raise CleoError(
            f"{directory} cannot hold a lab: sockets need a path of at most {LONGEST_PATH} bytes, "
            "and the servers' settings one without white space, quotes or %.",
            _elsewhere(),
        )
    try:
        foreign = directory.exists() and not is_lab(directory) and any(directory.iterdir())
    except OSError as error:
        raise CleoError(f"{directory} cannot be looked into: {error.strerror}.", _elsewhere()) from error
    if foreign:
        raise CleoError(f"{directory} holds something that is not a lab; it is left alone.", _elsewhere())


def is_lab(directory: Path) -> bool:
    """Whether this folder was made by `cleo lab up`, however far that came."""
    return (directory / STATE).exists() or (directory / UNFINISHED_STATE).exists()


def load_state(directory: Path) -> State | None:
    """What the lab in `directory` remembers of itself; None where there is no lab.

    Raises:
        CleoError: it cannot be read.
    """
    path = directory / STATE
    try:
        return State(**json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        hint = f"Remove the lab with `cleo lab down --dir {directory}` and start again."
        raise CleoError(f"{path} cannot be read: {error}.", hint) from error


def save_state(directory: Path, state: State) -> None:
    """Remember `state`, whole or not at all."""
    path = directory / STATE
    new = directory / UNFINISHED_STATE
    new.write_text(json.dumps(asdict(state), indent=2) + "\n")
    new.replace(path)


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
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CleoError(
            f"Another `cleo lab` command is at work in {directory}.", "Wait for it, then repeat."
        ) from error
    if os.fstat(descriptor).st_nlink == 0:
        raise CleoError(f"The lab in {directory} was removed meanwhile.", "Start one with `cleo lab up`.")


def _check_entry(directory: Path, account: Account) -> None:
    """Try it, as the account itself: modes alone do not tell (ACLs, mounts)."""
    if not account.name:
        return
    identity = {"user": account.uid, "group": account.gid, "extra_groups": account.groups}
    tried = subprocess.run(["test", "-x", f"{directory}/run/."], check=False, cwd="/", **identity)  # type: ignore[call-overload]
    if tried.returncode:
        raise CleoError(
            f"The servers run as `{account.name}`, and that account cannot enter {directory}.",
            f"Choose a folder whose parents others may enter, such as --dir {settings.SYSTEM_LAB}.",
        )


def _elsewhere() -> str:
    return "Choose another folder with --dir."
