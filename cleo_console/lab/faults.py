"""The faults that can be injected into a lab. Each is done for real, and noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cleo_console.lab import postgres_faults, repository_faults
from cleo_console.lab.fault_log import Fault, note_fault, utc_now
from cleo_console.lab.site import Site
from journal.errors import CleoError


@dataclass(frozen=True)
class FaultKind:
    """One fault the lab knows.

    Args:
        system: what it breaks.
        how: its name.
        title: what it does, in a line.
        inject: does it, and returns a sentence on what was done, with figures; `at` among them is when it took effect.
    """

    system: str
    how: str
    title: str
    inject: Callable[[Site], tuple[str, dict[str, Any]]]


KINDS = (
    FaultKind(
        "postgres",
        "lose-data-directory",
        "kill the server and delete all of its data directory",
        postgres_faults.lose_data_directory,
    ),
    FaultKind("postgres", "kill-postmaster", "kill the server (SIGKILL)", postgres_faults.kill_postmaster),
    FaultKind("postgres", "drop-table", "drop the table messages, as the application", postgres_faults.drop_table),
    FaultKind("postgres", "flip-byte", "flip a byte on disk inside the table messages", postgres_faults.flip_byte),
    FaultKind(
        "postgres",
        "damage-newest-backup",
        "damage a file of the newest backup; there is one before it",
        repository_faults.damage_newest_backup,
    ),
    FaultKind(
        "postgres",
        "lose-wal-segment",
        "delete an archived log segment that the newest backup needs to reach the present",
        repository_faults.lose_wal_segment,
    ),
)


def inject(site: Site, system: str, how: str) -> Fault:
    """Inject a fault and note it.

    Raises:
        CleoError: there is no such fault, or the lab is not in a state in which it could be injected.
    """
    kind = next((each for each in KINDS if (each.system, each.how) == (system, how)), None)
    if kind is None:
        raise CleoError(f"The lab has no fault `{how}` for `{system}`.", "See `cleo lab break --list`.")
    what, details = kind.inject(site)
    fault = Fault(str(details.pop("at", "")) or utc_now(), system, how, what, details)
    note_fault(site, fault)
    return fault
