"""One cluster of a lab: its folder, what it is called on the network, its addresses, and its manifests."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from actions.systems.kubernetes.by_hand import FOLDER
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.settings import KubernetesSettings, Registry
from cleo_console.lab.account import Account
from cleo_console.lab.workspace import Workspace

NAMESPACE = "cleoai"
REGISTRY = "registry.lab"
_BUNDLED = "registry.cleoai.example"
_SCRIPTS = Path(__file__).with_name("scripts")
_START_S, _STOP_S = 400.0, 90.0


@dataclass(frozen=True)
class Place:
    """A cluster of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        programs: the folder of the programs that were built.
        net: the first three numbers of its nodes' addresses.
        pods: the first two of its pods'.
    """

    lab: Path
    name: str
    programs: str
    net: str
    pods: str

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()))

    @property
    def folder(self) -> Path:
        """What the cluster keeps."""
        return self.workspace.directory / "cluster"

    @property
    def kubeconfig(self) -> Path:
        """How the console reaches it."""
        return self.folder / "kubeconfig"

    @property
    def manifests(self) -> Path:
        """The folder in which ``k8s/disaster-recovery/`` lies."""
        return self.workspace.directory / "manifests"

    @property
    def registry(self) -> str:
        """The registry's address."""
        return f"http://{self.net}.2:5000"

    @cached_property
    def cluster(self) -> Cluster:
        """Its API server."""
        return Cluster(self.settings)

    @property
    def settings(self) -> KubernetesSettings:
        """What an inventory says of it, but for the cluster's uid."""
        return KubernetesSettings(
            kubeconfig=str(self.kubeconfig),
            context="lab",
            namespace=NAMESPACE,
            manifests=str(self.manifests),
            registries=[Registry(name=REGISTRY, address=self.registry)],
        )

    def make(self) -> None:
        """Make the folders, and write the manifests as this cluster takes them.

        Raises:
            CleoError: the folder cannot be made.
        """
        self.workspace.make()
        self.folder.mkdir(exist_ok=True)
        said = {"NAME": network_name(self.lab, self.name), "NET": self.net, "PODS": self.pods}
        (self.folder / "env").write_text("".join(f"{key}={value}\n" for key, value in said.items()))
        self.write_manifests()

    def write_manifests(self) -> None:
        """Write the bundled manifests: with the lab's registry, and without what Kubernetes 1.20 does not have."""
        there = self.manifests / FOLDER
        there.mkdir(parents=True, exist_ok=True)
        for each in files("cleo_console.plans").joinpath(FOLDER).iterdir():
            text = each.read_text(encoding="utf-8").replace(_BUNDLED, REGISTRY)
            (there / each.name).write_text(
                re.sub(r"^apiVersion: batch/v1$", "apiVersion: batch/v1beta1", text, flags=re.M)
            )

    def start_node(self, number: int = 1) -> None:
        """Start a node, the first one with the control plane, and wait until it is ready.

        Raises:
            CleoError: it is not.
        """
        argv = ["bash", str(_SCRIPTS / "node-up.sh"), str(self.folder), self.programs, str(number)]
        self.workspace.run(argv, timeout=_START_S)

    def stop_node(self, number: int = 0) -> None:
        """End a node, or all of them; their data stay.

        Raises:
            CleoError: it cannot be ended.
        """
        argv = ["bash", str(_SCRIPTS / "node-down.sh"), str(self.folder), *([str(number)] if number else [])]
        self.workspace.run(argv, timeout=_STOP_S)

    def node(self, number: int = 1) -> str:
        """Return a node's name."""
        return f"{network_name(self.lab, self.name)}-{number}"

    def pid(self, program: str, number: int = 1) -> int | None:
        """Return the pid, as this machine has it, of a program on a node; None: it does not run."""
        argv = ["pgrep", "--ns", str(self._inside(number)), "--nslist", "pid", "-x", program[:15]]
        if not self._inside(number):
            return None
        found = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()
        return int(found[0]) if found else None

    def inside(self, argv: Sequence[str], number: int = 1) -> None:
        """Run a program in a node's namespaces, and leave it there.

        Raises:
            CleoError: it failed.
        """
        self.workspace.run(["nsenter", "-t", str(self._inside(number)), "-m", "-p", "-n", "setsid", "--fork", *argv])

    def _inside(self, number: int) -> int:
        try:
            pid = int((self.folder / f"node{number}" / "inside.pid").read_text())
        except (OSError, ValueError):
            return 0
        return pid if Path(f"/proc/{pid}").exists() else 0


def network_name(lab: Path, name: str) -> str:
    """Return how what belongs to a cluster begins on this machine's network: an interface's name is short."""
    return f"{lab_mark(lab)}{hashlib.sha256(name.encode()).hexdigest()[:1]}"


def lab_mark(lab: Path) -> str:
    """Return how what belongs to any cluster of a lab begins."""
    return f"k{hashlib.sha256(str(lab).encode()).hexdigest()[:6]}"


def remove_network(lab: Path) -> bool:
    """Remove what a lab's clusters left on the network and among the control groups; return whether there was any."""
    mark = lab_mark(lab)
    spaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout.splitlines()
    found = [line.split()[0] for line in spaces if line.startswith(mark)]
    for each in found:
        subprocess.run(["ip", "netns", "del", each], capture_output=True, check=False)
    links = [each.name for each in Path("/sys/class/net").iterdir() if each.name.startswith(mark)]
    for each in links:
        subprocess.run(["ip", "link", "del", each], capture_output=True, check=False)
    return bool(found or links)


def free_net() -> tuple[str, str]:
    """Return numbers of addresses that nothing on this machine uses: of nodes, and of pods."""
    used = subprocess.run(
        ["ip", "-4", "route", "show", "table", "all"], capture_output=True, text=True, check=False
    ).stdout
    taken = {int(each) for each in re.findall(r"\b10\.200\.(\d+)\.", used)}
    number = random.choice([n for n in range(10, 200) if n not in taken])  # two labs may be made at the same moment
    return f"10.200.{number}", f"10.{number + 50 if number < 150 else number - 140}"
