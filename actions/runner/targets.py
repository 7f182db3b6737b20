"""Claims on targets (gate ``target``): an action that changes a target claims it until its incident is closed."""

from __future__ import annotations

import errno
import hashlib
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.runner.other_incidents import is_over
from journal.errors import CleoError
from journal.events.types import Identity
from journal.incident.interlock import word_to_type
from journal.store.filelock import lock
from journal.store.whole_file import replace_whole

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class TargetClaimed(CleoError):
    """Another open incident claims this target, or the claims cannot be read or written."""


class Targets:
    """The claims of one incident.

    Args:
        folder: where claims are written, one file for each thing that is claimed.
        incident_id: whose claims these are.
        journal: the incident's journal: a claim whose journal is gone or whose incident is closed is nobody's.
    """

    def __init__(self, folder: Path, incident_id: str, journal: Path) -> None:
        self._folder = folder
        self._incident = incident_id
        self._journal = journal

    def claim(self, target: Sequence[Identity], touches: Sequence[str] = ()) -> None:
        """Claim what is touched of ``target``, all or nothing. What is claimed already is not written again.

        Args:
            target: the identity of what is worked on.
            touches: the names of those identities that are changed (``data directory``, ``repository``); none: the
                target as a whole.

        Raises:
            TargetClaimed: another incident has one of them, or nobody can tell, or it cannot be written.
        """
        word = word_to_type(target)
        if not word:
            return
        try:
            missing = {name: key for name, key in claim_keys(target, touches).items() if not self._is_ours(key)}
            if not missing:
                return
            with self._locked():
                self._require_free(target, missing)
                for name, key in missing.items():
                    self._write(key, word if name == word else f"{name} of {word}")
        except OSError as error:
            raise TargetClaimed(
                f"It cannot be written down that this incident works on {word}, in {self._folder}: {error.strerror}.",
                _advice(error, self._folder),
            ) from error

    def require_free(self, target: Sequence[Identity], touches: Sequence[str] = ()) -> None:
        """Do as ``claim``, and write nothing: for a dry run.

        Raises:
            TargetClaimed: another incident has it, or nobody can tell.
        """
        if word_to_type(target):
            self._require_free(target, claim_keys(target, touches))

    def release_all(self) -> None:
        """Give up every claim of this incident."""
        with self._locked():
            for path in self._folder.glob("*.json"):
                with suppress(TargetClaimed):  # nobody can tell whose it is: it stays
                    if _read(path).get("incident") == self._incident:
                        path.unlink()

    def _require_free(self, target: Sequence[Identity], keys: dict[str, str]) -> None:
        for key in keys.values():
            holder = _read(self._path(key))
            if holder and holder["incident"] != self._incident and not is_over(Path(holder["journal"])):
                raise TargetClaimed(
                    f"{holder['incident']} on {holder['host']} works on {holder['target']} since {holder['at']}.",
                    f"Close {holder['incident']} first, or work on this together in that incident.",
                )

    def _is_ours(self, key: str) -> bool:
        """Whether the claim stands already: only we take it away again."""
        found = _read(self._path(key))
        return found.get("incident") == self._incident and found.get("journal") == str(self._journal)

    def _write(self, key: str, what: str) -> None:
        facts = {
            "incident": self._incident,
            "host": socket.gethostname(),
            "journal": str(self._journal),
            "target": what,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        replace_whole(self._path(key), json.dumps(facts).encode())

    def _path(self, key: str) -> Path:
        return self._folder / _file_name(key)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w", encoding="ascii") as file:
            lock(file.fileno())
            yield


def claims_on(folder: Path, target: Sequence[Identity], touches: Sequence[str]) -> dict[Path, str]:
    """Return who claims what is touched of a target: each incident's id by its journal, closed or not.

    Args:
        folder: where claims are written.
        target: the identity of what is meant.
        touches: the names of those identities that are meant.

    Raises:
        TargetClaimed: a claim cannot be read.
    """
    found = [_read(folder / _file_name(key)) for key in claim_keys(target, touches).values()]
    return {Path(claim["journal"]): claim["incident"] for claim in found if claim}


def claim_keys(target: Sequence[Identity], touches: Sequence[str]) -> dict[str, str]:
    """Return what is claimed, by its name: what stays the same of a target, broken or whole, by whatever name.

    The machine tells two servers with one data directory apart, and finds one that two inventories call differently.
    """
    known = {identity.name: identity.value for identity in target}
    machine = known.get("machine id", "unknown")
    if machine == "unknown":
        machine = known.get("host", "")
    if touches:  # what is no identity (a hold) is shared
        return {name: f"{machine}\n{name}\n{known[name]}" for name in touches if name in known}
    whole = "\n".join(identity.value for identity in target if identity.name != "cluster")
    return {word_to_type(target): whole}


def _file_name(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _advice(error: OSError, folder: Path) -> str:
    if error.errno in _NO_ROOM:
        return f"Make room on the disk of {folder}, a few kB are enough, then do it again."
    if error.errno == errno.EROFS:
        return f"The file system of {folder} is read-only: see `dmesg`, remount it, then do it again."
    if error.errno == errno.EIO:
        return f"The disk of {folder} does not work: see `dmesg`."
    return f"Check owner and mode of {folder}."


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
