"""Transport for programs on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from actions.transport.accounts import Account, environment, other_account
from actions.transport.base import Transport
from actions.transport.errors import DeadlineExceeded, FileMissing, FileTrouble, ProgramMissing
from actions.transport.launch import Request, launch, our_umask
from actions.transport.local_handle import LocalHandle
from actions.transport.program import Completed
from actions.transport.switching import refused, switch
from journal.store.whole_file import replace_whole


class LocalTransport(Transport):
    """This machine.

    Args:
        passed: names of our variables that programs get beside the harmless ones.
    """

    name = "local"
    address = "this machine"

    def __init__(self, passed: Sequence[str] = ()) -> None:
        self._passed = frozenset(passed)

    def host_identity(self) -> dict[str, str]:
        """See ``Transport``."""
        identity = {"hostname": socket.gethostname()}
        try:
            identity["machine_id"] = Path("/etc/machine-id").read_text().strip()
        except OSError:
            return identity  # a container may have none
        return identity

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        user: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """See ``Transport``."""
        account = other_account(user)
        variables = environment(account, env, self._passed)
        _find(argv[0], variables)
        begin = time.monotonic()
        process = _popen(argv, variables, account)
        try:
            out, err = process.communicate(stdin or b"", timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            raise DeadlineExceeded(
                f"{argv[0]} did not answer within {timeout_s:g} s and was ended.",
                "Look at what it asked, or try again.",
            ) from None
        if account and (why := refused(process.returncode, err)):
            raise _cannot_run(argv[0], why)
        return Completed(
            argv=list(argv),
            code=process.returncode,
            out=out.decode("utf-8", "replace"),
            err=err.decode("utf-8", "replace"),
            duration_s=time.monotonic() - begin,
        )

    def place_spool(self, incident_dir: Path, key: str) -> str:
        """See ``Transport``."""
        return str(incident_dir / "spool" / key)

    def start(
        self,
        spool: str | PurePath,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        cwd: str = "/",
    ) -> LocalHandle:
        """See ``Transport``."""
        account = other_account(user)
        variables = environment(account, env, self._passed)
        _find(argv[0], variables)
        folder = Path(spool).absolute()
        return launch(folder, Request(list(argv), variables, cwd, our_umask(), account))

    def attach(self, spool: str | PurePath, argv: Sequence[str] = ()) -> LocalHandle:
        """See ``Transport``."""
        return LocalHandle(Path(spool).absolute(), argv, reattached=True)

    def read_file(self, path: str | PurePath) -> bytes:
        """See ``Transport``."""
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            raise FileMissing(f"There is no file {path} on this machine.") from None
        except OSError as error:
            raise FileTrouble(f"{path} cannot be read: {error.strerror}.") from error

    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """See ``Transport``."""
        try:
            replace_whole(Path(path), data, mode)
        except OSError as error:
            raise FileTrouble(f"{path} cannot be written: {error.strerror}.") from error


def _find(program: str, variables: Mapping[str, str]) -> None:
    if shutil.which(program, path=variables["PATH"]) is None:
        raise ProgramMissing(
            f"There is no program {program} on this machine.", "Install it, or correct its path in the inventory."
        )


def _popen(argv: Sequence[str], variables: Mapping[str, str], account: Account | None) -> subprocess.Popen[bytes]:
    command, identity = switch(argv, account)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=variables,
            start_new_session=True,
            **identity,
        )
    except OSError as error:
        raise _cannot_run(argv[0], error.strerror or str(error)) from error


def _cannot_run(program: str, why: str) -> ProgramMissing:
    return ProgramMissing(f"{program} cannot be run: {why}.", "Correct its path or its permissions.")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a query with its children. It is our own unreaped child: its id cannot have been recycled."""
    os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()
    process.wait()
