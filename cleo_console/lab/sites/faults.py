"""What can happen to a lab's primary site, and that it comes back. Each is done for real."""

from __future__ import annotations

import subprocess

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.sites.place import Sites
from cleo_console.lab.station import DR, PRIMARY
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

_TABLE = "cleo_cut"
_CHAIN = "chain {name} {{ type filter hook {name} priority -10; {rule}; }};"


def cut(sites: Sites) -> Done:
    """Drop every packet from and to the site: who talks to it waits until their own patience ends."""
    rules = {"input": "iifname != lo drop", "output": "oifname != lo drop"}
    return _filter(sites, rules, "is cut off silently: packets from and to it vanish")


def reject(sites: Sites) -> Done:
    """Refuse every connection to the site, and reset those that are open."""
    said = {"input": "iifname != lo meta l4proto tcp reject with tcp reset; iifname != lo reject"}
    return _filter(sites, said, "is cut off by a firewall that answers: connections are refused and reset")


def split(sites: Sites) -> Done:
    """Drop what goes between the sites; this machine sees both."""
    other = sites.stations[DR].address
    rules = {"input": f"ip saddr {other} drop", "output": f"ip daddr {other} drop"}
    return _filter(sites, rules, "and the DR site do not see each other; both are seen from here")


def heal(sites: Sites) -> Done:
    """Take back what was done to the site. A port that a recovery cut stays cut."""
    _clear(sites)
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
    FaultKind("heal", "have the primary site come back; a port that a recovery cut stays cut", heal),
)
"""Each is done to the lab's `Sites`."""
