"""The step that the incident console shows."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.screen import Screen

from journal.incident.state import Incident
from journal.plan.model import Step
from screens.live.session import Session
from screens.widgets.checklist import Checklist


class StepCursor:
    """Where the checklist's cursor is. On a heading, the step that it was on before.

    Args:
        session: the incident.
        screen: has the checklist, once the journal was read.

    Attributes:
        step_id: the step's id; empty until the journal was read.
    """

    UNREAD_S: ClassVar[float] = 0.5
    """Seconds for which nobody can have read a step that the cursor went on to by itself."""

    def __init__(self, session: Session, screen: Screen[None]) -> None:
        self.session = session
        self.step_id = ""
        self._screen = screen
        self._list: Checklist | None = None
        self._unread_until = 0.0

    @property
    def ready(self) -> bool:
        """Whether the journal was read, so that there is something to show and to do."""
        return self.session.incident is not None and bool(self.step_id)

    @property
    def incident(self) -> Incident:
        """The incident's state.

        Raises:
            NotReadYet: the journal was not read.
        """
        return self.session.state

    @property
    def step(self) -> Step:
        """The step at the cursor."""
        return self.incident.plan.by_id[self.step_id]

    @property
    def at_heading(self) -> bool:
        """Whether the cursor is on a heading, where enter opens and closes, and no key acts on a step."""
        checklist = self._checklist()
        return checklist is not None and checklist.at_heading

    def goes_on(self) -> None:
        """Note that the cursor goes on by itself: whoever presses a key just then means the step before."""
        self._unread_until = monotonic() + self.UNREAD_S

    def is_meant(self) -> bool:
        """Return whether a key pressed now is meant for the step that is shown. One that is not puts off the next."""
        now = monotonic()
        meant = now >= self._unread_until
        if not meant:
            self._unread_until = now + self.UNREAD_S
        return meant

    def move_to(self, step_id: str) -> None:
        """Put the cursor at a step."""
        self.step_id = step_id
        if checklist := self._checklist():
            checklist.go_to(step_id)

    def _checklist(self) -> Checklist | None:
        """Return the checklist, once it is there. Every key of the key line asks: it is looked for once."""
        if self._list is None or not self._list.is_attached:
            self._list = next(iter(self._screen.query(Checklist)), None)
        return self._list
