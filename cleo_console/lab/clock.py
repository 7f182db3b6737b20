"""A server of a lab whose clock is a day ahead of the machine's: libfaketime, preloaded into that server alone.

Whoever starts the server without that gives it the machine's clock again, as somebody does who sets a host's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cleo_console.lab.processes import PROC
from journal.errors import CleoError

DAY_S = 86_400
_PLACES = "*/faketime"
_MEMORY = Path("/dev/shm")


def day_ahead(library: str = "libfaketime.so.1", *beside: str) -> dict[str, str]:
    """Return the environment with which a program takes it for tomorrow, at the same time of day.

    Args:
        library: libfaketime's, or its variant for many threads.
        beside: further libraries that are preloaded.

    Raises:
        CleoError: libfaketime is not installed.
    """
    found = sorted(Path("/usr/lib").glob(f"{_PLACES}/{library}"))
    if not found:
        raise CleoError("The clock of one server is set by libfaketime.", "Install it: apt-get install libfaketime")
    return {
        "LD_PRELOAD": " ".join([str(found[0]), *beside]),
        "FAKETIME": f"+{DAY_S}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def behind(environment: Mapping[str, str] | None) -> list[str]:
    """Return what stands before a command line, so that a server has an environment and what starts it has not.

    What changes the account would load the library as the account before: its memory could not be opened by the server.
    """
    return ["env", *(f"{name}={value}" for name, value in environment.items())] if environment else []


def forget_ended(owner: int) -> None:
    """Remove what libfaketime left in memory for programs that have ended, as one does that forks into the background.

    Args:
        owner: the number of the account that they ran as.
    """
    for path in _MEMORY.glob("*faketime_s*_*"):
        if path.stat().st_uid == owner and not (PROC / path.name.rpartition("_")[2]).exists():
            path.unlink(missing_ok=True)
