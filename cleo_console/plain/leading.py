"""Leading an exercise in plain lines: on a dumb terminal, with a screen reader, or from a script."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import datetime

from cleo_console.plain.line_terminal import InputEnded, LineTerminal, TakenBack
from cleo_console.plain.lines import sentence as plain_sentence
from journal.commands.exercise import ExerciseCommands
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.fold import apply_event, fold_events
from journal.incident.state import Incident
from journal.incident.team import PROGRAMS, short_name
from journal.report.words import sentence
from journal.store.journal import Journal, Reader
from journal.wording.durations import stopwatch
from screens.app_services import AppServices
from screens.facilitator.following import Following, InjectRow, Seen
from screens.facilitator.next_words import next_to_lead
from screens.facilitator.words import inject_detail, inject_line
from screens.guidance.moments import moments

_HELP = (
    "l: the list. An inject is named by its number there, or its id.",
    "3: all that is to be known of inject 3",
    "g 3: give it now. h 3: hold it, or let it go on. s 3: leave it out, or take it in again",
    "w 3 WORDS: say it in other words. a 3 lead: say whom it is for",
    "i WORDS: a hint; i 3: the next hint of inject 3; i 3 WORDS: another. @lead in front of the words: for whom",
    "f WORDS: an inject of your own, now. A ? at its end wants an answer; choices behind it: | yes | no",
    "p: stop the clock, or let it go on. b: the moments to rewind to; b 2: rewind to before the second",
    "n ana WORDS: a note on ana; + in front of the words is done well, - to improve",
    "q: leave; the exercise goes on while anybody is at the table",
)


def lead_plain(services: AppServices, incident_id: str) -> None:
    """Lead an exercise on standard input and output until it is left.

    Raises:
        CleoError: there is no such exercise, or it cannot be read.
    """
    width = shutil.get_terminal_size((80, 24)).columns
    with (
        LineTerminal(sys.stdin.fileno(), sys.stdout, width) as terminal,
        services.open(incident_id) as journal,
        Reader(journal.path) as reader,
    ):
        loop = LeadingLoop(terminal, journal, reader, services.now)
        if loop.goes_on:
            services.ensure_runner(incident_id)
        loop.run()


class LeadingLoop:
    """One facilitator's way through one exercise.

    Args:
        terminal: says and asks.
        journal: the exercise's, open for writing.
        reader: the same, for reading.
        now: tells the exercise's time.
    """

    def __init__(self, terminal: LineTerminal, journal: Journal, reader: Reader, now: Callable[[], datetime]) -> None:
        self._terminal = terminal
        self._reader = reader
        self._now = now
        self._actor = journal.actor
        self._incident = fold_events(reader.events())
        self._following = Following()
        self._lead = ExerciseCommands(journal, self._fresh)

    @property
    def goes_on(self) -> bool:
        """Whether the exercise is not closed."""
        return self._incident.closed_at is None

    def run(self) -> None:
        """Go on until the person leaves or the input ends."""
        self._say_list()
        self._terminal.say("? says what can be answered.")
        while True:
            try:
                if self._do(self._terminal.ask("lead >", self._say_news)):
                    return
            except TakenBack:
                self._terminal.say("q leaves.")
            except InputEnded:
                return
            except CleoError as error:
                self._terminal.say(f"NOT DONE: {error.message} {error.hint}".rstrip())

    def _do(self, said: str) -> bool:
        """Do what was answered; return whether to leave."""
        self._say_news()
        letter, _, rest = said.partition(" ")
        does: dict[str, Callable[[str], object]] = {
            "": lambda rest: self._say_list(),
            "l": lambda rest: self._say_list(),
            "?": lambda rest: self._terminal.say(*_HELP),
            "g": lambda rest: self._lead.give(self._row(rest).inject.id),
            "h": self._hold,
            "s": self._skip,
            "w": lambda rest: self._with_words(rest, self._lead.reword),
            "a": lambda rest: self._with_words(rest, self._lead.address),
            "i": self._hint,
            "f": self._lead.ask,
            "p": lambda rest: self._lead.pause(not self._fresh().review.paused),
            "b": self._back,
            "n": self._note,
        }
        if letter in does:
            does[letter](rest.strip())
        elif letter != "q":
            self._terminal.say(*(plain_sentence(line) for line in inject_detail(self._row(said))))
        self._say_news(own=True)
        return letter == "q"

    def _hold(self, rest: str) -> None:
        row = self._row(rest)
        (self._lead.release if row.state == "held" else self._lead.hold)(row.inject.id)

    def _skip(self, rest: str) -> None:
        row = self._row(rest)
        (self._lead.release if row.state == "skipped" else self._lead.skip)(row.inject.id)

    def _with_words(self, rest: str, do: Callable[[str, str], object]) -> None:
        name, _, words = rest.partition(" ")
        do(self._row(name).inject.id, words)

    def _hint(self, rest: str) -> None:
        """Give the next hint of an inject, another one on it, or one on nothing."""
        name, _, words = rest.partition(" ")
        row = self._called(name)
        if row is None:
            self._lead.say(rest)
        elif not (words or row.next_hint):
            raise CleoError(f"The script has no other hint on {row.inject.id}.", f"Give one in words: i {name} WORDS")
        else:
            self._lead.say(words or row.next_hint, row.to, row.inject.id if row.given else "")

    def _note(self, rest: str) -> None:
        name, _, words = rest.partition(" ")
        known = [one.who for one in self._seen().people]
        who = next((one for one in known if name in (one, short_name(one))), "")
        if not who:
            raise CleoError(
                f"Nobody here is {name!r}.", f"There are: {', '.join(map(short_name, known)) or 'none yet'}."
            )
        self._lead.mark(who, words)

    def _back(self, rest: str) -> None:
        found = moments(self._fresh())
        if not rest:
            lines = [f"  {n} {one.at:%H:%M:%S} {one.words}" for n, one in enumerate(found, 1)]
            self._terminal.say("b and a number rewinds to before it; all since then does not count:", *lines)
        elif rest.isdecimal() and 0 < int(rest) <= len(found):
            self._lead.rewind(found[int(rest) - 1].to, found[int(rest) - 1].before)
        else:
            raise CleoError(f"There is no moment {rest!r}.", "b lists them.")

    def _row(self, name: str) -> InjectRow:
        row = self._called(name)
        if row is None:
            raise CleoError(f"There is no inject {name!r}.", "l lists them; ? says what can be answered.")
        return row

    def _called(self, name: str) -> InjectRow | None:
        rows = self._seen().injects
        if name.isdecimal() and 0 < int(name) <= len(rows):
            return rows[int(name) - 1]
        return next((row for row in rows if row.inject.id == name), None)

    def _seen(self) -> Seen:
        return self._following.look(self._reader)

    def _fresh(self) -> Incident:
        for event in self._reader.events(after=self._incident.seq):
            apply_event(self._incident, event)
        return self._incident

    def _say_list(self) -> None:
        """Say how the exercise stands, and each inject."""
        incident, now = self._fresh(), self._now()
        began = incident.review.exercise_began_at or incident.declared_at
        paused, over = incident.review.paused, incident.closed_at is not None
        state = " CLOSED." if over else " STOPPED." if paused else ""
        self._terminal.say(f"Leading {incident.id}, {stopwatch((now - began).total_seconds())} into it.{state}")
        for n, row in enumerate(self._seen().injects, 1):
            self._terminal.say(f"{n} {plain_sentence(inject_line(row, now, paused=paused, over=over))}")
        found = next_to_lead(incident, self._seen(), now)
        self._terminal.say(f"Next: {found.words}.")

    def _say_news(self, *, own: bool = False) -> bool:
        """Say what people did and were told since it was last said; return whether there was anything."""
        told = [self._news(event) for event in self._reader.events(after=self._incident.seq)]
        self._fresh()
        lines = [line for line in told if line]
        if lines and not own:
            self._terminal.new_line()
        self._terminal.say(*lines)
        return bool(lines)

    def _news(self, event: e.Event) -> str:
        if short_name(event.actor) in PROGRAMS and not isinstance(event.body, e.InjectGiven | e.InjectAnswered):
            return ""
        if isinstance(event.body, e.InjectLed | e.ParticipantMarked):
            return f"** {event.actor}: written" if event.actor == self._actor else ""
        return f"** {event.actor}: {sentence(self._incident, event.body)}"
