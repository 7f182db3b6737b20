"""The last result of ``cleo ready``: one JSON file beside the journals, for exporter, schedule and start screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from journal.events.exposure import Exposed
from journal.paths import Paths
from journal.readiness.finding import ReadyFinding
from journal.readiness.seen import SystemSeen
from journal.readiness.standing import OpenPoint
from journal.readiness.verdict import Verdict
from journal.store.folders import shared
from journal.store.whole_file import replace_whole
from journal.structs import from_json

FORMAT = 1


class ReadyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what follows from it.

    Attributes:
        at: when the look began, in UTC; ``took_s``: how long it took.
        inventory: the environment's name.
        plan: the plan's title and version; ``plan_sha256``: the file's digest.
        verdicts: one for each scenario.
        findings: everything that was looked at, what is ok too.
        systems: what was seen of each system.
        exposed: what would be lost of each.
        open_points: what was found wrong by this look, or by an earlier one and nobody could look at again.
        format: of this file.
    """

    at: datetime
    took_s: float
    inventory: str
    plan: str
    plan_sha256: str
    verdicts: Sequence[Verdict]
    findings: Sequence[ReadyFinding]
    systems: Mapping[str, SystemSeen] = {}
    exposed: Sequence[Exposed] = ()
    open_points: Sequence[OpenPoint] = ()
    format: int = FORMAT


class LastPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Of a result its open points alone: what it found beside them may be far more than they are.

    Attributes: those of `ReadyResult`.
    """

    at: datetime
    inventory: str
    open_points: Sequence[OpenPoint] = ()
    format: int = FORMAT


Wanted = TypeVar("Wanted", ReadyResult, LastPoints)


def encode(result: ReadyResult) -> bytes:
    """Return a result as its file has it."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def write(path: Path, result: ReadyResult) -> None:
    """Replace the file, readable for its owner alone; in a team's folder (`journal.store.folders`) for the team, too.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_whole(path, encode(result), 0o640 if shared(path.parent) else 0o600)


def read(paths: Paths) -> ReadyResult | None:
    """Return the last result; None where there is none, or none of a format that is known."""
    return _read(paths, ReadyResult)


def read_points(paths: Paths) -> LastPoints | None:
    """Return the last result's open points; None as for `read`."""
    return _read(paths, LastPoints)


def _read(paths: Paths, wanted: type[Wanted]) -> Wanted | None:
    try:
        found = from_json(paths.readiness.read_bytes(), wanted)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.format == FORMAT else None
