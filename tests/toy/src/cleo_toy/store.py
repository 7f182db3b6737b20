"""The toy itself: a key-value store on TCP that keeps everything in one file. Standard library only, run by path.

    store.py serve FOLDER PORT       serve until SIGTERM
    store.py start FOLDER PORT       start a server in a session of its own, and wait until it serves
    store.py stop FOLDER             end the server, and wait until it is gone
    store.py look FOLDER             print what lies there and who serves it, as JSON
    store.py copy FOLDER COPIES      copy the data; prints the copy's label
    store.py copies FOLDER COPIES    print the copies, oldest first, as JSON
    store.py keep FOLDER NAME        put the data aside as NAME, unless that is there already
    store.py restore FOLDER COPY BY  put a copy in the data's place, and note for which incident

A request is one line of JSON, ``{"token": …, "do": "get" | "set" | "status" | "all",
"with": {"key": …, "value": …}}``, and so is the answer.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DATA, LOCK, READ_ONLY, TOKEN = "data.json", "lock", "read-only", "token"
START_S = STOP_S = 10.0


class Refused(Exception):
    """What was asked cannot be done; the text says why."""


def digest(entries: dict[str, str]) -> str:
    """Return the sha256 of the entries."""
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()


def create(folder: Path, token: str) -> None:
    """Make an empty store."""
    import uuid

    folder.mkdir(parents=True)
    secret = folder / TOKEN
    secret.touch(0o600)
    secret.write_text(token)
    save(folder / DATA, {"id": uuid.uuid4().hex, "serial": 0, "newest": "", "entries": {}})


def save(path: Path, data: dict[str, Any]) -> None:
    """Write data with its digest, whole or not at all."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump({**data, "digest": digest(data["entries"])}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Return the data of a file.

    Raises:
        Refused: it is missing or damaged.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        sound = data["digest"] == digest(data["entries"])
    except FileNotFoundError:
        raise Refused("missing") from None
    except (ValueError, KeyError, TypeError, OSError):
        sound = False
    if not sound:
        raise Refused("damaged")
    return data


def server_pid(folder: Path) -> int | None:
    """Return who serves the folder: whoever the kernel says holds its lock, whatever the file says."""
    try:
        inode = (folder / LOCK).stat().st_ino
    except FileNotFoundError:
        return None
    held = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "FLOCK" in line]
    return next((int(words[4]) for words in held if words[5].endswith(f":{inode}")), None)


def look(folder: Path) -> dict[str, Any]:
    """Return what lies there and who serves it."""
    found: dict[str, Any] = {"pid": server_pid(folder), "read_only": (folder / READ_ONLY).exists()}
    found["kept"] = sorted(path.name for path in folder.glob("kept-*") if path.suffix != ".new")
    try:
        data = load(folder / DATA)
    except Refused as error:
        return {**found, "data": str(error)}
    known = {name: data[name] for name in ("id", "serial", "newest")}
    return {
        **found,
        **known,
        "data": "whole",
        **{name: data.get(name, "") for name in ("restored_from", "restored_by")},
    }


class Store:
    """What a server knows, and what it does with a request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = (folder / TOKEN).read_text().strip()
        self.data = load(folder / DATA)
        self.lock = threading.Lock()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Return the answer to one request."""
        try:
            asked = json.loads(line)
            if asked.get("token") != self.token:
                raise Refused(f"wrong token {asked.get('token')}")  # as careless as many a server: a log then shows it
            with self.lock:
                return {"ok": True, **getattr(self, f"do_{asked['do']}")(**asked.get("with", {}))}
        except (Refused, ValueError, KeyError, AttributeError, TypeError, OSError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    def do_status(self) -> dict[str, Any]:
        """Tell who this is and how it stands."""
        damaged = not (self.folder / DATA).exists()
        known = {name: self.data[name] for name in ("id", "serial", "newest")}
        read_only = (self.folder / READ_ONLY).exists()
        return {**known, "pid": os.getpid(), "now": now(), "read_only": read_only, "file_gone": damaged}

    def do_get(self, key: str) -> dict[str, Any]:
        """Return one value."""
        return {"value": self.data["entries"].get(key)}

    def do_all(self) -> dict[str, Any]:
        """Return everything."""
        return {"entries": self.data["entries"]}

    def do_set(self, key: str, value: str) -> dict[str, Any]:
        """Write one value down, durably."""
        if (self.folder / READ_ONLY).exists():
            raise Refused("read-only: no writers")
        entries = {**self.data["entries"], key: value}
        data = {**self.data, "serial": self.data["serial"] + 1, "newest": now(), "entries": entries}
        save(self.folder / DATA, data)
        self.data = data
        return {"serial": data["serial"]}


def now() -> str:
    """Return this moment."""
    return datetime.now(UTC).isoformat()


def serve(folder: Path, port: int) -> None:
    """Serve until SIGTERM."""
    import signal
    import socketserver

    lock = (folder / LOCK).open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    store = Store(folder)

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(json.dumps(store.answer(line)).encode() + b"\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", port), Connection) as server:
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(0.05)


