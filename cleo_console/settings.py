"""Paths of the program (XDG base directories), and the environment variables that override them."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

import msgspec

from actions.account import NoHome, expanded
from cleo_console.plans import bundled
from cleo_console.who import ask_for_name, known_name, login
from journal.paths import Paths

SYSTEM_LAB = Path("/var/lib/cleo/lab")


def home() -> Path:
    """Return the folder of journals: CLEO_HOME, else ``cleo`` under XDG_STATE_HOME, else ``~/.local/state/cleo``."""
    if named := os.environ.get("CLEO_HOME"):
        return expanded(named).absolute()
    if state := os.environ.get("XDG_STATE_HOME"):
        return Path(state) / "cleo"
    return expanded("~/.local/state/cleo", "Set CLEO_HOME to a folder for the journals.")


def paths() -> Paths:
    """Return where this installation's things live; who reads the inventory says it where that is not there."""
    return msgspec.structs.replace(journal_paths(), inventory=_inventory(), plan=plan_file())


def journal_paths() -> Paths:
    """Return where the journals lie, for what reads nothing else."""
    return Paths(incidents=home() / "incidents", locks=home() / "locks", fallback=fallback_directory())


def demo_paths() -> Paths:
    """Return where the journals of tabletops lie."""
    folder = home() / "demo"
    return Paths(incidents=folder / "incidents", locks=folder / "locks")


def fallback_directory() -> Path | None:
    """Return where journals go on when their disk gives way: CLEO_SECOND_PLACE, a folder on another disk, or None.

    There is no default: what every machine has besides its disk is memory, and a journal there goes with the machine.
    """
    named = os.environ.get("CLEO_SECOND_PLACE")
    return expanded(named).absolute() if named else None


def _inventory() -> Path | None:
    """CLEO_INVENTORY, else ``inventory.yaml`` beside the journals or under XDG_CONFIG_HOME, else the running lab's."""
    if named := os.environ.get("CLEO_INVENTORY"):
        return expanded(named).absolute()
    return _own("inventory.yaml") or _lab_inventory()


def plan_file() -> Path:
    """Return the plan that a new incident goes by.

    CLEO_PLAN, else ``plan.yaml`` under XDG_CONFIG_HOME or beside the journals, else the bundled one.
    """
    if named := os.environ.get("CLEO_PLAN"):
        return expanded(named).absolute()
    return _own("plan.yaml") or bundled()


def _own(name: str) -> Path | None:
    """Return a file of ours, where there is one: under XDG_CONFIG_HOME, else beside the journals."""
    candidates = [home() / name]
    with suppress(NoHome):
        config = os.environ.get("XDG_CONFIG_HOME")
        candidates.insert(0, (Path(config) if config else expanded("~/.config")) / "cleo" / name)
    return next((path for path in candidates if path.is_file()), None)


def lab_folder() -> Path:
    """Return where the lab lies unless told otherwise: ``lab``, beside the journals.

    Root's home cannot be entered by the account that the servers run as: root's lab lies in /var/lib/cleo/lab, unless
    CLEO_HOME or XDG_STATE_HOME says otherwise.
    """
    chosen = os.environ.get("CLEO_HOME") or os.environ.get("XDG_STATE_HOME")
    return SYSTEM_LAB if os.geteuid() == 0 and not chosen else home() / "lab"


def _lab_inventory() -> Path | None:
    path = lab_folder() / "inventory.yaml"
    return path if path.is_file() else None


def runner_actor() -> str:
    """Return in whose name a runner writes: ``runner@host``."""
    return f"runner@{socket.gethostname()}"


def facilitator_actor() -> str:
    """Return in whose name an exercise is begun and its injects are given: ``facilitator@host``."""
    return f"facilitator@{socket.gethostname()}"


def actor() -> str:
    """Return who sits here, as ``user@host``: the name that was said, else the login; behind sudo, who typed it."""
    user = known_name(home()) or login()
    return user if "@" in user else f"{user}@{socket.gethostname()}"


def asked_actor() -> str:
    """Like `actor`, for what is about to be written: the person behind a shared login is asked for a name first."""
    ask_for_name(home())
    return actor()
