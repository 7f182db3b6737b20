"""The text of all metrics, made anew in the background: whoever asks is given the latest at once."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry

_LEAST_S, _SHARE = 0.25, 0.01
"""Seconds between two at least, and the share of a core that making them may take: of 200 systems one takes 45 ms."""
_STALE_S = 60.0
"""Seconds after which what was made last is not given to anybody any more; half of that is waited at most."""


class Page:
    """What is served at ``/metrics``; a WSGI application.

    Args:
        registry: the metrics.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry, self._stop = registry, threading.Event()
        self._text, self._made_at = generate_latest(registry), time.monotonic()
        self._thread = threading.Thread(target=self._keep, name="page", daemon=True)

    def start(self) -> None:
        """Begin to make it anew, as long as `stop` was not called."""
        self._thread.start()

    def stop(self) -> None:
        """Make it no more."""
        self._stop.set()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer with the latest; with an error where that is old."""
        if time.monotonic() - self._made_at > _STALE_S:
            start("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            return [
                f"Nothing could be made of what was measured for {_STALE_S:.0f} s; see the exporter's log.\n".encode()
            ]
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [self._text]

    def _keep(self) -> None:
        took_s = 0.0
        while not self._stop.wait(min(max(_LEAST_S, took_s / _SHARE), _STALE_S / 2)):
            began = time.monotonic()
            try:
                self._text = generate_latest(self._registry)
            except Exception:  # noqa: BLE001 - the next one may do; whoever asks is told once it does not for a while
                traceback.print_exc()
            else:
                self._made_at = began
            took_s = time.monotonic() - began
