"""A lab's two sites: their network, a host at each that is reached by SSH, and the switch that cuts its port."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec

from cleo_console.lab.account import Account
from cleo_console.lab.service import HOST, Instance, ServiceStatus
from cleo_console.lab.sites import network
from cleo_console.lab.station import DR, OUTSIDE, PRIMARY, Station, station_of
from cleo_console.lab.workspace import TAG, Workspace
from journal.errors import CleoError

NAME, FAULTY = "sites", "site"
"""Its folder, and what is broken: the primary site."""
BASTION, OTHER = "bastion", "db2"
"""This machine, from which ports are cut, and the DR site's host."""
_READY_S = 10.0
_SSHD = """\
Port 22
ListenAddress {address}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/user_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv SHLVL=2 {tag}={folder}
"""
_PORT = """\
#!/bin/sh
# port.sh cut|open|state HOST: the switch port of a host, at the bridge between the sites.
set -eu
case "$2" in {ports} *) echo "no such host: $2" >&2; exit 2 ;; esac
case "$1" in
cut) ip link set dev "$port" down ;;
open) ip link set dev "$port" up ;;
state)
    flags=$(cat "/sys/class/net/$port/flags")
    if [ $((flags & 1)) -eq 0 ]; then said=cut; else said=open; fi
    echo "the port of $2 ($port) is $said" ;;
*) echo "cut, open or state" >&2; exit 2 ;;
esac
"""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a lab remembers of its sites.

    Attributes:
        net: the first three numbers of their addresses.
    """

    net: str


def choose() -> Chosen:
    """Choose addresses.

    Raises:
        CleoError: two sites cannot be made here.
    """
    network.require()
    return Chosen(net=network.free_net())


def fence_commands(lab: Path, host: str) -> dict[str, Any]:
    """What an inventory says of cutting the port of a host."""
    switch = ["sh", str(lab / NAME / "bin" / "port.sh")]
    return {
        "host": BASTION,
        "fence": [*switch, "cut", host],
        "state": [*switch, "state", host],
        "fenced_says": "is cut",
        "unfence": [*switch, "open", host],
    }


def fence_of(instance: Instance, lab: Path) -> dict[str, Any]:
    """What cuts a server off from outside, where it is at one of two sites: its host's port at the switch."""
    station = station_of(instance)
    return {"fence": {"network": fence_commands(lab, station.host)}} if station.namespace else {}


