"""A look that is repeated in a thread of its own."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable


class Repeated:
    """Looks over and over until `stop`, with a pause after each look, whatever becomes of it.

    Args:
        look: looks once.
        every_s: seconds of the pause.
        name: the thread's.
    """

    def __init__(self, look: Callable[[], None], every_s: float, name: str) -> None:
        self._look, self._every_s = look, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except Exception:  # noqa: BLE001  # the next look may do; what it finds gets old meanwhile, which is alarmed
                traceback.print_exc()
            self._stop.wait(self._every_s)
