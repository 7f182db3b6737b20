"""Where a service of a lab lives on the network: on this machine, or at one of the lab's two sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from actions.transport.switching import run_as
from cleo_console.lab.account import Account
from cleo_console.lab.service import HOST, Instance
from journal.structs import to_struct

STATIONS = "stations"
"""Where a service's settings have the stations that its lab has."""
SITE_PORT = 8080
"""The application's port at each site."""
PRIMARY, DR, OUTSIDE = "primary", "dr", "outside"
"""The sites as an inventory calls them, and the machine itself as both see it."""


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the network.

    Attributes:
        host: what an inventory calls its host.
        address: where what runs there listens.
        namespace: the network namespace; empty: this machine's own.
        network: whose addresses come in there, as ``10.202.7.0/24``; empty: only this machine.
        repository: the address that must be reached to write backups, which lie at the DR site; empty: a folder here.
    """

    host: str = HOST
    address: str = "127.0.0.1"
    namespace: str = ""
    network: str = ""
    repository: str = ""

    @property
    def reaches_repository(self) -> str:
        """A shell command that succeeds where backups can be written; empty: they always can."""
        return f'timeout 3 bash -c ": >/dev/tcp/{self.repository}/22"' if self.repository else ""

    def inside(self, argv: Sequence[str], account: Account) -> tuple[list[str], dict[str, Any]]:
        """Return the command line, and the arguments for `subprocess`, that run a program there as an account."""
        if not self.namespace:
            return account.switch(argv)
        enter = ["nsenter", f"--net=/run/netns/{self.namespace}", "--"]
        if not account.name:
            return [*enter, *argv], {}
        command, left = run_as(argv, account.uid, account.gid, account.groups)
        if left:
            names = ",".join(map(str, account.groups)) or str(account.gid)
            become = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", f"--groups={names}", "--"]
            return [*enter, *become, *argv], {}
        return [*enter, *command], {}


HERE = Station()
"""This machine's loopback, which has both sites of a lab that has no network for each."""


def stations_of(instance: Instance) -> dict[str, Station]:
    """Return the stations of the lab that a service is in, by site; nothing where all is on loopback."""
    return to_struct(instance.settings.get(STATIONS, {}), dict[str, Station])


def station_of(instance: Instance) -> Station:
    """Return where a service lives."""
    return stations_of(instance).get(instance.site or PRIMARY, HERE)
