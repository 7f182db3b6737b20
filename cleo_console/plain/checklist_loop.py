"""The walk through one incident's checklist: say where it stands, ask, do what was answered, again."""

from __future__ import annotations

from cleo_console.plain import notes
from cleo_console.plain.commands import applies, find, offers
from cleo_console.plain.decisions import decide
from cleo_console.plain.in_doubt import resolve
from cleo_console.plain.line_terminal import InputEnded, TakenBack
from cleo_console.plain.notices import named
from cleo_console.plain.questions import number
from cleo_console.plain.runs import run_step
from cleo_console.plain.talk import Talk
from cleo_console.plain.wording import attention_lines, headline, health_lines, next_line, state_words, step_lines
from journal.errors import CleoError
from journal.incident.state import Incident
from journal.plan.model import Step
from screens.guidance.next_action import PrimaryAction, primary_action

_OUTPUT_LINES = 40


class ChecklistLoop:
    """One person's way through one incident.

    Args:
        talk: says and asks.

    Attributes:
        talk: says and asks.
        cursor: the id of the step that is talked about.
    """

    talk: Talk

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        step = self.incident.next_step() or next(self.incident.plan.steps())
        self.cursor = step.id
        self._said = ""
        self._left = False

    @property
    def incident(self) -> Incident:
        """The incident's state."""
        return self.talk.sight.incident

    @property
    def step(self) -> Step:
        """The step that is talked about."""
        return self.incident.plan.by_id[self.cursor]

    def walk(self) -> None:
        """Go on until the person leaves or the input ends."""
        while not self._left:
            try:
                self._turn()
            except TakenBack:
                self.talk.say("Back at the prompt. q leaves; what runs goes on.")
            except InputEnded:
                self._left = True
            except CleoError as error:
                self.talk.say(f"NOT DONE: {error.message} {error.hint}".rstrip())

    def _turn(self) -> None:
        troubles = self.talk.troubles()
        self.talk.say(*self.talk.changes())
        self._header(troubles)
        said = self.talk.ask_next(f"{self.incident.plan.numbers[self.cursor]} >")
        here, before = self.cursor, self.incident.settled(self.cursor)
        self._do(said)
        if self.cursor == here and self.incident.settled(here) and not before:  # not where they just went
            following = self.incident.next_step()
            self.go_to(following.id if following else "")

    def _header(self, troubles: list[str]) -> None:
        """What must stand before every question. The step is said in full once, then in a line."""
        sight, now = self.talk.sight, self.talk.now
        readings = sight.readings()
        self.talk.say("", *headline(self.incident, readings, now))
        self.talk.say(*troubles, *attention_lines(self.incident, readings))
        self.talk.say(*health_lines(self.incident, readings, now, all_=False))
        self.talk.say(next_line(self.incident, sight.catalogue, self.cursor))
        if self._said != self.cursor:
            self.say_step()
        else:
            self.talk.say(f"HERE: {named(self.incident, self.cursor)}: {state_words(self.incident, self.step, now)}.")
        self.talk.say(offers(self))

    def _do(self, said: str) -> None:
        if not said:
            self.act("")
            return
        command, time = find(said)
        if command is not None and applies(self, command):
            command.do(self, time)
        elif command is not None:
            self.talk.say(f"{command.word} does not apply here now.")
        elif said.isdecimal() and self.step.items:
            notes.tick(self.talk, self.step, number(said))
        elif said in ("+", "-"):
            self._go_by(1 if said == "+" else -1)
        elif step_id := self._step_called(said):
            self.go_to(step_id)
        else:
            self.talk.say(f"{said!r} is no answer here. ? says them all.")

    def _step_called(self, said: str) -> str:
        plan = self.incident.plan
        by_number = {place: step_id for step_id, place in plan.numbers.items()}
        return by_number.get(said, said if said in plan.by_id else "")

    def _go_by(self, steps: int) -> None:
        ids = list(self.incident.plan.by_id)
        self.go_to(ids[max(0, min(len(ids) - 1, ids.index(self.cursor) + steps))])

    def go_to(self, step_id: str) -> None:
        """Talk about another step from now on."""
        if step_id:
            self.cursor = step_id
            self._said = ""

    def act(self, time: str) -> None:
        """Do the obvious thing; with a time, as a late entry where the step takes one."""
        talk, step = self.talk, self.step
        todo = primary_action(self.incident, step, talk.sight.catalogue)
        if todo in (PrimaryAction.RUN, PrimaryAction.RUN_AGAIN, PrimaryAction.TAKE_BACK):
            run_step(talk, step)
        elif todo is PrimaryAction.DECIDE:
            self.decide(time)
        elif todo is PrimaryAction.TICK:
            notes.tick_next(talk, step)
        elif todo is PrimaryAction.DONE:
            notes.confirm_done(talk, step, time)
        elif todo is PrimaryAction.RESOLVE:
            resolve(talk, step)
        elif todo is PrimaryAction.GO_TO_NEED:
            self.go_to(self.incident.unmet(step)[0])
        elif todo is PrimaryAction.GO_ON:
            following = self.incident.next_step()
            self.go_to(following.id if following else "")
        else:
            talk.say("The incident is closed. n adds a late note.")

    def decide(self, time: str) -> None:
        """Answer the step's decision."""
        decide(self.talk, self.step, notes.when(self.talk, time))

    def say_step(self) -> None:
        """Say everything there is to say of the step."""
        self._said = self.cursor
        self.talk.say(*step_lines(self.incident, self.step, self.talk.sight.catalogue, self.talk.now))

    def say_output(self) -> None:
        """Say the last lines that the step's last started run printed."""
        runs = [run for run in self.incident.steps[self.cursor].runs if self.incident.runs[run].started_at]
        lines = self.talk.sight.tail(runs[-1], _OUTPUT_LINES)
        self.talk.say(*(f"  {line.text}" for line in lines) if lines else ["It printed nothing."])

    def say_health(self) -> None:
        """Say how every system is."""
        self.talk.say(*health_lines(self.incident, self.talk.sight.readings(), self.talk.now, all_=True))

    def say_list(self) -> None:
        """Say every step that applies, and its state."""
        for phase in self.incident.plan.phases:
            self.talk.say(phase.title)
            for step in (step for section in phase.sections for step in section.steps):
                self.talk.say(f"  {named(self.incident, step.id)}: {state_words(self.incident, step, self.talk.now)}")

    def leave(self) -> None:
        """Leave after this turn; what runs goes on."""
        self._left = True
