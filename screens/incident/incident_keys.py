"""The keys of the incident console that concern the incident as a whole: a note, closing, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from journal.errors import CleoError
from journal.incident.addressing import waits_for
from journal.incident.closing import remaining
from journal.incident.ending import ending
from journal.wording import reasons
from journal.wording.counting import count
from screens.app_services import AppServices
from screens.guidance.attention import counts
from screens.guidance.leaving import goes_on
from screens.incident.cursor import StepCursor
from screens.lazy import push
from screens.live.notices import post_failure

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from journal.events.types import RoleName
    from journal.incident.review import Told
    from screens.dialogs.close import Ending
    from screens.dialogs.text_dialogs import LateNote


class IncidentKeys:
    """What a person says of the incident.

    Args:
        app: where dialogs open, and what is left.
        cursor: the incident and the step.
        services: what the program does for its screens.
    """

    def __init__(self, app: App[Any], cursor: StepCursor, services: AppServices) -> None:
        self._app = app
        self._cursor = cursor
        self._session = cursor.session
        self._services = services

    def note(self) -> None:
        """Ask for a note, and write it to the step at the cursor; on a heading, to the incident.

        While this person was told something that waits for one, it is the answer to that, and not about a step. What
        asks for words gets them.
        """
        incident = self._session.state
        asked = waits_for(incident, self._session.actor)
        if asked and asked.words:
            self._reply(asked)
            return
        step_id = "" if self._cursor.at_heading or asked else self._cursor.step_id

        def written(note: LateNote) -> None:
            self._session.write("note", lambda commands: commands.note(note.text, step_id, note.happened_at))

        push(self._app, "note", "Note", incident.kind, asked.said if asked else "", then=written)

    def _reply(self, asked: Told) -> None:
        push(
            self._app,
            "words",
            "Your answer",
            self._session.state.kind,
            text=asked.said,
            label="one of the choices, by its number, and why" if asked.choices else "what you answer",
            required="" if asked.choices else "The answer is empty.",
            confirm="Answer",
            then=lambda words: self._session.write("answer", lambda commands: commands.reply(asked.inject, words)),
        )

    def role(self) -> None:
        """Ask what this person is, and write it."""
        session = self._session

        def answered(name: RoleName) -> None:
            session.write("take the role", lambda commands: commands.take_role(name))

        push(self._app, "role", session.state, session.actor, then=answered)

    def close(self) -> None:
        """Close the incident, after a dialog that lists all that is not in order; a closed one is reopened."""
        incident = self._session.state
        if incident.closed_at is not None:
            self._reopen()
            return

        def answered(how: Ending) -> None:
            def close(commands: IncidentCommands) -> str:
                commands.close(how.summary, how.leaving, derived=how.derived)
                return commands.unwitnessed

            self._session.write("close the incident", close, then=self._say_unwitnessed)

        self._look_at_what_is_in_force()
        push(
            self._app,
            "close",
            incident.id,
            incident.kind,
            lambda: remaining(self._session.state),
            lambda: ending(self._session.state),
            then=answered,
        )

    def _say_unwitnessed(self, why: str) -> None:
        """Say that the witness did not take the head; the note in the journal says it, too."""
        if why:
            post_failure(self._app, "give the head to the witness", CleoError(why), self._session.state.kind)

    def _look_at_what_is_in_force(self) -> None:
        """Ask the system whether what was left in force still is; the dialog shows the answer when it comes."""
        if self._session.runner_missing:
            return
        from journal.incident.looks import to_look_at

        catalogue = self._session.catalogue
        if to_look_at(self._session.state, catalogue):
            self._session.request(
                "look at what is in force",
                lambda commands: commands.look_at_in_force(catalogue),
                failed=lambda error: None,  # the dialog says "not measured"
            )

    def _reopen(self) -> None:
        incident = self._session.state
        push(
            self._app,
            "words",
            f"Reopen {incident.id}",
            incident.kind,
            label="why it goes on",
            required=reasons.REOPEN_INCIDENT,
            confirm="Reopen",
            then=lambda reason: self._session.request(
                "reopen the incident", lambda commands: commands.reopen_incident(reason)
            ),
        )

    def leave(self) -> None:
        """Leave the console; asks only while something runs."""
        running = counts(self._session.state).running if self._cursor.ready else 0
        if not running:
            self.quit()
            return
        push(
            self._app,
            "leave",
            self._session.state.kind,
            f"{count(running, 'run is', 'runs are')} under way",
            goes_on="" if self._session.runner_missing else goes_on(self._session.state, " without this console"),
            way_back=self._services.way_back(self._session.id),
            then=lambda really: self.quit(),
        )

    def quit(self) -> None:
        """Leave the console at once, and say how to come back."""
        is_open = self._cursor.ready and self._session.state.closed_at is None
        more = f" {goes_on(self._session.state)}" if is_open and not self._session.runner_missing else ""
        back = self._services.way_back(self._session.id)
        self._app.exit(message=f"{self._session.id} stays as it is.{more} Come back with: {back}")
