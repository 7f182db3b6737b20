"""What is said to one person about one incident, and asked of them."""

from __future__ import annotations

from datetime import datetime

from cleo_console.plain.line_terminal import LineTerminal
from cleo_console.plain.lines import attention_lines, health_of
from cleo_console.plain.notices import ProgressNews, change
from cleo_console.plain.plain_session import PlainSession
from cleo_console.plain.said import Said
from journal.events.types import HealthChanged
from journal.incident.records import RunState
from journal.incident.state import Incident
from screens.guidance.status import NO_RUNNER, troubles
from screens.guidance.symbols import health_look

_MARK = "** "


class Conversation:
    """Says and asks. What is in doubt or failed stands before every question.

    Args:
        terminal: where lines go and answers come from.
        session: the incident.
    """

    def __init__(self, terminal: LineTerminal, session: PlainSession) -> None:
        self.terminal = terminal
        self.session = session
        self.said = Said()
        self._answers: list[str] = []
        self._progress = ProgressNews()
        self._troubles: set[str] = set()

    @property
    def now(self) -> datetime:
        """The present, in UTC."""
        return self.session.services.now()

    @property
    def incident(self) -> Incident:
        """The incident's state."""
        return self.session.incident

    def say(self, *lines: str) -> None:
        """Print lines."""
        self.terminal.say(*lines)

    def ask(self, prompt: str) -> str:
        """Ask within a dialogue. Nothing interrupts the answer; what is in doubt or failed is said first."""
        worst = (RunState.IN_DOUBT.upper(), RunState.FAILED.upper())
        for line in attention_lines(self.session.incident, {}, self.now):
            if line.startswith(worst):
                self.say(line)
        self._answers.append(self.terminal.ask(prompt, unread=True))
        self.session.answered_at = self.now
        return self._answers[-1]

    def unwritten(self) -> list[str]:
        """Return what was answered in words since the last prompt, in a line: it was not written, and is not lost."""
        written = [answer for answer in self._answers if " " in answer]
        return [f"You had written: {'; '.join(written)}"] if written else []

    def ask_next(self, prompt: str) -> str:
        """Ask what to do. What changes meanwhile is said at once, and the question repeated."""
        self._answers.clear()
        said = self.terminal.ask(prompt, self._interrupt)
        self.session.answered_at = self.now
        return said

    def _interrupt(self) -> bool:
        lines = self.changes()
        if lines:
            self.terminal.new_line()
            self.say(*lines)
        return bool(lines)

    def changes(self) -> list[str]:
        """Return what changed since it was last asked, each thing once."""
        incident = self.session.incident
        news = self.session.news()
        for body in (event.body for event in news if isinstance(event.body, HealthChanged)):
            self.said.new(health_of(body.system), health_look(body.status).word)
        lines = [change(incident, event, self.session.services.actor) for event in news]
        lines += self._progress.lines(incident, self.session.readings(), self.now)
        known = self._troubles
        lines += [trouble for trouble in self.troubles() if trouble not in known]
        return [f"{_MARK}{line}" for line in lines if line]

    def troubles(self) -> list[str]:
        """Return what keeps the record or the recovery from going on; it is known from then on."""
        session = self.session
        readings = session.readings()
        unwritable = session.services.write_fault(session.incident.id)
        found = troubles(session.incident, readings, unreadable=session.trouble, unwritable=unwritable)
        found += [f"{NO_RUNNER}. Nothing is run or measured."] if session.runner_missing() else []
        self._troubles = set(found)
        return found
