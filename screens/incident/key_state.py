"""Which keys of the incident console apply now, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping

from journal.incident.called import to_take_back
from journal.incident.records import StepState
from screens.guidance.availability import LEADS, RULES
from screens.guidance.keys import LOG, RUN_WITH
from screens.guidance.logs import log_helps
from screens.guidance.next_action import enter_action
from screens.incident.cursor import StepCursor

_PAGES = ("timeline", "health", "contacts", "report", "handover")
_OF_A_STEP = (
    *("dry_run", "skip", "mark_done", "override", "cancel", "reopen", "tick", "take"),
    *("output", "run_with", "commands"),
)
"""Keys that act on the step at the cursor: none of them applies on a heading."""


class KeyState:
    """Answers from the incident's state and the step at the cursor.

    Args:
        cursor: the incident and the step.
    """

    def __init__(self, cursor: StepCursor) -> None:
        self._cursor = cursor

    def applies(self, action: str) -> bool:
        """Return whether the key of an action applies now; an action without a rule always does."""
        cursor = self._cursor
        if action == "runner":
            return cursor.ready and cursor.session.runner_missing
        if action == "assessment":
            return cursor.ready and bool(cursor.incident.closed_at and cursor.incident.review.exercise)
        if action in _PAGES:
            return cursor.ready
        if action in ("act", *_OF_A_STEP) and cursor.ready and cursor.at_heading:
            return action == "act"
        if action in LEADS and cursor.ready and cursor.at_heading:
            return bool(LEADS[action](cursor.incident))
        rule = RULES.get(action)
        return rule is None or (cursor.ready and rule(cursor.incident, cursor.step, cursor.session.catalogue))

    def words(self) -> Mapping[str, str]:
        """Return what keys are called now, by action; an empty word hides a key.

        Closing is in the key line only when nothing is left to do.
        """
        cursor = self._cursor
        if not cursor.ready:
            return {"act": ""}
        act = {"act": "open or close" if cursor.at_heading else self._primary(), **self._after_failure()}
        if to_take_back(cursor.incident, cursor.step):
            act["reopen"] = "take back"
        if cursor.incident.closed_at is not None:
            return {**act, "close": "reopen"}
        return {**act, "close": ""} if cursor.incident.open_steps() else act

    def _after_failure(self) -> Mapping[str, str]:
        """Return the keys that are in the key line only where something is wrong: other parameters, and the log."""
        cursor = self._cursor
        if cursor.at_heading or cursor.incident.closed_at is not None:
            return {}
        failed = cursor.incident.state(cursor.step_id) is StepState.FAILED
        log = log_helps(cursor.incident, cursor.step, cursor.session.catalogue)
        return {
            **({RUN_WITH.action: RUN_WITH.word} if failed else {}),
            **({LOG.action: LOG.word} if log else {}),
        }

    def _primary(self) -> str:
        return str(enter_action(self._cursor.incident, self._cursor.step, self._cursor.session.catalogue))
