"""A real sshd on loopback, for tests: with keys of its own, and ways to cut or freeze its connections."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.transport import SshHost

_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/user_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv SHLVL=2
"""
"""`SHLVL`: else bash reads `.bashrc` at each command, which on a developer's machine may start thirty programs."""


class Sshd:
    """One sshd that lets accounts in with ``key``: run as root any account, else the one that runs it.

    Args:
        folder: where its keys, its log and its spools are.
        account: who runs it; empty for our own account.
    """

    def __init__(self, folder: Path, account: str = "") -> None:
        self.folder, self.port = folder, _free_port()
        self.account = account or pwd.getpwuid(os.geteuid()).pw_name
        self.key, self.known_hosts, self.spool = folder / "user_key", folder / "known_hosts", folder / "spool"
        self._server: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []
        folder.mkdir(parents=True, exist_ok=True)
        _make_key(folder / "host_key")
        _make_key(self.key)
        algorithm, public, *_ = (folder / "host_key.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {algorithm} {public}\n")
        (folder / "sshd_config").write_text(_CONFIG.format(port=self.port, folder=folder))

    def host(self, *, user: str = "", relink_s: float = 15, known_hosts: Path | None = None) -> SshHost:
        """Return the inventory's entry for it."""
        return SshHost(
            host="127.0.0.1",
            port=self.port,
            user=user or self.account,
            key=str(self.key),
            known_hosts=str(known_hosts or self.known_hosts),
            spool=str(self.spool),
            connect_timeout_s=5,
            relink_s=relink_s,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with (self.folder / "sshd.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "sshd_config"],
                stdin=subprocess.DEVNULL,
                stderr=log,
                **self._switch(),
            )
        deadline = time.monotonic() + 10
        while not _answers(self.port):
            assert self._server.poll() is None, (self.folder / "sshd.log").read_text()
            assert time.monotonic() < deadline, "sshd does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and all its connections; what runs under the shim stays."""
        self.cut()
        self._stop_listening()

    def cut(self) -> None:
        """End all connections, and accept new ones."""
        for pid in self._sessions():
            _signal(pid, signal.SIGKILL)

    def freeze(self, *, whole: bool = False) -> None:
        """Stop the connections' processes in their tracks: the peer neither answers nor hangs up.

        Args:
            whole: the listening process as well, so that new connections find no answer.
        """
        listener = [self._server.pid] if whole and self._server else []
        self._frozen = self._sessions() + listener
        for pid in self._frozen:
            _signal(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in self._frozen:
            _signal(pid, signal.SIGCONT)
        self._frozen = []

    def _switch(self) -> dict[str, Any]:
        """Hand the folder over to the account that is to run it, and say so to Popen."""
        entry = pwd.getpwnam(self.account)
        if entry.pw_uid == os.geteuid():
            return {}
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _stop_listening(self) -> None:
        if self._server:
            self.thaw()
            self._server.kill()
            self._server.wait()
            self._server = None

    def _sessions(self) -> list[int]:
        return _sshd_below(self._server.pid) if self._server else []


@contextmanager
def running_sshd(folder: Path, account: str = "") -> Iterator[Sshd]:
    """Run an sshd while the block runs."""
    server = Sshd(folder, account)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _sshd_below(parent: int) -> list[int]:
    """Return the sshd processes that descend from ``parent``; the programs they run are left out."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it went while we looked
        return []
    ours = [int(pid) for pid in children if _name(int(pid)).startswith("sshd")]
    return ours + [deeper for pid in ours for deeper in _sshd_below(pid)]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _make_key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
