"""A real object store: one monitor and one disk of Ceph on loopback, and a gateway, in a folder."""

from __future__ import annotations

import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from uuid import uuid4

from cleo_console.lab import processes
from cleo_console.lab.ports import free_port
from cleo_console.lab.workspace import SYSTEM_PATH, Workspace
from journal.errors import CleoError

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd")
PROGRAMS = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool")
SERVERS: Mapping[str, Signals] = {"radosgw": SIGKILL, "ceph-osd": SIGKILL, "ceph-mon": SIGTERM}
"""What serves it, in the order in which it ends: a gateway and a disk without their monitor would wait for it. What a
kill leaves they mend by themselves."""

_READY_S = 60.0
_CONFIG = Path(__file__).with_name("ceph.conf")


def require_programs() -> None:
    """Make sure that Ceph's programs are here.

    Raises:
        CleoError: one is missing; it says how to install it.
    """
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=path)]:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise CleoError(
            f"An object store needs programs that are not installed: {', '.join(missing)}.",
            f"Install them: {sudo}apt-get install --no-install-recommends {' '.join(PACKAGES)}\n"
            "Or leave --s3 out: the second place is a folder then.",
        )


def choose_ports() -> dict[str, int]:
    """Choose the ports of a store that is to be made."""
    return {name: free_port() for name in ("monitor", "monitor_v1", "gateway")}


class Rgw:
    """One store.

    Args:
        workspace: its folder, for what runs there.
        ports: as `choose_ports` chose them.
        address: where its gateway listens.
    """

    def __init__(self, workspace: Workspace, ports: Mapping[str, int], address: str) -> None:
        self._workspace, self._ports, self._address = workspace, ports, address
        self._folder, self._config = workspace.directory, str(workspace.directory / "ceph.conf")

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://{self._address}:{self._ports['gateway']}"

    @property
    def pids(self) -> dict[str, int | None]:
        """Its processes by their programs' names; None: does not run."""
        found = {each.program: each.pid for each in processes.lab_processes(self._folder)}
        return {name: found.get(name) for name in SERVERS}

    def make(self) -> None:
        """Make its disk and its monitor, start it, and wait until it answers.

        Raises:
            CleoError: a program failed.
        """
        self._workspace.make(["mon", "osd", "rgw"])
        name, disk, ports = str(uuid4()), str(uuid4()), self._ports
        text = _CONFIG.read_text(encoding="utf-8").format(
            fsid=name, folder=self._folder, address=self._address, **ports
        )
        Path(self._config).write_text(text, encoding="utf-8")
        map_ = str(self._folder / "monmap")
        address = f"[v2:127.0.0.1:{ports['monitor']},v1:127.0.0.1:{ports['monitor_v1']}]"
        run = self._workspace.run
        run(["monmaptool", "--create", "--fsid", name, "--addv", "a", address, map_])
        run(["ceph-mon", "-c", self._config, "-i", "a", "--mkfs", "--monmap", map_])
        self._spawn("ceph-mon", "-i", "a")
        run(["ceph", "-c", self._config, "osd", "new", disk])
        run(["ceph-osd", "-c", self._config, "-i", "0", "--mkfs", "--osd-uuid", disk])
        self.start()

    def start(self) -> None:
        """Start what of it does not run, and wait until it answers.

        Raises:
            CleoError: it does not.
        """
        words = {"ceph-mon": ("-i", "a"), "ceph-osd": ("-i", "0"), "radosgw": ("-n", "client.rgw")}
        runs = self.pids
        for program in words:
            if runs[program] is None:
                self._spawn(program, *words[program])
        self._wait()

    def stop(self) -> None:
        """End it, a part after the other.

        Raises:
            CleoError: a process cannot be ended.
        """
        for program, ends in SERVERS.items():
            for process in processes.lab_processes(self._folder):
                if process.program == program:
                    processes.signal_process(process, ends, self._folder)
        processes.kill_processes(self._folder)

    def add_user(self, name: str, key: str, secret: str) -> None:
        """Let somebody in, who owns what they make."""
        words = ["--uid", name, "--display-name", name, "--access-key", key, "--secret-key", secret]
        self._workspace.run(["radosgw-admin", "-c", self._config, "user", "create", *words])

    def _spawn(self, program: str, *words: str) -> None:
        self._workspace.spawn([program, "-f", "-c", self._config, *words], self._workspace.log(f"{program}.out"))

    def _wait(self) -> None:
        end = time.monotonic() + _READY_S
        while not self._answers():
            if time.monotonic() > end:
                down = [name for name, pid in self.pids.items() if pid is None]
                why = f"{', '.join(down)} ended" if down else "it is still starting"
                logs = self._folder / "log"
                raise CleoError(f"The object store does not answer after {_READY_S:.0f} s: {why}.", f"See {logs}.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=5).read()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True
