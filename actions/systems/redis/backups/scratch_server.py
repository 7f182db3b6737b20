"""A server of its own on a backup's data, for as long as a program looks at it.

It listens on a socket in a private folder and nowhere else, follows nobody, saves nothing, and dies with the program;
the folder is removed at the end, and what an earlier one left before.
"""

from __future__ import annotations

import ctypes
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.backups.repository.bring import fetch_files
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE, ScratchOrder
from journal.errors import CleoError

if TYPE_CHECKING:
    from redis import Redis

_PAUSE_S = 0.05
_PR_SET_PDEATHSIG = 1


class NotLoaded(CleoError):
    """A backup could not be loaded."""


@contextmanager
def scratch_server(wanted: ScratchOrder) -> Iterator[tuple[Redis, Any, float]]:
    """Copy a backup, start a server on it, and yield a session once it has loaded all of it.

    Yields:
        The session; what INFO said as it had loaded; the seconds from the copy's beginning to there.

    Raises:
        CleoError: the server cannot load it, or it cannot be brought here.
        OSError: it cannot be copied.
    """
    folder = Path(wanted.folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
        begun = time.monotonic()
        _copy(wanted, folder)
        with _started(wanted, folder) as server:
            client, info = _loaded(server, folder)
            yield client, info, time.monotonic() - begun
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(wanted: ScratchOrder, folder: Path) -> None:
    """Copy the backup's data, and give all of it to the server's account."""
    source = Path(wanted.source)
    if wanted.bring:
        fetch_files(wanted.bring, Path(wanted.bring.to))
    elif wanted.kind == "rdb":
        shutil.copyfile(source, folder / RDB_FILE)
    else:
        shutil.copytree(source, folder / AOF_FOLDER)
    if wanted.run_as:
        account = pwd.getpwnam(wanted.run_as)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, account.pw_uid, account.pw_gid)


def scratch_line(program: str, folder: str, *, aof: str, daemon: bool = False) -> list[str]:
    """Return what starts a server on the data in a folder.

    Args:
        program: the server's program.
        folder: holds the RDB file, or the append-only directory; its socket and its log come beside them.
        aof: what the append-only files' names begin with; empty: there are none.
        daemon: it goes on behind the command's end.
    """
    argv = [program, "--port", "0", "--unixsocket", f"{folder}/socket", "--dir", folder, "--save", ""]
    argv += ["--appendonly", "yes" if aof else "no", "--logfile", f"{folder}/log", "--maxmemory", "0"]
    argv += ["--daemonize", "yes" if daemon else "no", "--dbfilename", RDB_FILE]
    return [*argv, *(["--appendfilename", aof, "--appenddirname", AOF_FOLDER] if aof else [])]


@contextmanager
def _started(wanted: ScratchOrder, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = scratch_line(wanted.program, wanted.folder, aof=_aof_name(folder) if wanted.kind == "aof" else "")
    with subprocess.Popen(
        argv, cwd=folder, user=wanted.run_as or None, preexec_fn=_dies_with_us
    ) as server:  # one thread
        try:
            yield server
        finally:
            server.kill()


def _aof_name(folder: Path) -> str:
    """Return what the names of the append-only files begin with, by their manifest's own."""
    return next((path.stem for path in (folder / AOF_FOLDER).glob("*.manifest")), "appendonly.aof")


def _dies_with_us() -> None:
    """Have the kernel end the server when this program ends, however that does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _loaded(server: subprocess.Popen[bytes], folder: Path) -> tuple[Redis, Any]:
    from redis import BusyLoadingError, ConnectionError, Redis

    log = folder / "log"
    client = Redis(unix_socket_path=str(folder / "socket"), decode_responses=True, socket_timeout=60)
    while True:
        if server.poll() is not None:
            said = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
            raise NotLoaded(f"The server ended while it loaded the backup: {' '.join(said)}")
        try:
            info: Any = client.info("everything")
            if not info.get("loading"):
                return client, info
        except (BusyLoadingError, ConnectionError):
            pass
        time.sleep(_PAUSE_S)
