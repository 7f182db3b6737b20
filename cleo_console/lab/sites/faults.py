"""What can happen to a lab's primary site, and that it comes back. Each is done for real."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.service import Done, FaultKind, LabService
from cleo_console.lab.service_types import STORES
from cleo_console.lab.sites import network
from cleo_console.lab.sites.place import Sites
from cleo_console.lab.station import DR, PRIMARY
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

_TABLE = "cleo_cut"
_FRONT = "80, 8080"
"""The ports by which users come in: of the load balancer, and of the application behind it."""
_CHAIN = "chain {name} {{ type filter hook {name} priority -10; {rule}; }};"


@dataclass(frozen=True)
class PrimarySite:
    """What is broken.

    Args:
        sites: the lab's two sites.
        services: what lives at the primary one.
    """

    sites: Sites
    services: Sequence[LabService]


def half(site: PrimarySite) -> Done:
    """Take the stores away, with their disks: the load balancer and the application in front of them go on."""
    at = utc_now()
    for service in site.services:
        if service.instance.type in STORES:
            for kind in (each for each in service.faults if each.total):
                service.inject(kind)
    return "the primary site has lost its stores, with their disks; what is in front of them still answers", {"at": at}


def hosts(site: PrimarySite) -> Done:
    """Drop all but what users come in by: nobody who would recover sees its hosts, and users write on there."""
    rules = {"input": f"iifname != lo tcp dport != {{ {_FRONT} }} drop; iifname != lo meta l4proto != tcp drop"}
    return _filter(site.sites, rules, "cannot be looked at or followed any more, and users still come in")


def cut(site: PrimarySite) -> Done:
    """Drop every packet from and to the site: who talks to it waits until their own patience ends."""
    rules = {"input": "iifname != lo drop", "output": "oifname != lo drop"}
    return _filter(site.sites, rules, "is cut off silently: packets from and to it vanish")


def reject(site: PrimarySite) -> Done:
    """Refuse every connection to the site, and reset those that are open."""
    said = {"input": "iifname != lo meta l4proto tcp reject with tcp reset; iifname != lo reject"}
    return _filter(site.sites, said, "is cut off by a firewall that answers: connections are refused and reset")


def split(site: PrimarySite) -> Done:
    """Drop what goes between the sites; this machine sees both."""
    other = site.sites.stations[DR].address
    rules = {"input": f"ip saddr {other} drop", "output": f"ip daddr {other} drop"}
    return _filter(site.sites, rules, "and the DR site do not see each other; both are seen from here")


def destroy(site: PrimarySite) -> Done:
    """Cut the site off, end everything that runs there, and delete data and backups of its stores, for good."""
    _, facts = cut(site)
    network.end_all(site.sites.stations[PRIMARY].namespace)
    for folder in (
        site.sites.lab / each.instance.name / name for each in site.services for name in each.lost_with_site
    ):
        if folder.exists():
            shutil.rmtree(folder)
    return "the primary site is gone: its servers, their data, and the backups beside them", facts


def heal(site: PrimarySite) -> Done:
    """Take back what was done to the site. A port that a recovery cut stays cut."""
    _clear(site.sites)
    return "the primary site is back; a port that was cut at the switch stays cut", {"at": utc_now()}


def _filter(sites: Sites, rules: dict[str, str], words: str) -> Done:
    _clear(sites)
    at = utc_now()
    chains = " ".join(_CHAIN.format(name=name, rule=rule) for name, rule in rules.items())
    _nft(sites, f"table inet {_TABLE} {{ {chains} }}", check=True)
    return f"the primary site ({sites.stations[PRIMARY].host}) {words}", {"at": at}


def _clear(sites: Sites) -> None:
    _nft(sites, f"delete table inet {_TABLE}", check=False)


def _nft(sites: Sites, text: str, *, check: bool) -> None:
    argv, _ = sites.stations[PRIMARY].inside(["nft", text], sites.workspace.account)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={"PATH": SYSTEM_PATH})
    if check and done.returncode:
        raise CleoError(f"The site cannot be cut off: {done.stderr.strip()}", "Start it again: cleo lab up.")


FAULTS = (
    FaultKind("cut", "cut the primary site off silently: packets vanish", cut),
    FaultKind("reject", "cut the primary site off by a firewall that answers", reject),
    FaultKind("split", "have the sites not see each other; this machine sees both", split),
    FaultKind("half", "lose the primary site's stores with their disks; its front goes on", half),
    FaultKind("hosts", "cut the primary site's hosts off; users still come in and write there", hosts),
    FaultKind("destroy", "have the primary site gone for good, with its data and the backups beside them", destroy),
    FaultKind("heal", "have the primary site come back; a port that a recovery cut stays cut", heal),
)
"""Each is done to a `PrimarySite`."""