def start(folder: Path, port: int) -> None:
    """Start a server, and wait until it serves."""
    import subprocess

    with (folder / "log").open("ab") as log:
        argv = [sys.executable, "-IS", __file__, "serve", str(folder), str(port)]
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    wait_until(lambda: _serves(folder, child.pid) or child.poll() is not None, START_S, "it does not start")
    if child.poll() is not None:
        raise Refused(f"it ended at once: {(folder / 'log').read_text().splitlines()[-1]}")


def _serves(folder: Path, pid: int) -> bool:
    """Whether a server has bound its port: it then writes its pid into its lock."""
    return (folder / LOCK).exists() and (folder / LOCK).read_text() == str(pid)


def stop(folder: Path) -> None:
    """End the server, and wait until it is gone."""
    pid = server_pid(folder)
    if pid:
        os.kill(pid, 15)
        wait_until(lambda: server_pid(folder) is None, STOP_S, f"process {pid} does not end")


def wait_until(reached: Any, seconds: float, otherwise: str) -> None:
    """Wait for a state."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise Refused(otherwise)
        time.sleep(0.02)


def copy(folder: Path, copies: Path) -> str:
    """Copy the data, and return the copy's label."""
    data = load(folder / DATA)
    (copies / "marks").mkdir(parents=True, exist_ok=True)
    label = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{data['serial']}"
    save(copies / f"{label}.json", {**data, "ended": now()})
    return label


def list_copies(copies: Path) -> list[dict[str, Any]]:
    """Return the copies, oldest first."""
    return sorted((_copy(path) for path in copies.glob("*.json")), key=lambda found: str(found["label"]))


def _copy(path: Path) -> dict[str, Any]:
    try:
        data = load(path)
    except Refused as error:
        return {"label": path.stem, "error": str(error)}
    return {"label": path.stem, "error": "", **{name: data[name] for name in ("ended", "newest", "serial", "id")}}


def keep(folder: Path, name: str) -> None:
    """Put the data aside; what was put aside first stays."""
    if (folder / DATA).exists() and not (folder / name).exists():
        (folder / f"{name}.new").write_bytes((folder / DATA).read_bytes())
        (folder / f"{name}.new").rename(folder / name)


def restore(folder: Path, source: Path, by: str) -> None:
    """Put a copy in the data's place."""
    data = load(source)
    del data["ended"]
    save(folder / DATA, {**data, "restored_from": source.stem, "restored_by": by})


def main(argv: list[str]) -> None:
    """Do what the first word says."""
    what, folder = argv[0], Path(argv[1])
    if what == "serve":
        serve(folder, int(argv[2]))
    elif what == "start":
        start(folder, int(argv[2]))
    elif what == "stop":
        stop(folder)
    elif what == "look":
        print(json.dumps(look(folder)))
    elif what == "copy":
        print(copy(folder, Path(argv[2])))
    elif what == "copies":
        print(json.dumps(list_copies(Path(argv[2]))))
    elif what == "keep":
        keep(folder, argv[2])
    elif what == "restore":
        restore(folder, Path(argv[2]), argv[3])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as refused:
        sys.exit(str(refused))
