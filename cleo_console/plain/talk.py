"""Talking with one person about one incident: what is in doubt or failed stands before every question."""

from __future__ import annotations

from datetime import UTC, datetime

from cleo_console.plain.line_terminal import LineTerminal
from cleo_console.plain.notices import ProgressNews, change
from cleo_console.plain.plain_session import PlainSession
from cleo_console.plain.wording import attention_lines
from journal.incident.records import RunState

_MARK = "** "


class Talk:
    """Says and asks, with the incident in sight.

    Args:
        teletype: the terminal.
        sight: the incident.
    """

    def __init__(self, teletype: LineTerminal, sight: PlainSession) -> None:
        self.teletype = teletype
        self.sight = sight
        self._progress = ProgressNews()
        self._troubles: set[str] = set()

    @property
    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def say(self, *lines: str) -> None:
        """Print lines."""
        self.teletype.say(*lines)

    def ask(self, prompt: str) -> str:
        """Ask within a dialogue. Nothing interrupts the answer; what is in doubt or failed is said first."""
        worst = (RunState.IN_DOUBT.upper(), RunState.FAILED.upper())
        for line in attention_lines(self.sight.incident, {}):
            if line.startswith(worst):
                self.say(line)
        return self.teletype.ask(prompt)

    def ask_next(self, prompt: str) -> str:
        """Ask what to do. What changes meanwhile is said at once, and the question repeated."""
        return self.teletype.ask(prompt, self._interrupt)

    def _interrupt(self) -> bool:
        lines = self.changes()
        if lines:
            self.teletype.new_line()
            self.say(*lines)
        return bool(lines)

    def changes(self) -> list[str]:
        """Return what changed since it was last asked, each thing once."""
        incident = self.sight.incident
        events = self.sight.news()
        lines = [change(incident, event) for event in events]
        lines += self._progress.lines(incident, self.sight.readings(), self.now)
        known = self._troubles
        lines += [trouble for trouble in self.troubles() if trouble not in known]
        return [f"{_MARK}{line}" for line in lines if line]

    def troubles(self) -> list[str]:
        """Return what keeps the record or the recovery from going on; it is known from then on."""
        sight, found = self.sight, []
        if sight.trouble:
            found.append(f"JOURNAL UNREADABLE, what you read here is old: {sight.trouble}")
        if why := sight.host.trouble(sight.incident.id):
            found.append(f"RUNNER CANNOT WRITE: {why}")
        if sight.runner_missing():
            found.append("NO RUNNER: nothing is run or measured. r starts it.")
        self._troubles = set(found)
        return found
