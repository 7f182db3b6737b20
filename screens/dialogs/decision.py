"""The decision dialogs: one for each kind of question the plan asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from actions.positions import position_forms
from journal.incident.affected import choices, chosen
from journal.incident.decisions import AnswerRefused, check_answer, refusal, require_reason
from journal.incident.state import Incident
from journal.incident.suggestion import beginning
from journal.plan.model import Decision, Step
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.guidance.times import EXAMPLES, NotATime, instant
from screens.live.clocked import clock_of
from screens.widgets.choices import Choices
from screens.widgets.echo import Echo
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet
from screens.widgets.tick_list import Ticks


class Answer(NamedTuple):
    """What was decided, and why; ``because`` is what it was proposed for, where that was taken."""

    answer: str
    reason: str
    because: str = ""


class DecisionDialog(Dialog[Answer]):
    """A question, its possible answers, and the reason. Refused answers are shown as refused, and why.

    Args:
        incident: its state.
        step: the step that asks.
    """

    CONFIRM = "Decide (enter)"
    BECAUSE_FIRST: ClassVar[bool] = True
    """Whether what the suggestion rests on stands before the answers."""

    def __init__(self, incident: Incident, step: Step) -> None:
        super().__init__(incident.plan.named(step.id), incident.kind)
        if step.decision is None:
            raise ValueError(f"step {step.id} asks for no decision")
        self._incident = incident
        self._step = step
        self.decision: Decision = step.decision

    def body(self) -> Iterable[Widget]:
        """Yield the question, the answers, the reason."""
        yield Quiet(Content.assemble((sanitize(self.decision.question), "bold")))
        if self.BECAUSE_FIRST:
            yield from self.because()
        yield from self.answers()
        yield Quiet("why (the report asks for it)", classes="label")
        yield Field(id="reason")

    def because(self) -> Iterable[Widget]:
        """Yield what the suggested answer rests on, if there is one."""
        if because := beginning(self._incident, self.decision).because:
            yield Quiet(Content.assemble(("preselected: ", "$quiet"), sanitize(because)), id="because")

    def answers(self) -> Iterable[Widget]:
        """Yield the field of a free answer; kinds with something to choose from override it."""
        yield Field(value=self.suggested(), id="answer")

    def answer(self) -> str:
        """Return the answer as it is now; empty while there is none."""
        return self.query_one("#answer", Input).value.strip()

    def suggested(self) -> str:
        """Return the answer that the question begins with."""
        return beginning(self._incident, self.decision).answer

    def refused(self, answer: str) -> str:
        """Return why the scenario refuses an answer, or an empty string."""
        return refusal(self._incident, self.decision.name, answer)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the reason decides; in another field it goes on to the reason."""
        event.stop()
        if event.input.id == "reason":
            self.confirm()
        else:
            self.go_to_reason()

    def go_to_reason(self) -> None:
        """Go on to the reason, the last part."""
        self.query_one("#reason", Input).focus()

    def confirm(self) -> None:
        """Give the answer, or say what is wrong with it."""
        if not self.answer() and self.query(Choices):
            self.complain_of_no_choice()
            return
        try:
            answer = check_answer(self._incident, self.decision, self.answer(), position_forms(self._incident))
            proposed = beginning(self._incident, self.decision)
            because = proposed.because if answer == proposed.answer else ""
            if not self.query_one("#reason", Input).value.strip():
                require_reason(self._incident, self.decision, answer, because)
        except AnswerRefused as error:
            self.complain(f"{error.message} {error.hint}")
            return
        self.dismiss(Answer(answer, self.query_one("#reason", Input).value.strip(), because))


class ChooseOne(DecisionDialog):
    """One of the plan's options. Enter on an option goes on to the reason."""

    def answers(self) -> Iterable[Widget]:
        """Yield the options."""
        yield Choices(*(self._option(name) for name in self.decision.options), id="options", markup=False)

    def _option(self, name: str) -> Option:
        option, why = self.decision.options[name], self.refused(name)
        if why:
            prompt = Content.assemble(
                (f"✗ {sanitize(option.title)}\n", "$quiet strike"), (f"  REFUSED: {sanitize(why)}", "$text-error")
            )
            return Option(prompt, id=name, disabled=True)
        text = f"\n  {sanitize(option.text)}" if option.text else ""
        evidence = "".join(f"\n  {line}" for line in self.evidence(name))
        return Option(Content.assemble((sanitize(option.title), "bold"), (text, "$quiet"), evidence), id=name)

    def evidence(self, name: str) -> list[str]:
        """Return what is known of an option, a line each."""
        return []

    def on_mount(self) -> None:
        """Begin at the suggested option; without one, nothing is chosen until a person chooses."""
        options = self.query_one(Choices)
        options.choose(self.suggested())
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """An option was chosen: go on to the reason."""
        event.stop()
        self.go_to_reason()

    def answer(self) -> str:
        """Return the chosen option's name; empty while none is."""
        return self.query_one(Choices).chosen


class ChooseSystems(DecisionDialog):
    """Any of the plan's systems: space ticks, enter goes on to the reason."""

    def answers(self) -> Iterable[Widget]:
        """Yield the systems, those that are suggested ticked."""
        ticked = chosen(self._incident, self.suggested())
        yield Quiet("space ticks, enter goes on to the reason", classes="label")
        yield Ticks[str](
            *(
                Selection(Content(sanitize(title)), name, name in ticked)
                for name, title in choices(self._incident).items()
            ),
            id="systems",
            compact=True,
        )

    def on_mount(self) -> None:
        """Begin at the systems."""
        self.query_one("#systems").focus()

    def on_ticks_answered(self, event: Ticks.Answered) -> None:
        """Enter goes on to the reason."""
        event.stop()
        self.go_to_reason()

    def answer(self) -> str:
        """Return the ticked systems in the order of the plan."""
        ticked: list[str] = self.query_one("#systems", Ticks).selected
        return ",".join(name for name in choices(self._incident) if name in ticked)


class ChooseInstant(DecisionDialog):
    """A moment, whose UTC instant is shown before it counts; what it rests on is shown, or asked for."""

    def answers(self) -> Iterable[Widget]:
        """Yield the field, and what the time will count as."""
        yield Field(value=self.suggested(), placeholder=EXAMPLES, id="answer")
        yield Echo(id="echo")

    def on_mount(self) -> None:
        """Begin in the answer."""
        self.query_one("#answer").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the time will count as."""
        if event.input.id == "answer":
            self.query_one(Echo).follow(event.value.strip() or None)

    def answer(self) -> str:
        """Return the time as its UTC instant; as it was typed where it is none."""
        value = super().answer()
        try:
            return instant(value, clock_of(self)()).isoformat() if value else ""
        except NotATime:
            return value


class FreeText(DecisionDialog):
    """An answer in words."""

    def on_mount(self) -> None:
        """Begin in the answer."""
        self.query_one("#answer").focus()
