"""A host's clock that is ahead: a server that loads its data there removes keys whose time has not come."""

from __future__ import annotations

import time

from actions.gate import decide
from actions.outcome import Cure, GateClosed
from actions.systems.redis.server import Server
from journal.wording.durations import rough_duration

GATE = "clock"
CLOCK_OFF_S = 300.0
"""Seconds by which clocks may differ before it is said."""


def require_clock(server: Server) -> None:
    """Stop a start on a host whose clock is ahead of ours, before the keys are gone.

    Raises:
        GateClosed: it is, and nobody decided to go on.
    """
    begun = time.time()
    said = server.query(["date", "+%s"]).out.strip()
    ahead = int(said) - begun if said.isdigit() else 0.0
    if ahead <= CLOCK_OFF_S:
        return
    closed = GateClosed(
        GATE,
        f"The clock of {server.name}'s host is {rough_duration(ahead)} ahead of this machine's: every key whose time "
        "passes until then would be removed as it loads its data.",
        cures=[
            Cure(words="Set that clock (chronyc makestep; or this machine's, if it is wrong), then run it again."),
            Cure(words="Or go on anyway.", override=GATE, cost="the keys whose time passes until then"),
        ],
    )
    decide(server.ctx, closed, f"Starts with a clock that is {rough_duration(ahead)} ahead")
