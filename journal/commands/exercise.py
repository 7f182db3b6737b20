"""Where a facilitator leads an exercise: its injects, its clock, hints, and notes on the participants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.commands.base import Commands, required
from journal.commands.refusals import NotNow
from journal.events import types as e

if TYPE_CHECKING:
    from journal.events.leading import MarkKind
    from journal.incident.state import Incident

_MARKS: dict[str, MarkKind] = {"+": "good", "-": "improve"}


class ExerciseCommands(Commands):
    """Commands for leading one exercise. Every method blocks until its event is durable."""

    def give(self, inject: str) -> e.Event:
        """Give an inject now, whatever its time.

        Raises:
            NotNow: there is none of that id, it was given, or the exercise is closed. So do the others.
        """
        return self._led(e.InjectLed(inject=inject, do="give"))

    def hold(self, inject: str) -> e.Event:
        """Hold an inject back until it is released."""
        return self._led(e.InjectLed(inject=inject, do="hold"))

    def release(self, inject: str) -> e.Event:
        """Let an inject come that was held or skipped: at its time, or at once where that has passed."""
        return self._led(e.InjectLed(inject=inject, do="release"))

    def skip(self, inject: str) -> e.Event:
        """Leave an inject out; it counts for nothing."""
        return self._led(e.InjectLed(inject=inject, do="skip"))

    def reword(self, inject: str, text: str) -> e.Event:
        """Word an inject in another way."""
        return self._led(e.InjectLed(inject=inject, do="reword", text=required(text, "Say what players are told.")))

    def address(self, inject: str, to: str) -> e.Event:
        """Say whom an inject is for: a role or a name; empty: everybody."""
        return self._led(e.InjectLed(inject=inject, do="address", to=to.strip()))

    def pause(self, paused: bool) -> e.Event:
        """Stop the exercise's clock, or let it go on."""
        incident = self._played()
        if incident.review.paused == paused:
            raise NotNow("The clock stands already." if paused else "The clock goes already.")
        return self._append(incident, e.ExercisePaused(paused=paused))

    def say(self, text: str, to: str = "") -> e.Event:
        """Tell the players something that the script does not have."""
        incident = self._played()
        return self._append(incident, e.FacilitatorSaid(text=required(text, "The hint is empty."), to=to.strip()))

    def mark(self, who: str, text: str) -> e.Event:
        """Note something of a participant: ``+`` in front is done well, ``-`` to improve. Also after the close."""
        incident = self._exercise()
        words = required(text, "The note is empty.")
        kind = _MARKS.get(words[0], "note")
        body = e.ParticipantMarked(who=who, mark=kind, text=required(words.lstrip("+- "), "Say what you saw."))
        return self._append(incident, body)

    def _led(self, body: e.InjectLed) -> e.Event:
        incident = self._played()
        scripted = [one.get("id") for one in incident.review.exercise.get("injects") or ()]
        if body.inject not in scripted:
            raise NotNow(f"The exercise has no inject {body.inject!r}.")
        if body.inject in incident.review.injects:
            raise NotNow(f"The inject {body.inject} was given already.", "Tell the players more with a hint.")
        return self._append(incident, body)

    def _exercise(self) -> Incident:
        incident = self._incident()
        if not incident.review.exercise:
            raise NotNow("This incident is no exercise with a script.", "Lead one that `cleo demo` began.")
        return incident

    def _played(self) -> Incident:
        self._exercise()
        return self._open()
