"""One incident per target: a destructive action claims its target until its incident is closed (gate 8)."""

from __future__ import annotations

import fcntl
import hashlib
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journal.errors import CleoError
from journal.events import Identity
from journal.folders import keep_private
from journal.interlock import word_to_type


class TargetClaimed(CleoError):
    """Another open incident works on this target."""


class Targets:
    """The claims of one incident.

    Args:
        folder: where claims are written, one file a target.
        incident_id: whose claims these are.
        journal: the incident's journal: a claim whose journal is gone is nobody's.
    """

    def __init__(self, folder: Path, incident_id: str, journal: Path) -> None:
        self._folder = folder
        self._incident = incident_id
        self._journal = journal

    def claim(self, target: Sequence[Identity]) -> None:
        """Claim ``target`` for this incident; again is no harm.

        Raises:
            TargetClaimed: another incident has it, or nobody can tell.
        """
        name = word_to_type(target)
        if not name:
            return
        with self._locked():
            path = self._path(_key(target))
            holder = _read(path)
            if holder and holder["incident"] != self._incident and Path(holder["journal"]).exists():
                raise TargetClaimed(
                    f"{holder['incident']} on {holder['host']} works on {name} since {holder['at']}.",
                    f"Close {holder['incident']} first, or work on this together in that incident.",
                )
            facts = {
                "incident": self._incident,
                "host": socket.gethostname(),
                "journal": str(self._journal),
                "target": name,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            beside = path.with_suffix(".new")
            beside.write_text(json.dumps(facts), encoding="utf-8")
            beside.replace(path)

    def release_all(self) -> None:
        """Give up every claim of this incident."""
        with self._locked():
            for path in self._folder.glob("*.json"):
                with suppress(TargetClaimed):  # nobody can tell whose it is: it stays
                    if _read(path).get("incident") == self._incident:
                        path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        keep_private(self._folder)
        with (self._folder / "lock").open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _key(target: Sequence[Identity]) -> str:
    """Return what stays the same of a target, broken or whole: the cluster is lost with its data."""
    return "\n".join(identity.value for identity in target if identity.name != "cluster")


def _read(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise TargetClaimed(
            f"The claim {path} is damaged: nobody can tell which incident works on this target.",
            "Make sure that none does, remove the file, then do it again.",
        ) from error
    return facts