class Sites:
    """The sites of one lab.

    Args:
        lab: the lab's folder.
        chosen: their addresses.
    """

    def __init__(self, lab: Path, chosen: Chosen) -> None:
        self.lab, self.chosen = lab, chosen
        self.workspace = Workspace(lab, NAME, Account("", os.geteuid(), os.getegid()))

    @property
    def stations(self) -> dict[str, Station]:
        """Each site's station, and this machine as they see it."""
        mark, net = network.mark_of(self.lab), self.chosen.net
        reach = f"{net}.0/24"
        return {
            PRIMARY: Station(
                host=HOST, address=f"{net}.11", namespace=f"{mark}a", network=reach, repository=f"{net}.12"
            ),
            DR: Station(host=OTHER, address=f"{net}.12", namespace=f"{mark}b", network=reach, repository=f"{net}.12"),
            OUTSIDE: Station(host=BASTION, address=f"{net}.1", network=reach),
        }

    @property
    def ends(self) -> dict[str, Station]:
        """The two sites alone."""
        return {name: one for name, one in self.stations.items() if one.namespace}

    @property
    def switch(self) -> Path:
        """What cuts the port of a host."""
        return self.workspace.directory / "bin" / "port.sh"

    def make(self) -> None:
        """Make keys and scripts, and start both sites."""
        self.workspace.make()
        keys = ["user_key", *(f"{one.host}/host_key" for one in self.ends.values())]
        for each in keys:
            path = self.workspace.directory / each
            path.parent.mkdir(exist_ok=True)
            self.workspace.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)])
        known = [f"{one.address} {self._public(one.host)}" for one in self.ends.values()]
        self._known_hosts.write_text("\n".join(known) + "\n")
        ports = " ".join(f"{one.host}) port={one.namespace} ;;" for one in self.ends.values())
        self.switch.write_text(_PORT.format(ports=ports))
        for one in self.ends.values():
            folder = self.workspace.directory / one.host
            (folder / "user_key.pub").write_text(self._key.with_suffix(".pub").read_text())
            (folder / "sshd_config").write_text(_SSHD.format(address=one.address, folder=folder, tag=TAG))
        self.start()

    def start(self) -> None:
        """Bring the network up, and start the SSH server of each site that has none.

        Raises:
            CleoError: it cannot be made, or a server does not answer.
        """
        network.bring_up(self.lab, self.chosen.net, {one.namespace: one.address for one in self.ends.values()})
        Path("/run/sshd").mkdir(exist_ok=True)
        for one in self.ends.values():
            if self._sshd(one) is None:
                self._start_sshd(one)

    def stop(self) -> None:
        """End everything at the sites, and take the network down."""
        network.remove(self.lab)

    def hosts(self) -> dict[str, dict[str, Any]]:
        """Return the inventory's hosts: one at each site by SSH, and this machine."""
        by_ssh = {
            one.host: {
                "via": "ssh",
                "host": one.address,
                "user": "root",
                "key": str(self._key),
                "known_hosts": str(self._known_hosts),
                "spool": str(self.workspace.directory / one.host / "spool"),
                "connect_timeout_s": 3,
                "relink_s": 5,
            }
            for one in self.ends.values()
        }
        return {**by_ssh, BASTION: {"via": "local"}}

    def status(self) -> ServiceStatus:
        """Look at both sites; nothing is changed."""
        pids = {f"sshd of {one.host}": self._sshd(one) for one in self.ends.values()}
        lines = [("sites", f"on the bridge {network.mark_of(self.lab)}w, this machine at {self.chosen.net}.1")]
        trouble = []
        for name, one in self.ends.items():
            lines.append(
                (f"site {name}", f"{one.host}, {one.address}; enter it: nsenter --net=/run/netns/{one.namespace}")
            )
            if not network.is_port_open(one.namespace):
                trouble.append(f"the port of {one.host} is cut at the switch")
        return ServiceStatus("sites", f"{self.chosen.net}.0/24", pids, {}, lines, trouble)

    @property
    def _key(self) -> Path:
        return self.workspace.directory / "user_key"

    @property
    def _known_hosts(self) -> Path:
        return self.workspace.directory / "known_hosts"

    def _public(self, host: str) -> str:
        """A host's public key, as ``known_hosts`` has it."""
        words = (self.workspace.directory / host / "host_key.pub").read_text().split()
        return " ".join(words[:2])

    def _sshd(self, station: Station) -> int | None:
        """The SSH server at a site: the first process there that has its name."""
        for pid in sorted(network.processes_in(station.namespace)):
            if _words(pid).startswith(("/usr/sbin/sshd", "sshd: /usr/sbin/sshd")):
                return pid
        return None

    def _start_sshd(self, station: Station) -> None:
        config, log = self.workspace.directory / station.host / "sshd_config", self.workspace.log(station.host)
        argv, _ = station.inside(["setsid", "--fork", "/usr/sbin/sshd", "-D", "-e", "-f", str(config)], self._account)
        with log.open("ab") as output:
            subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True, env=self.workspace.environment
            )
        until = time.monotonic() + _READY_S
        while not _is_ssh(station.address):
            if time.monotonic() > until:
                raise CleoError(
                    f"The SSH server of {station.host} does not answer at {station.address}.", f"See {log}."
                )
            time.sleep(0.05)

    @property
    def _account(self) -> Account:
        return self.workspace.account


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _is_ssh(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=1) as link:
            return link.recv(4) == b"SSH-"
    except OSError:
        return False
