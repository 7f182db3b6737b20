"""The network of a lab's two sites: two namespaces on one bridge, and what is left of them found by their names."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

PROGRAMS = ("ip", "nft", "nsenter", "sshd", "ssh-keygen")
_PACKAGES = "iproute2 nftables util-linux openssh-server openssh-client"
_LINKS, _SPACES = Path("/sys/class/net"), Path("/run/netns")
_ALIAS = "cleo-lab:"
"""What the bridge's alias begins with; the lab's folder follows, so that one that is gone is told."""
_END_S = 5.0


def require() -> None:
    """Refuse where two sites cannot be made.

    Raises:
        CleoError: we are not root, or a program is missing.
    """
    if os.geteuid():
        raise CleoError(
            "Two sites need root: each is a network namespace.",
            "Run it as root: sudo cleo lab up --two-sites. Without, one site on loopback: cleo lab up --standby",
        )
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=path)]:
        raise CleoError(
            f"Two sites need programs that are not installed: {', '.join(missing)}.",
            f"Install them: apt-get install --no-install-recommends {_PACKAGES}",
        )


def mark_of(lab: Path) -> str:
    """Return how what belongs to a lab's network begins: an interface's name is short."""
    return f"s{hashlib.sha256(str(lab).encode()).hexdigest()[:6]}"


def free_net() -> str:
    """Return the first three numbers of addresses that nothing on this machine uses."""
    used = _ip("-4", "route", "show", "table", "all")
    taken = {int(each) for each in re.findall(r"\b10\.202\.(\d+)\.", used)}
    return f"10.202.{random.choice([n for n in range(1, 250) if n not in taken])}"


def bring_up(lab: Path, net: str, addresses: dict[str, str]) -> None:
    """Make the bridge, with this machine on it, and a namespace for each site; nothing where they are there.

    Args:
        lab: the lab's folder.
        net: the first three numbers of its addresses.
        addresses: each namespace's address.

    Raises:
        CleoError: it cannot be made.
    """
    bridge = f"{mark_of(lab)}w"
    if (_LINKS / bridge).exists() and all((_SPACES / each).exists() for each in addresses):
        return
    remove(lab)
    _ip("link", "add", bridge, "type", "bridge")
    _ip("link", "set", bridge, "alias", f"{_ALIAS}{lab}")
    _ip("addr", "add", f"{net}.1/24", "dev", bridge)
    _ip("link", "set", bridge, "up")
    for space, address in addresses.items():
        _ip("netns", "add", space)
        _ip("link", "add", space, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", space, "master", bridge, "up")
        _ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", space, "link", "set", "eth0", "up")
        _ip("-n", space, "link", "set", "lo", "up")


def remove(lab: Path) -> bool:
    """End what runs at a lab's sites, and remove its network; return whether there was any.

    Raises:
        CleoError: something at a site cannot be ended.
    """
    mark = mark_of(lab)
    spaces = [each.name for each in _SPACES.iterdir() if each.name.startswith(mark)] if _SPACES.is_dir() else []
    for space in spaces:
        end_all(space)
        _ip("netns", "del", space, check=False)
    links = [each.name for each in _LINKS.iterdir() if each.name.startswith(mark)]
    for link in links:
        _ip("link", "del", link, check=False)
    return bool(spaces or links)


def abandoned() -> list[Path]:
    """Return the folders of labs that left something on the network, and are gone; as root alone."""
    return [] if os.geteuid() else [lab for lab in dict.fromkeys(_noted()) if not lab.exists()]


def processes_in(space: str) -> Iterator[int]:
    """Yield the pid of each process in a namespace."""
    try:
        number = (_SPACES / space).stat().st_ino
    except FileNotFoundError:
        return
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "ns" / "net").stat().st_ino == number:
                yield int(entry.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def is_port_open(space: str) -> bool:
    """Whether the port of a site at the bridge is not switched off; of one that is gone it is not."""
    try:
        return bool(int((_LINKS / space / "flags").read_text(), 16) & 1)
    except OSError:
        return False


def _noted() -> Iterator[Path]:
    """Yield the folders that the bridges of this machine's labs name."""
    for link in _LINKS.iterdir():
        try:
            alias = (link / "ifalias").read_text().strip()
        except OSError:
            continue
        if alias.startswith(_ALIAS):
            yield Path(alias.removeprefix(_ALIAS))


def end_all(space: str) -> None:
    """End every process in a namespace.

    Raises:
        CleoError: some cannot be ended.
    """
    for how, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, _END_S)):
        until = time.monotonic() + seconds
        while left := list(processes_in(space)):
            for pid in left:
                _signal(pid, how)
            if time.monotonic() > until:
                break
            time.sleep(0.05)
    if left := list(processes_in(space)):
        raise CleoError(
            f"These processes at the site {space} cannot be ended: {left}.", "Look at them, then try again."
        )


def _signal(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def _ip(*words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["ip", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": SYSTEM_PATH},
    )
    if check and done.returncode:
        hint = "`cleo lab down` removes what was made."
        raise CleoError(f"The lab's network cannot be made: ip {' '.join(words)}: {done.stderr.strip()}", hint)
    return done.stdout
