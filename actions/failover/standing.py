"""Whether a server can write, as it is told of every type. What cannot be reached is never taken for dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from actions.context import ActionContext
from actions.failover.commands import says_fenced
from actions.failover.fence_record import FenceRecord, Means
from actions.failover.settings import Fence
from actions.outcome import ActionFailed
from actions.transport import DeadlineExceeded, NothingStarted, TransportLost

UNSEEN = (NothingStarted, TransportLost, DeadlineExceeded)
"""How a host fails to be looked at."""


@dataclass(frozen=True)
class FencedServer:
    """A server that is fenced, whatever its type.

    Attributes:
        ctx: the context in which that is done.
        name: its name in the inventory.
        host: the inventory's name of its host.
        fence: how it is fenced from outside.
        action: the action that fences its type.
    """

    ctx: ActionContext
    name: str
    host: str
    fence: Fence
    action: str

    @property
    def record(self) -> FenceRecord | None:
        """What is written down of it.

        Raises:
            ActionFailed: it cannot be read.
        """
        return FenceRecord.of(self.ctx.files, self.name)


class Standing(NamedTuple):
    """Whether a server is fenced.

    Attributes:
        fenced: it is proven that it cannot write, or a person answers for it.
        words: what tells so.
        alive: it is proven that it can.
    """

    fenced: bool
    words: str
    alive: bool = False


class Answer(NamedTuple):
    """What answers at a server's address, in words; ``writes``: it was asked, and takes writes."""

    words: str
    writes: bool = False


def from_elsewhere(server: FencedServer, why: str, heard: str) -> Standing:
    """Judge a server whose host cannot be looked at.

    Args:
        server: the server.
        why: why its host cannot be looked at.
        heard: how those that follow it heard of it a moment ago; empty: none did.

    Raises:
        ActionFailed: what is written down of it cannot be read.
    """
    unseen = f"{server.host} cannot be looked at ({why})"
    if heard:
        return Standing(False, f"{unseen}, and {heard}", alive=True)
    record = server.record
    if record and record.means == "word":
        return Standing(True, f"on the word of a person: {record.reason}. {unseen}")
    if record and record.devices:
        seen_by = by_devices(server, record.devices)
        return seen_by if seen_by.fenced else Standing(False, f"{unseen}, and {seen_by.words}")
    return Standing(False, f"{unseen}: unreachable is not dead, it may be writing, and come back")


def by_devices(server: FencedServer, devices: Sequence[Means]) -> Standing:
    """Ask the devices that fenced a server whether one of them still does."""
    seen: list[Standing] = []
    for device in devices:
        seen.append(by_device(server, device))
        if seen[-1].fenced:
            return seen[-1]
    return Standing(False, "; ".join(one.words for one in seen))


def by_device(server: FencedServer, device: Means) -> Standing:
    """Ask a device that fenced a server whether it still does."""
    commands = server.fence.commands(device)
    if commands is None:
        return Standing(False, f"the inventory names no command any more that tells its {device}")
    try:
        said = says_fenced(server.ctx, commands)
    except (*UNSEEN, ActionFailed) as error:
        return Standing(False, f"its {device} cannot be asked: {error.message}")
    if said:
        return Standing(True, f"by {device}: `{' '.join(commands.state)}` says {said!r}")
    return Standing(False, f"its {device} is not off any more")
