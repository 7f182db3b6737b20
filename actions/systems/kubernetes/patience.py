"""Bears with an API server that does not answer for a while, as one that is restarted or changes its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from actions.context import ActionContext
from actions.systems.kubernetes.refusals import NoCluster

SILENT_S = 60.0
"""Seconds for which what is waited for may be out of sight."""
_PAUSE_S = 1.0
T = TypeVar("T")


def patiently(ctx: ActionContext, look: Callable[[], T], silent_s: float = SILENT_S) -> T:
    """Return what is seen, once it can be seen.

    Args:
        ctx: the action's context.
        look: asks the cluster, and changes nothing.
        silent_s: seconds after which nobody waits for an answer any more.

    Raises:
        NoCluster: no answer came in that time; it says that of the last try.
        Cancelled: somebody asked the action to stop.
    """
    begun, told = time.monotonic(), False
    while True:
        try:
            return look()
        except NoCluster as error:
            if time.monotonic() - begun >= silent_s:
                raise
            if not told:
                ctx.log(f"! {error.message} It is asked again for {silent_s:g} s.", "err")
                told = True
        ctx.check_cancelled()
        time.sleep(_PAUSE_S)
