"""Whether every name server of a zone still gets it: one that does not would keep users where they are."""

from __future__ import annotations

import time
from collections.abc import Iterator

from actions.systems.dns.looking import Answers, look_at_all
from actions.systems.dns.rfc2136 import is_above
from actions.systems.dns.settings import DnsSettings
from journal.readiness.finding import ReadyFinding

_FOLLOWS_S, _PAUSE_S = 5.0, 1.0
"""Seconds that a change of a moment ago may take to the other servers, and between two looks."""
_CURE = "Look whether it gets the zone: its log, its serial (rndc retransfer), NOTIFY and transfer key at the primary."
_AHEAD = "Look who changed it there. dns.update raises the serial above it; a change by hand must, too."


def look_at_followers(settings: DnsSettings, system: str) -> Iterator[ReadyFinding]:
    """Yield whether the zone's other servers have its serial; those that do not answer are told by its health.

    Args:
        settings: the zone, whose primary takes updates.
        system: its name in the inventory.
    """
    end = time.monotonic() + _FOLLOWS_S
    first, others = _serials(settings)
    while any(one.serial != first for one in others) and time.monotonic() < end:
        time.sleep(_PAUSE_S)
        first, others = _serials(settings)
    if first is None:
        return
    for one in others:
        yield _finding(one, first, settings, system)


def _serials(settings: DnsSettings) -> tuple[int | None, list[Answers]]:
    """Return the primary's serial, None where it tells none, and who else tells one."""
    seen = [one for one in look_at_all(settings, []) if not one.resolver and one.serial is not None]
    first = next((one.serial for one in seen if one.server == settings.first_server), None)
    return first, [one for one in seen if one.server != settings.first_server]


def _finding(one: Answers, first: int, settings: DnsSettings, system: str) -> ReadyFinding:
    """Return whether a server follows the primary: a change never comes to one that is behind, nor to one ahead."""
    name, serial, about = one.server.name, one.serial or 0, f"zone at {one.server.name}"
    acts = ("dns.update", "dns.verify")
    if serial == first:
        return ReadyFinding(about=about, state="ok", words=f"it has serial {serial}", systems=[system], actions=acts)
    ahead = is_above(serial, first)
    words = f"{name} has serial {serial}, and {settings.primary} {first}: " + (
        "it is ahead, and takes no change" if ahead else "it does not follow; who asks it would stay at the old site"
    )
    return ReadyFinding(
        about=about,
        state="wrong",
        words=words,
        cure=_AHEAD if ahead else _CURE,
        systems=[system],
        actions=acts,
        stops=not ahead,
    )
