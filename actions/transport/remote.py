"""Transport for hosts with a POSIX shell, independent of the connection used."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from actions.transport.base import Transport
from actions.transport.errors import (
    AlreadyStarted,
    DeadlineExceeded,
    FileMissing,
    FileTrouble,
    NothingStarted,
    ProgramMissing,
    TransportLost,
)
from actions.transport.link import Answer, Link, ask
from actions.transport.program import Completed
from actions.transport.remote_handle import RemoteHandle
from actions.transport.scripts import names, text

_LATE_S = 3
"""Seconds after a query's deadline in which the host should have killed it and said so."""
_KILLED = (-9, 137)


class RemoteTransport(Transport):
    """A host behind a link.

    Args:
        link: the way to it.
        base: the folder there for spools.
    """

    def __init__(self, link: Link, base: str) -> None:
        self._link, self._base = link, base
        self.name, self.address = link.name, link.address

    def host_identity(self) -> dict[str, str]:
        """See ``Transport``."""
        lines = ask(self._link, "identity").out.decode().split()
        return dict(zip(("hostname", "machine_id"), lines, strict=False))

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        user: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """See ``Transport``. The deadline is rounded up to whole seconds."""
        seconds = math.ceil(timeout_s)
        args = [str(seconds), user, names(env), *argv]
        begin = time.monotonic()
        try:
            answer = ask(self._link, "query", args, timeout_s=seconds + _LATE_S, env=env, stdin=stdin or b"")
        except TransportLost as lost:
            if time.monotonic() - begin < seconds:
                raise
            raise self._too_late(argv[0], timeout_s) from lost
        took = time.monotonic() - begin
        if answer.code in _KILLED and took >= seconds:
            raise self._too_late(argv[0], timeout_s)
        self._check_refusal(answer, argv[0])
        out, err = (data.decode("utf-8", "replace") for data in (answer.out, answer.err))
        return Completed(argv=list(argv), code=answer.code, out=out, err=err, duration_s=took)

    def place_spool(self, incident_dir: Path, key: str) -> str:
        """See ``Transport``."""
        return f"{self._base}/{incident_dir.name}/{key}"

    def start(
        self,
        spool: str | PurePath,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        cwd: str = "/",
    ) -> RemoteHandle:
        """See ``Transport``."""
        args = [str(spool), cwd, text("shim"), user, names(env), *argv]
        handle = RemoteHandle(self._link, str(spool), argv)
        try:
            answer = ask(self._link, "start", args, env=env).out.decode("utf-8", "replace").strip()
        except TransportLost:
            if handle.pid is None:  # asked over a new link
                raise
            return handle
        if answer or handle.give_up():  # no answer, and not given up: only the answer was lost
            self._check_start(answer, argv[0])
        return handle

    def attach(self, spool: str | PurePath, argv: Sequence[str] = ()) -> RemoteHandle:
        """See ``Transport``."""
        return RemoteHandle(self._link, str(spool), argv, reattached=True)

    def read_file(self, path: str | PurePath) -> bytes:
        """See ``Transport``."""
        answer = ask(self._link, "read_file", [str(path)])
        if answer.err == b"cleo: missing\n":
            raise FileMissing(f"There is no file {path} on {self.name}.")
        if answer.code:
            raise FileTrouble(f"{path} on {self.name} cannot be read: {_last_line(answer.err)}.")
        return answer.out

    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """See ``Transport``."""
        words = [str(path), f"{mode:o}", str(len(data)), hashlib.sha256(data).hexdigest()]
        answer = ask(self._link, "write_file", words, stdin=data)
        if answer.code:
            raise FileTrouble(f"{path} on {self.name} cannot be written: {_last_line(answer.err)}.")

    def _too_late(self, program: str, timeout_s: float) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{program} on {self.name} did not answer within {timeout_s:g} s and was ended.",
            "Look at what it asked, or try again.",
        )

    def _check_refusal(self, answer: Answer, program: str) -> None:
        if answer.err.startswith(b"cleo: missing"):
            raise self._missing(program)
        if answer.err.startswith(b"cleo: "):
            raise NothingStarted(f"{program} was not run on {self.name}: {answer.err.decode()[6:].strip()}.")

    def _check_start(self, answer: str, program: str) -> None:
        if answer == "started":
            return
        if answer == "missing":
            raise self._missing(program)
        if answer == "taken":
            raise AlreadyStarted(
                f"{program} was already started on {self.name}, or given up, by somebody else.",
                "Attach to it instead.",
            )
        raise NothingStarted(f"{program} did not start on {self.name}: {answer or 'its shell ended'}.")

    def _missing(self, program: str) -> ProgramMissing:
        return ProgramMissing(
            f"There is no program {program} on {self.name}.", "Install it, or correct its path in the inventory."
        )


def _last_line(data: bytes) -> str:
    lines = data.decode("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line), "no reason given")
