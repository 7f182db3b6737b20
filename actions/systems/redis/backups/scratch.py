"""Loads one backup into a server of its own and counts its keys: ``python -m …redis.backups.scratch ORDER``.

The server listens on a socket in a private folder and nowhere else, follows nobody, saves nothing, and dies with this
program; the folder is removed at the end, and what an earlier one left before. It prints one JSON object: what was
loaded (`Loaded`). Exit status 1: it could not be loaded, with the reason on standard error.
"""

from __future__ import annotations

import ctypes
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE, Loaded, ScratchOrder
from actions.systems.redis.config import databases
from journal.errors import CleoError

_PAUSE_S = 0.05
_PR_SET_PDEATHSIG = 1


class NotLoaded(CleoError):
    """A backup could not be loaded."""


def main(order: str) -> int:
    """Load what ``order`` (a `ScratchOrder` in JSON) says; return the exit status."""
    wanted = msgspec.json.decode(order, type=ScratchOrder)
    folder = Path(wanted.folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
        begun = time.monotonic()
        _copy(wanted, folder)
        loaded = _load(wanted, folder, begun)
    except (CleoError, OSError) as error:
        print(str(error), file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(msgspec.json.encode(loaded).decode(), flush=True)
    return 0


def _copy(wanted: ScratchOrder, folder: Path) -> None:
    """Copy the backup's data, and give all of it to the server's account."""
    source = Path(wanted.source)
    if wanted.kind == "rdb":
        shutil.copyfile(source, folder / RDB_FILE)
    else:
        shutil.copytree(source, folder / AOF_FOLDER)
    if wanted.run_as:
        account = pwd.getpwnam(wanted.run_as)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, account.pw_uid, account.pw_gid)


def _load(wanted: ScratchOrder, folder: Path, begun: float) -> Loaded:
    """Start the server, and return what it has once it has loaded all of it."""
    socket, log = folder / "socket", folder / "log"
    append = "yes" if wanted.kind == "aof" else "no"
    argv = [wanted.program, "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    argv += ["--appendonly", append, "--logfile", str(log), "--maxmemory", "0", "--daemonize", "no"]
    argv += ["--appendfilename", wanted.aof_name, "--appenddirname", AOF_FOLDER, "--dbfilename", RDB_FILE]
    with subprocess.Popen(
        argv, cwd=folder, user=wanted.run_as or None, preexec_fn=_dies_with_us
    ) as server:  # one thread
        try:
            return _counted(wanted, server, socket, log, begun)
        finally:
            server.kill()


def _dies_with_us() -> None:
    """Have the kernel end the server when this program ends, however that does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _counted(wanted: ScratchOrder, server: subprocess.Popen[bytes], socket: Path, log: Path, begun: float) -> Loaded:
    from redis import BusyLoadingError, ConnectionError, Redis

    client = Redis(unix_socket_path=str(socket), decode_responses=True, socket_timeout=60)
    while True:
        if server.poll() is not None:
            said = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
            raise NotLoaded(f"The server ended while it loaded the backup: {' '.join(said)}")
        try:
            info: Any = client.info("everything")
            if not info.get("loading"):
                break
        except (BusyLoadingError, ConnectionError):
            pass
        time.sleep(_PAUSE_S)
    seconds = time.monotonic() - begun
    beat: Any = client.get(wanted.heartbeat) if wanted.heartbeat else None
    return Loaded(
        databases=databases(info),
        loaded=int(info.get("rdb_last_load_keys_loaded", 0)),
        load_expired=int(info.get("rdb_last_load_keys_expired", 0)),
        expired=int(info.get("expired_keys", 0)),
        newest_write=str(beat) if beat else "",
        seconds=round(seconds, 2),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
