"""The loop of line mode: say where the checklist stands, ask, do what was answered, again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cleo_console.plain import notes, sayings
from cleo_console.plain.commands import applies, find, help_lines, offers
from cleo_console.plain.conversation import Conversation
from cleo_console.plain.decisions import decide, decide_together
from cleo_console.plain.in_doubt import resolve
from cleo_console.plain.line_terminal import InputEnded, TakenBack
from cleo_console.plain.lines import (
    attention_lines,
    clocks,
    due_lines,
    exercise_lines,
    headline,
    health_news,
    here_line,
    next_line,
    step_lines,
)
from cleo_console.plain.parameters import run_with
from cleo_console.plain.questions import number
from cleo_console.plain.runs import dry_run, override_step, run_step, show_log
from journal.errors import CleoError
from journal.incident.cures import remedy
from journal.incident.proposals import proposals
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.upcoming import next_step, paperwork
from journal.plan.model import Step
from screens.guidance.advice import advice
from screens.guidance.attention import attention
from screens.guidance.keys import Key
from screens.guidance.next_action import PrimaryAction, looks, primary_action
from screens.guidance.people import taken_by_other, team_words


class ChecklistLoop:
    """One person's way through one incident.

    Args:
        conversation: says and asks.

    Attributes:
        conversation: says and asks.
        cursor: the id of the step that is talked about.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        step = next_step(self.incident) or next(self.incident.plan.steps())
        self.cursor = step.id
        self._described = ""
        self._said = conversation.said
        self._left = False

    @property
    def incident(self) -> Incident:
        """The incident's state."""
        return self.conversation.incident

    @property
    def step(self) -> Step:
        """The step that is talked about."""
        return self.incident.plan.by_id[self.cursor]

    def run(self) -> None:
        """Go on until the person leaves or the input ends."""
        while not self._left:
            try:
                self._turn()
            except TakenBack:
                self.conversation.say("Back at the prompt. q leaves; what runs goes on.")
            except InputEnded:
                self._left = True
            except CleoError as error:
                not_done = f"NOT DONE: {error.message} {error.hint}".rstrip()
                self.conversation.say(not_done, *self.conversation.unwritten())

    def _turn(self) -> None:
        troubles = self.conversation.troubles()
        self.conversation.say(*self.conversation.changes())
        self._header(troubles)
        said = self.conversation.ask_next(f"{self.incident.plan.numbers[self.cursor]} >")
        here, before = self.cursor, self.incident.settled(self.cursor)
        self._do(said)
        if self.cursor == here and self.incident.settled(here) and not before:  # not where they just went
            self._go_next()

    def _header(self, troubles: list[str]) -> None:
        """Say what must stand before every question, and of all the rest what changed since it was said."""
        say, new, session, now = self.conversation.say, self._said.new, self.conversation.session, self.conversation.now
        incident, step, readings = self.incident, self.step, self.conversation.session.readings()
        say("", *new("incident", headline(incident)), *new("clocks", clocks(incident, readings, now)))
        say(*troubles, *attention_lines(incident, readings, now), *due_lines(incident, session.catalogue, now))
        say(*health_news(incident, readings, now, self._said))
        say(*filter(None, new("team", team_words(incident, session.here, session.services.actor))))
        missing, me = session.runner_missing(), session.services.actor
        say(*new("exercise", *exercise_lines(incident, now, me)))
        taken = taken_by_other(incident, next_step(incident), me, now)
        say(*new("next", next_line(incident, session.catalogue, self.cursor, me, taken=taken, runner_missing=missing)))
        if self._described != self.cursor:
            self._say_step()
        say(*new("here", here_line(incident, step, now)))
        say(*new("answers", offers(incident, step, session.catalogue, runner_missing=missing)))

    def _do(self, said: str) -> None:
        if not said:
            self._act("")
            return
        command, time = find(said)
        if command is not None and self._applies(command):
            self._commands(time)[command.letter]()
        elif command is not None:
            self.conversation.say(f"{command.word} does not apply here now.")
        elif said.partition(" ")[0].isdecimal() and self.step.items:
            item, _, words = said.partition(" ")
            notes.tick(self.conversation, self.step, number(item), words.strip())
        elif said in ("+", "-"):
            self._go_by(1 if said == "+" else -1)
        elif step_id := self._step_called(said):
            self.go_to(step_id)
        else:
            self.conversation.say(f"{said!r} is no answer here. ? says them all.")

    def _applies(self, command: Key) -> bool:
        session = self.conversation.session
        missing = session.runner_missing()
        return applies(command, self.incident, self.step, session.catalogue, runner_missing=missing)

    def _commands(self, time: str) -> dict[str, Callable[[], object]]:
        """Return what each letter does here; ``time`` makes a late entry of what takes one."""
        to, step = self.conversation, self.step
        return {
            "a": partial(self._act, time),
            "d": partial(dry_run, to, step),
            "s": partial(notes.skip, to, step, time),
            "m": partial(notes.mark_done, to, step, time),
            "v": partial(override_step, to, step),
            "c": partial(notes.cancel, to, step),
            "u": partial(self._reopen, time),
            "o": partial(sayings.say_output, to, step),
            "j": lambda: self.go_to(attention(self.incident, self.cursor)),
            "g": self._go_next,
            "D": self._go_due,
            "n": partial(notes.note, to, step),
            "i": partial(notes.take, to, step),
            "p": partial(run_with, to, step),
            "L": partial(show_log, to, step),
            "b": partial(notes.role, to),
            "y": partial(sayings.say_commands, to, step),
            "h": partial(sayings.say_health, to),
            "H": partial(sayings.say_handover, to),
            "l": partial(sayings.say_list, to),
            "w": self._say_all_again,
            "r": self._start_runner,
            "x": partial(notes.close, to),
            "?": lambda: to.say(*help_lines()),
            "q": self._leave,
        }

    def _step_called(self, said: str) -> str:
        plan = self.incident.plan
        by_number = {place: step_id for step_id, place in plan.numbers.items()}
        return by_number.get(said, said if said in plan.by_id else "")

    def _go_by(self, steps: int) -> None:
        ids = list(self.incident.plan.by_id)
        self.go_to(ids[max(0, min(len(ids) - 1, ids.index(self.cursor) + steps))])

    def _go_due(self) -> None:
        step = paperwork(self.incident, self.conversation.now)
        self.go_to(step.id if step else "")

    def _go_next(self) -> None:
        step = next_step(self.incident)
        self.go_to(step.id if step else "")

    def go_to(self, step_id: str) -> None:
        """Talk about another step from now on; an empty id is nowhere."""
        if step_id:
            self.cursor = step_id
            self._described = ""

    def _act(self, time: str) -> None:
        """Do the next action; with a time, as a late entry where the step takes one."""
        to, step = self.conversation, self.step
        todo = primary_action(self.incident, step, to.session.catalogue)
        does: dict[PrimaryAction, Callable[[], object]] = {
            PrimaryAction.RUN: partial(run_step, to, step),
            PrimaryAction.RUN_AGAIN: partial(run_step, to, step),
            PrimaryAction.TAKE_BACK: partial(run_step, to, step),
            PrimaryAction.DECIDE: partial(self._decide_all, time),
            PrimaryAction.CURE: lambda: self.go_to(found.step.id if (found := remedy(self.incident, step)) else ""),
            PrimaryAction.OVERRIDE: partial(override_step, to, step),
            PrimaryAction.LOOK: partial(self._look, step),
            PrimaryAction.TICK: self._go_on_from_manual,
            PrimaryAction.TICKED: self._go_on_from_manual,
            PrimaryAction.NOT_MET: self._go_on_from_manual,
            PrimaryAction.DONE: partial(notes.mark_done, to, step, time),
            PrimaryAction.RESOLVE: partial(resolve, to, step),
            PrimaryAction.GO_TO_NEED: lambda: self.go_to(self.incident.unmet(step)[0]),
            PrimaryAction.GO_ON: self._go_next,
            PrimaryAction.NOTHING: self._say_nothing_to_do,
        }
        does[todo]()

    def _decide_all(self, time: str) -> None:
        """Ask for what can be decided together, at once; what is noted late, alone."""
        if not time and len(proposals(self.incident, self.step)) > 1:
            decide_together(self.conversation, self.step)
        else:
            self._decide(time)

    def _look(self, step: Step) -> None:
        for other in looks(self.incident, step):
            run_step(self.conversation, other)

    def _go_on_from_manual(self) -> None:
        """Go to what is next; where that is here, say which keys there are: enter ticks nothing."""
        here = self.cursor
        self._go_next()
        if self.cursor == here:
            self._say_nothing_to_do()

    def _say_nothing_to_do(self) -> None:
        words = advice(self.incident, self.step, self.conversation.session.catalogue)
        self.conversation.say(f"{words}.")

    def _decide(self, time: str) -> None:
        decide(self.conversation, self.step, notes.when(self.conversation, time))

    def _reopen(self, time: str) -> None:
        """Take back what was said of the step; a decision is made again."""
        if self.step.decision is not None and self.incident.state(self.step.id) is StepState.DONE:
            self._decide(time)
        else:
            notes.reopen(self.conversation, self.step)

    def _start_runner(self) -> None:
        self.conversation.session.start_runner()
        self.conversation.say("A runner is at work.")

    def _say_all_again(self) -> None:
        """Have the next header say everything, as if nothing had been said."""
        self._said.forget()
        self._described = ""

    def _say_step(self) -> None:
        """Say everything there is to say of the step, its state too."""
        self._described = self.cursor
        catalogue, now = self.conversation.session.catalogue, self.conversation.now
        self._said.new("here", here_line(self.incident, self.step, now))
        self.conversation.say(*step_lines(self.incident, self.step, catalogue, now))

    def _leave(self) -> None:
        self._left = True
