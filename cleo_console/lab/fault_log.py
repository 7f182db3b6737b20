"""The faults that were injected into a lab, one JSON line each, in a file of the lab."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journal.errors import CleoError

FAULTS = "faults.jsonl"


@dataclass(frozen=True)
class Fault:
    """One injected fault.

    Args:
        at: when it took effect: UTC, ISO 8601 with microseconds; for `drop-table` just before, by the server's clock.
        system: the name of the service that was broken.
        how: the fault's name.
        what: what was done, as a sentence.
        details: figures a test or a report may need (paths, labels, instants, log positions).
    """

    at: str
    system: str
    how: str
    what: str
    details: dict[str, Any] = field(default_factory=dict)


def utc_now() -> str:
    """This instant as a fault's `at`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def injected_faults(lab: Path) -> list[Fault]:
    """The faults injected so far into the lab in this folder, oldest first.

    Raises:
        CleoError: the lab's list of them cannot be read.
    """
    path = lab / FAULTS
    if not path.exists():
        return []
    try:
        return [Fault(**json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise CleoError(f"{path} cannot be read: {error}.", "Start over with `cleo lab down`.") from error


def note_fault(lab: Path, fault: Fault) -> None:
    """Append a fault, durably."""
    with (lab / FAULTS).open("a") as file:
        file.write(json.dumps(asdict(fault), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
