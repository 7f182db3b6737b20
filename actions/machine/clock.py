"""A host's clock that is ahead: a server that goes by it removes what is to expire before its time."""

from __future__ import annotations

import time

from actions.gate import decide
from actions.machine.machine import Machine
from actions.outcome import Cure, GateClosed
from journal.wording.durations import rough_duration

GATE = "clock"
CLOCK_OFF_S = 300.0
"""Seconds by which clocks may differ before it is said."""


def require_clock(machine: Machine, name: str, removes: str, what: str) -> None:
    """Stop a start on a host whose clock is ahead of ours, before anything is gone.

    Args:
        machine: the host.
        name: the system, in words.
        removes: what removes them there, and when: "would be removed as it loads its data".
        what: what is removed, in the plural: "keys".

    Raises:
        GateClosed: the clock is ahead, and nobody decided to go on.
    """
    begun = time.time()
    said = machine.query(["date", "+%s"]).out.strip()
    ahead = int(said) - begun if said.isdigit() else 0.0
    if ahead <= CLOCK_OFF_S:
        return
    closed = GateClosed(
        GATE,
        f"The clock of {name}'s host is {rough_duration(ahead)} ahead of this machine's: all {what} whose time passes "
        f"until then {removes}.",
        cures=[
            Cure(words="Set that clock (chronyc makestep; or this machine's, if it is wrong), then run it again."),
            Cure(words="Or go on anyway.", override=GATE, cost=f"the {what} whose time passes until then"),
        ],
    )
    decide(machine.ctx, closed, f"Goes on with a clock that is {rough_duration(ahead)} ahead")


def clock_trouble(ahead_s: float, what: str) -> list[str]:
    """Return what a clock that is ahead of ours does, in words; nothing where it is not.

    Args:
        ahead_s: by how much, in seconds.
        what: what expires by it, in the plural.
    """
    return [f"its clock is {rough_duration(ahead_s)} ahead: {what} expire too early"] if ahead_s > CLOCK_OFF_S else []
