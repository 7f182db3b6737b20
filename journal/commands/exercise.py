"""Where a facilitator leads an exercise: its injects, its clock, hints, and notes on the participants."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from journal.commands.base import Commands, required
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.exercise.rewinding import places
from journal.exercise.script import Inject, exercise_from_data

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

    def rewind(self, to: int, before: str = "") -> e.Event:
        """Take a tabletop back to a moment: what came after stays in the journal, and does not count.

        Args:
            to: the seq of the last event that counts (`journal.exercise.rewinding.places`).
            before: what followed it, in words.

        Raises:
            NotNow: this is no tabletop, that event does not count any more, or something ran at that moment.
        """
        incident = self._played()
        if incident.history is None:
            raise NotNow("Only a tabletop can be rewound.", "What was done to real systems stays done.")
        if to not in {place.to for place in places(incident)}:
            raise NotNow(
                f"Nothing can go on from event {to}: it was rewound itself, or an action was under way.",
                "Choose a moment before that action began.",
            )
        return self._append(incident, e.ExerciseRewound(to=to, before=before))

    def say(self, text: str, to: str = "", inject: str = "") -> e.Event:
        """Help the players with a hint: with an inject's text from the script, it counts as that hint.

        Args:
            text: what they are told; ``@lead`` in front says whom, as ``to`` does.
            to: the role or the name that it is for; empty: everybody.
            inject: what it helps with; empty: nothing that was told.
        """
        incident = self._played()
        words, whom = self._to_whom(text, "The hint is empty.")
        scripted = [hint.text for hint in self._script(incident, inject).hints] if inject else []
        n = scripted.index(words) + 1 if words in scripted else 0
        return self._append(incident, e.FacilitatorSaid(text=words, to=whom or to.strip(), inject=inject, scripted=n))

    def ask(self, text: str) -> e.Event:
        """Tell the players something that the script does not have; at once, whatever the clock does.

        Args:
            text: ``@lead`` in front says whom it is for. A question mark at its end wants an answer in words; choices
                behind ``|`` want one of these.

        Raises:
            NotNow: it is empty, has one choice alone, or the exercise is closed.
        """
        incident = self._played()
        said, *choices = (part.strip() for part in text.split("|"))
        words, to = self._to_whom(said, "Say what players are told.")
        choices = [choice for choice in choices if choice]
        if len(choices) == 1:
            raise NotNow("One choice is none.", "Write two or more, each behind a |.")
        given = {
            one.get("id") for one in incident.review.exercise.get("injects") or ()
        } | incident.review.injects.keys()
        name = next(f"free-{n}" for n in count(1) if f"free-{n}" not in given)
        asks = words.endswith("?")
        body = e.InjectGiven(inject=name, text=words, to=to, asks=asks, choices=choices, free=True)
        return self._append(incident, body)

    def _to_whom(self, text: str, complaint: str) -> tuple[str, str]:
        """Return what is told, and whom: ``@lead,scribe`` in front of it says so."""
        text = required(text, complaint)
        if not text.startswith("@"):
            return text, ""
        whom, _, words = text[1:].partition(" ")
        return required(words, complaint), whom

    def _script(self, incident: Incident, inject: str) -> Inject:
        """Return an inject of the script; one that says nothing where it is none of these."""
        injects = exercise_from_data(incident.review.exercise).injects
        return next((one for one in injects if one.id == inject), Inject(id=inject, text=""))

    def mark(self, who: str, text: str) -> e.Event:
        """Note something of a participant: ``+`` in front is done well, ``-`` to improve. Also after the close."""
        incident = self._exercise()
        words = required(text, "The note is empty.")
        kind = _MARKS.get(words[0], "note")
        body = e.ParticipantMarked(who=who, mark=kind, text=required(words.lstrip("+- "), "Say what you saw."))
        return self._append(incident, body)

    def answer_hot_wash(self, question: str, text: str, who: str = "") -> e.Event:
        """Write down what somebody answered to a question of the hot wash, once the exercise is closed.

        Args:
            question: as it was asked.
            text: what was said.
            who: who said it; empty: whoever writes.

        Raises:
            NotNow: the answer is empty, or the exercise is no exercise or still open.
        """
        incident = self._exercise()
        if incident.closed_at is None:
            raise NotNow("The exercise is still played: the hot wash comes after its end.", "Close it first.")
        words = required(text, "The answer is empty.")
        return self._append(incident, e.HotWashAnswered(question=question, text=words, who=who.strip()))

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
