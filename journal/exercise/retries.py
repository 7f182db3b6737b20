"""Finds runs that were started again after a failure with nothing changed in between: they cannot end otherwise."""

from __future__ import annotations

from typing import Any

import msgspec

from journal.events import types as e


class Retries:
    """Follows an exercise's events.

    A decision, a step done by hand, or the end of any other action counts as a change.
    """

    def __init__(self) -> None:
        self._failed: dict[tuple[str, str], bytes] = {}
        self._started: dict[int, tuple[tuple[str, str], bytes]] = {}

    def take(self, event: e.Event) -> str:
        """Return the action that was pressed again by this event; empty where none was."""
        body = event.body
        if isinstance(body, e.ActionStarted) and not (body.dry_run or body.probe_of):
            key, params = (body.action, body.system), _exactly(body.params)
            self._started[body.run] = key, params
            return body.action if self._failed.get(key) == params else ""
        if isinstance(body, e.ActionFinished):
            self._ended(body)
        elif isinstance(body, e.DecisionMade | e.StepMarkedDone):
            self._failed.clear()
        return ""

    def _ended(self, body: e.ActionFinished) -> None:
        started = self._started.pop(body.run, None)
        if started is None:
            return
        key, params = started
        self._failed = {key: params} if body.status == "failed" else {}


def _exactly(params: dict[str, Any]) -> bytes:
    return msgspec.json.encode(params, order="deterministic")
