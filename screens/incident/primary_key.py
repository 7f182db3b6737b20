"""Enter: the obvious thing at the step, as the key line names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from journal.plan.model import Step
from screens.guidance.next_action import PrimaryAction, enter_action
from screens.incident.cursor import StepCursor
from screens.incident.navigation import Navigation
from screens.incident.pending_commands import PendingCommands
from screens.incident.run_keys import RunKeys
from screens.incident.step_keys import StepKeys

_RUNS = (PrimaryAction.RUN, PrimaryAction.RUN_AGAIN, PrimaryAction.TAKE_BACK, PrimaryAction.LOOK)


class PrimaryKey:
    """Does the step's primary action.

    Args:
        cursor: the incident and the step.
        pending: knows what was said of the step already.
        runs: runs steps.
        steps: settles steps.
        navigation: leads elsewhere.
        toggle: opens and closes the heading that the cursor is on.
    """

    def __init__(
        self,
        cursor: StepCursor,
        pending: PendingCommands,
        runs: RunKeys,
        steps: StepKeys,
        navigation: Navigation,
        toggle: Callable[[], None],
    ) -> None:
        self._cursor = cursor
        self._pending = pending
        self._toggle = toggle
        self._actions: Mapping[PrimaryAction, Callable[[Step], None]] = {
            PrimaryAction.RUN: runs.run,
            PrimaryAction.RUN_AGAIN: runs.run,
            PrimaryAction.TAKE_BACK: runs.run,
            PrimaryAction.DECIDE: steps.decide,
            PrimaryAction.CURE: navigation.go_to_cure,
            PrimaryAction.OVERRIDE: lambda step: runs.override(),
            PrimaryAction.LOOK: runs.look,
            PrimaryAction.DONE: lambda step: steps.mark_done(),
            PrimaryAction.RESOLVE: runs.resolve,
            PrimaryAction.GO_ON: lambda step: navigation.go_next(),
            PrimaryAction.GO_TO_NEED: navigation.go_to_need,
        }

    def act(self) -> None:
        """Do the obvious thing, once: nothing while what was said of the step is not shown yet.

        Nothing is run that the cursor has only just gone on to by itself: a key that is held would start it unread.
        """
        cursor = self._cursor
        if cursor.at_heading:
            self._toggle()
        elif not self._pending.pending(cursor.step):
            todo = enter_action(cursor.incident, cursor.step, cursor.session.catalogue)
            if todo not in _RUNS or cursor.is_meant():
                self._actions[todo](cursor.step)
