"""What an inventory says of how a server is kept from writing from outside: by its power, or by its network."""

from __future__ import annotations

from typing import Annotated

import msgspec

from actions.settings import Settings


class FenceCommands(Settings, frozen=True):
    """Commands that fence a server from outside, each as a list of words, run as our own account. No secrets: files.

    Attributes:
        host: the inventory's host that they run on; another one than the server's own.
        fence: fences it (powers it off, cuts its port).
        state: tells what is so now; its output is the proof.
        fenced_says: what a line of that output has in it where it is fenced.
        unfence: takes it back; empty: that is done by hand.
    """

    host: str
    fence: Annotated[list[str], msgspec.Meta(min_length=1)]
    state: Annotated[list[str], msgspec.Meta(min_length=1)]
    fenced_says: Annotated[str, msgspec.Meta(min_length=1)]
    unfence: list[str] = []


class Fence(Settings, frozen=True):
    """How the server is kept from writing where its own host does not answer; without it, by hand.

    Attributes:
        power: commands for its power.
        network: commands for its network.
    """

    power: FenceCommands | None = None
    network: FenceCommands | None = None

    def commands(self, means: str) -> FenceCommands | None:
        """Return the commands for one means (``power``, ``network``); None where there are none."""
        return {"power": self.power, "network": self.network}.get(means)

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the hosts that the commands run on, by the field that names each."""
        by = {"power": self.power, "network": self.network}
        return {("fence", name, "host"): commands.host for name, commands in by.items() if commands}

    def require_elsewhere(self, host: str) -> None:
        """Refuse a fence that ends with the host that it is to fence.

        Raises:
            ValueError: one of its commands runs there.
        """
        if host in self.hosts().values():
            raise ValueError(f"its fence cannot run on {host}: that is the host that may not answer")
