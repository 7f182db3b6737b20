"""Starting a program on this machine under its shim."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec

from actions.transport.accounts import Account
from actions.transport.errors import AlreadyStarted, NothingStarted, ProgramMissing
from actions.transport.local_handle import LocalHandle

_SHIM = Path(__file__).with_name("shim.py")
_START_S = 30
"""Seconds a shim may take to start a program, most of which would be a disk that cannot sync."""


class Request(msgspec.Struct, frozen=True):
    """What the shim is told through its standard input."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    umask: int
    account: Account | None


def launch(spool: Path, request: Request) -> LocalHandle:
    """Run the request under a shim outside our session; return once its start is durably written.

    Raises:
        NothingStarted: it did not start and never will.
        AlreadyStarted: the spool is another run's.
    """
    handle = LocalHandle(spool, request.argv, reattached=False)
    shim = _shim(spool)
    try:
        answer, _ = shim.communicate(json.dumps(msgspec.to_builtins(request)).encode(), timeout=_START_S)
    except subprocess.TimeoutExpired:
        if not handle.give_up():
            return handle
        raise NothingStarted(
            f"{request.argv[0]} did not start within {_START_S} s.", f"Is the disk of {spool} overloaded or ill?"
        ) from None
    _check(answer.decode("utf-8", "replace"), request.argv[0], handle)
    return handle


def our_umask() -> int:
    """Return our umask; asking os.umask would change it for all threads."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def _shim(spool: Path) -> subprocess.Popen[bytes]:
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (spool / "shim.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SHIM), str(spool)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
    except OSError as error:
        raise NothingStarted(
            f"{spool} cannot be used: {error.strerror}.", "Make room or correct its permissions."
        ) from error


def _check(answer: str, program: str, handle: LocalHandle) -> None:
    if answer == "started":
        return
    if answer == "taken":
        raise AlreadyStarted(f"{program} was already started, or given up, by somebody else.", "Attach to it instead.")
    if answer.startswith("cannot run"):
        raise ProgramMissing(f"{program} did not start: {answer}.", "Correct its path or its permissions.")
    if not answer and not handle.give_up():
        return  # the shim died after the start was written: the spool tells what became of the program
    raise NothingStarted(
        f"{program} did not start: {answer or 'its shim ended'}.", f"See {handle.log} on this machine."
    )
