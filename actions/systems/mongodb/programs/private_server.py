"""A mongod that nobody else reaches: it listens on a socket in a folder of ours alone, on no port.

It belongs to no replica set, so that nothing is written twice, and asks for no password: who may enter the folder may
do everything. Nothing expires in it (``ttlMonitorEnabled``). It ends with the program that started it.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from pymongo import MongoClient

_START_S = 600.0
_STOP_S = 600.0
_POLL_S = 0.05
_PR_SET_PDEATHSIG = 1
_PORT = "27017"
"""Only the name of its second socket: it listens on no port."""
SOCKET = "mongod.sock"
"""The socket that it listens on, in its folder."""
_WORDS = 2000
"""Characters of its log that are repeated where it does not start."""


class DoesNotRun(Exception):
    """The server did not start, or ended by itself; what it said last is in the message."""


class PrivateServer:
    """A running one.

    Attributes:
        address: a connection string that leads to it; ``socket``: the socket that it listens on.
        log: the file it writes to.
    """

    def __init__(self, socket: Path, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.socket = socket
        self.address = f"mongodb://{quote(str(socket), safe='')}"
        self.log = log
        self._process = process

    def client(self, **more: Any) -> MongoClient[Any]:
        """Return a new client of it; documents come back as they lie there."""
        from pymongo import MongoClient

        return MongoClient(self.address, directConnection=True, serverSelectionTimeoutMS=30_000, **more)

    def stop(self) -> None:
        """Have it write everything down and end.

        Raises:
            DoesNotRun: it did not end as it should.
        """
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            raise DoesNotRun(f"mongod did not end in {_STOP_S:.0f} s.") from None
        if code != 0:
            raise DoesNotRun(f"mongod ended with exit status {code}: {last_words(self.log)}")

    def require_alive(self) -> None:
        """Raise where it has ended."""
        if (code := self._process.poll()) is not None:
            raise DoesNotRun(f"mongod ended with exit status {code}: {last_words(self.log)}")


def private_line(mongod: str, dbpath: str, log: str, folder: str, options: Sequence[str] = ()) -> list[str]:
    """Return what starts such a server, whose sockets lie in a folder."""
    argv = [mongod, "--dbpath", dbpath, "--bind_ip", f"{folder}/{SOCKET}", "--port", _PORT]
    argv += ["--unixSocketPrefix", folder, "--logpath", log, "--setParameter", "ttlMonitorEnabled=false"]
    return [*argv, "--setParameter", "diagnosticDataCollectionEnabled=false", *options]


@contextmanager
def private_server(mongod: str, dbpath: Path, log: Path, options: Sequence[str] = ()) -> Iterator[PrivateServer]:
    """Run a server for the length of the block, which may stop it before that.

    Args:
        mongod: the program.
        dbpath: its data directory; it must be there.
        log: the file it writes to.
        options: further options: those that its files' form depends on.

    Raises:
        DoesNotRun: it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="cleo-mongod-"))
    socket = folder / SOCKET
    argv = private_line(mongod, str(dbpath), str(log), str(folder), options)
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=_end_with_us)
    server = PrivateServer(socket, log, process)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_us() -> None:
    """Have the kernel end the child when the thread that started it ends (see prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(server: PrivateServer) -> None:
    from pymongo.errors import PyMongoError

    end = time.monotonic() + _START_S
    while True:
        server.require_alive()
        try:
            with server.client(connectTimeoutMS=2000) as client:
                client.admin.command("ping")
            return
        except PyMongoError as error:
            if time.monotonic() > end:
                raise DoesNotRun(f"mongod did not answer in {_START_S:.0f} s: {error}") from error
        time.sleep(_POLL_S)


def last_words(log: Path) -> str:
    """Return the last errors of a server's log, else its last line."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it wrote no log"
    bad = [line for line in lines if '"s":"F"' in line or '"s":"E"' in line]
    return (bad or lines or ["it wrote no log"])[-1][-_WORDS:]
