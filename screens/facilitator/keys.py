"""The keys by which an exercise is led: each writes one event at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from screens.facilitator.following import InjectRow, Person
from screens.lazy import push
from screens.live.clocked import clock_of
from screens.live.session import Session

_WHOM = "for whom: lead, scribe, responder or a name; empty: everybody"


class LeadingKeys:
    """Asks for words where a key needs some, and writes.

    Args:
        app: where dialogs open.
        session: the incident.
        row: returns the inject at the cursor.
        person: returns the participant at the cursor.
    """

    def __init__(
        self, app: App[Any], session: Session, row: Callable[[], InjectRow | None], person: Callable[[], Person | None]
    ) -> None:
        self._app = app
        self._session = session
        self._row = row
        self._person = person

    def give(self) -> None:
        """Give the inject now."""
        if row := self._row():
            name = row.inject.id
            self._session.lead(f"give the inject {name}", lambda commands: commands.give(name))

    def hold(self) -> None:
        """Hold it back, or let it go on."""
        if row := self._row():
            name, held = row.inject.id, row.state == "held"
            self._session.lead(f"hold {name}", lambda to: to.release(name) if held else to.hold(name))

    def skip(self) -> None:
        """Leave it out, or take it in again."""
        if row := self._row():
            name, out = row.inject.id, row.state == "skipped"
            self._session.lead(f"leave {name} out", lambda to: to.release(name) if out else to.skip(name))

    def reword(self) -> None:
        """Ask for other words."""
        if row := self._row():
            name = row.inject.id
            self._ask(
                f"Other words for {name}",
                "what players are told instead",
                lambda words: self._session.lead(f"reword {name}", lambda to: to.reword(name, words)),
                required="Say what players are told.",
                text=row.text,
            )

    def address(self) -> None:
        """Ask for whom it is."""
        if row := self._row():
            name = row.inject.id
            self._ask(
                f"For whom is {name}",
                _WHOM,
                lambda words: self._session.lead(f"address {name}", lambda to: to.address(name, words)),
            )

    def pause(self) -> None:
        """Stop the clock, or let it go on."""
        paused = not self._session.state.review.paused
        self._session.lead("pause" if paused else "go on", lambda commands: commands.pause(paused))

    def hint(self) -> None:
        """Ask for a hint: on the inject at the cursor, where that was given, its next one of the script beforehand."""
        row = self._row()
        told = row.inject.id if row and row.given else ""
        whom = row.to if row and told else ""
        self._ask(
            f"A hint on {told}" if told else "A hint for the players",
            f"what {whom or 'they'} are told; @lead in front: for whom. It is counted",
            lambda words: self._session.lead("give a hint", lambda to: to.say(words, whom, told)),
            required="The hint is empty.",
            value=row.next_hint if row and told else "",
        )

    def free(self) -> None:
        """Ask for an inject that the script does not have; it comes at once."""
        self._ask(
            "An inject of your own",
            "@lead in front: for whom. A ? at its end wants an answer; choices behind it: | yes | no",
            lambda words: self._session.lead("give an inject", lambda to: to.ask(words)),
            required="Say what players are told.",
        )

    def back(self) -> None:
        """Ask to which moment the tabletop is taken back."""
        from screens.guidance.moments import Moment, moments

        incident = self._session.state

        def chosen(moment: Moment) -> None:
            self._session.lead("rewind", lambda to: to.rewind(moment.to, moment.before))

        push(self._app, "rewind", incident.kind, moments(incident), clock_of(self._session.screen)(), then=chosen)

    def note(self) -> None:
        """Ask for a note on the participant."""
        if person := self._person():
            who = person.who
            self._ask(
                f"A note on {who}",
                "what you saw; + in front: done well, - to improve. They see it at the end",
                lambda words: self._session.lead(f"note of {who}", lambda commands: commands.mark(who, words)),
                required="The note is empty.",
            )

    def _ask(
        self,
        title: str,
        label: str,
        then: Callable[[str], object],
        *,
        required: str = "",
        text: str = "",
        value: str = "",
    ) -> None:
        asked = {"label": label, "required": required, "text": text, "value": value, "confirm": "Write"}
        push(self._app, "words", title, self._session.state.kind, **asked, then=then)
