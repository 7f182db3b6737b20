"""Starts the full screen: first frame, app, and a garbage collector that skips the objects of the start."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

from cleo_console.first_look import first_look, known_incident, unechoed

if TYPE_CHECKING:
    from cleo_console.app_services import ConsoleServices
    from journal.commands.offer import Offer

_BUILT_AFTER_S = 1.0
_PAINTS_A_SECOND = "200"
"""Textual waits for the next 60th of a second before it paints: a key that follows another paint waits as long."""
_TURN_S = 0.001
"""Seconds until a thread that waits gets its turn: what is painted is written by a thread of its own."""


def run_full_screen(at: ConsoleServices, incident_id: str | None, offer: Offer | None = None) -> int:
    """Run the console until it is left; return its exit status.

    Args:
        at: this installation.
        incident_id: where to begin; the list of incidents where it is None.
        offer: an alert, with whose declaration to begin.

    Raises:
        CleoError: there is no such incident, or it cannot be read.
    """
    known = known_incident(at.place(incident_id)) if incident_id else None
    os.environ.setdefault("TEXTUAL_FPS", _PAINTS_A_SECOND)
    sys.setswitchinterval(_TURN_S)
    gc.disable()  # what is made now stays: to look through it again and again takes a tenth of the start
    with unechoed(sys.stdin):
        with first_look(incident_id, known) if incident_id else nullcontext():
            from cleo_console.app import CleoApp

            app = CleoApp(at, open_incident=incident_id, known=known, offer=offer, clock=at.now)
        built = threading.Timer(_BUILT_AFTER_S, _collect_only_what_is_new)
        built.daemon = True
        built.start()
        app.run()
        app.notices.print_the_rest()
    return app.return_code or 0


def _collect_only_what_is_new() -> None:
    """Let the collector pass over all that was built so far: to look at it takes 30 ms, in which no key is answered."""
    gc.collect()
    gc.freeze()
    gc.enable()
