"""What a host is: its clock beside ours, its certificate, and whether a standby's could carry what it would have to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from actions.context import ActionContext
from actions.inventory import Inventory
from actions.machine.machine import Machine
from actions.readiness.certificates import judged
from actions.transport import HostSpec, LocalHost, SshHost
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.sizes import size_words

_ASK = "date +%s; nproc; sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"
_SKEW_S = 10.0
"""Seconds by which two clocks may differ: recovery points are named by the second, and a TSIG key ends at 300."""
_FOREVER = 253_402_300_799
"""Seconds since 1970: the end of the year 9999. A certificate without an end has a greater one."""
_ENOUGH = 0.95
"""Of the memory: what a kernel keeps for itself differs from machine to machine."""


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a host's machine.

    Attributes:
        identity: tells it from other machines; empty: it does not say.
        cpus: how many it may use; ``memory``: in bytes.
        ahead_s: by how many seconds its clock is ahead of ours at least; negative: behind; 0: no difference was seen.
    """

    identity: str
    cpus: int
    memory: int
    ahead_s: float

    def __str__(self) -> str:
        """Return its size in words."""
        return f"{count(self.cpus, 'CPU')} and {size_words(self.memory)} of memory"


def measure_machine(ctx: ActionContext, host: str) -> MachineFacts | None:
    """Return what a host's machine is; None: it cannot tell."""
    try:
        named = ctx.transport(host).host_identity()
        before = time.time()
        done = Machine(ctx, host).query(["sh", "-c", _ASK])
        now, cpus, kilobytes = map(int, done.out.split())
    except (CleoError, ValueError):
        return None
    ahead = max(0.0, now - time.time()) + min(0.0, now + 1 - before)
    return MachineFacts(identity=named.get("machine_id", ""), cpus=cpus, memory=kilobytes * 1024, ahead_s=ahead)


def look_at_certificate(spec: HostSpec, host: str, systems: Sequence[str]) -> Iterator[ReadyFinding]:
    """Yield until when the certificate beside a host's key is good, whether it lets us in or not: SSH offers it.

    Args:
        spec: how the inventory says that the host is reached.
        host: its name.
        systems: the systems that need it.
    """
    if not isinstance(spec, SshHost) or not spec.key:
        return
    from cryptography.hazmat.primitives.serialization import SSHCertificate, load_ssh_public_identity

    key = Path(spec.key).expanduser()
    try:
        found = load_ssh_public_identity(key.with_name(f"{key.name}-cert.pub").read_bytes().strip())
    except (OSError, ValueError):
        return  # there is none: keys do not end
    if isinstance(found, SSHCertificate) and found.valid_before < _FOREVER:
        one = judged(f"SSH certificate for {host}", datetime.fromtimestamp(found.valid_before, UTC), "")
        yield msgspec.structs.replace(one, systems=systems, cure="Have it signed anew." if one.cure else "")


def look_at_clock(
    spec: HostSpec, host: str, facts: MachineFacts | None, systems: Sequence[str]
) -> Iterator[ReadyFinding]:
    """Yield how the clock of a host that was reached goes beside ours; on this machine it is ours.

    Args:
        spec: how the inventory says that it is reached.
        host: its name.
        facts: what was measured of it; None: nothing.
        systems: the systems that need it.
    """
    if not isinstance(spec, LocalHost):
        yield _clock(host, facts, systems)


def _clock(host: str, facts: MachineFacts | None, systems: Sequence[str]) -> ReadyFinding:
    about = f"clock of {host}"
    if facts is None:
        words = "nobody could compare it with ours"
        return ReadyFinding(about=about, state="not measured", words=words, systems=systems, stops=False)
    if abs(facts.ahead_s) < _SKEW_S:
        return ReadyFinding(about=about, state="ok", words="it goes like ours", systems=systems, stops=False)
    way = "ahead of" if facts.ahead_s > 0 else "behind"
    return ReadyFinding(
        about=about,
        state="wrong",
        words=f"it is {exact_duration(abs(facts.ahead_s))} {way} ours: a recovery point is another instant there",
        cure=f"See which of the two is wrong, here and on {host} (chronyc tracking, timedatectl), and set it.",
        systems=systems,
        stops=False,
    )


def look_at_capacity(inventory: Inventory, machines: Mapping[str, MachineFacts]) -> Iterator[ReadyFinding]:
    """Yield for each host of standbys whether it is as large as the hosts whose work it would do: load nobody measures.

    Args:
        inventory: the environment.
        machines: what was measured of each host.
    """
    for host, names in _standbys(inventory).items():
        primaries = {name: inventory.systems[inventory.systems[name].standby_of].host for name in names}
        others = sorted({one for one in primaries.values() if one and one != host})
        if others:
            yield _capacity(inventory, host, others, names, machines)


def _standbys(inventory: Inventory) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, one in inventory.systems.items():
        if one.host and one.standby_of in inventory.systems:
            found.setdefault(one.host, []).append(name)
    return found


def _capacity(
    inventory: Inventory, host: str, others: Sequence[str], names: Sequence[str], machines: Mapping[str, MachineFacts]
) -> ReadyFinding:
    about, own = f"capacity of {host}", machines.get(host)
    theirs = [machines[one] for one in others if one in machines]
    if own is None or len(theirs) < len(others):
        words = f"it is not known how large it is beside {', '.join(others)}"
        return ReadyFinding(about=about, state="not measured", words=words, systems=names, stops=False)
    if own.identity and own.identity in {one.identity for one in theirs}:
        return _same_machine(about, others, names, lab=inventory.lab)
    cpus, memory = sum(one.cpus for one in theirs), sum(one.memory for one in theirs)
    wanted = MachineFacts(identity="", cpus=cpus, memory=memory, ahead_s=0)
    enough = own.cpus >= cpus and own.memory >= memory * _ENOUGH
    words = f"it has {own}; {', '.join(others)}, whose work it would do, {wanted}"
    return ReadyFinding(
        about=about,
        state="ok" if enough else "wrong",
        words=f"{words}: whether it carries the load, only a test under load tells",
        cure="" if enough else "Prove it by a test under DR conditions (cleo schedule), or say what is left off there.",
        systems=names,
        stops=False,
    )


def _same_machine(about: str, others: Sequence[str], names: Sequence[str], *, lab: bool) -> ReadyFinding:
    words = f"it shows the machine id of {', '.join(others)}: the same machine, or one made from its image"
    return ReadyFinding(
        about=about,
        state="not measured" if lab else "wrong",
        words=f"{words} (a lab is one machine)" if lab else words,
        cure="See that it is another machine, and give it an id of its own (/etc/machine-id).",
        systems=names,
        stops=False,
    )
