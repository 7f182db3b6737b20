"""The programs of a lab's cluster: where they lie, and how they come there.

No package has an API server, a scheduler or a kubelet. They are built once from Debian's source package of Kubernetes
1.20.2 (five minutes of two cores), and kept outside every environment, as MongoDB's server is. All others are Debian's.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from actions.account import expanded
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

BUILT = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")
PACKAGES = (
    "etcd-server",
    "containerd",
    "runc",
    "containernetworking-plugins",
    "docker-registry",
    "busybox-static",
    "iproute2",
    "openssl",
    "curl",
)
"""What the cluster needs of Debian."""
_PROGRAMS = ("etcd", "containerd", "runc", "docker-registry", "busybox", "ip", "openssl", "curl", "nsenter", "unshare")
_FOLDER = "kubernetes-1.20.2"
_INSTALL = "python -m cleo_console.lab.kubernetes.install"


def built_folder() -> Path:
    """Return where the programs that are built lie: in ``cleo`` under XDG_DATA_HOME, else under ``~/.local/share``.

    Raises:
        NoHome: neither is there.
    """
    data = os.environ.get("XDG_DATA_HOME")
    parent = Path(data) if data else expanded("~/.local/share", "Set XDG_DATA_HOME to a folder for programs.")
    return parent / "cleo" / _FOLDER


def find_programs() -> str:
    """Return the folder of the programs that are built, once everything is there that a cluster needs.

    Raises:
        CleoError: something is missing; it says what, and how to get it.
    """
    if os.geteuid():
        raise CleoError(
            "A lab's cluster needs root: it makes network namespaces and runs containers.",
            "Run: sudo cleo lab up --also kubernetes",
        )
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    missing = [name for name in _PROGRAMS if not shutil.which(name, path=path)]
    if missing or not Path("/usr/lib/cni/bridge").exists():
        raise CleoError(
            f"A lab's cluster needs programs that are not installed: {', '.join(missing) or 'the CNI plugins'}.",
            f"Install them: apt-get install --no-install-recommends {' '.join(PACKAGES)}",
        )
    folder = built_folder()
    if unbuilt := [name for name in BUILT if not (folder / name).exists()]:
        raise CleoError(
            f"A lab's cluster needs {', '.join(unbuilt)} in {folder}. No package has them: they are built once, "
            "which takes five minutes.",
            f"Run: {_INSTALL}",
        )
    return str(folder)
