"""Several decisions in one dialog: each with the answer that suggests itself, and what that rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from journal.incident.answers import answer_title
from journal.incident.proposals import Decided, Proposal, proposals
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.counting import count
from journal.wording.sanitize import sanitize
from screens.dialogs.decision import Answer
from screens.dialogs.dialog import Dialog
from screens.guidance.evidence import evidence
from screens.live.clocked import clock_of
from screens.widgets.choices import Choices
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet

_READ_ON = "Read on (enter)"
AskOne = Callable[[Incident, Step, Callable[[Answer], object]], None]
"""Asks for one decision alone: the incident in which it is asked, the step, and what gets the answer."""


class ProposalsDialog(Dialog[list[Decided]]):
    """What suggests itself for several decisions. Enter decides all that have an answer.

    Enter on one of the lines asks for that one alone; what follows from its answer is proposed anew. A decision for
    which nothing speaks is shown as such, and is not decided here.

    Args:
        incident: its state.
        step: one of the steps that ask.
        readings: the latest health readings, by name: evidence.
        ask_one: asks for one of them alone.
    """

    READS: ClassVar[int] = 2
    CONFIRM = "Decide all (enter)"

    def __init__(self, incident: Incident, step: Step, readings: Mapping[str, Reading], ask_one: AskOne) -> None:
        self._incident, self._step, self._readings, self._ask_one = incident, step, readings, ask_one
        self._given: dict[str, Answer] = {}
        self._seen = 0
        self._found = proposals(incident, step)
        super().__init__(self._questions(), incident.kind)

    def _questions(self) -> str:
        return f"Decide together: {count(len(self._found), 'question')}"

    def body(self) -> Iterable[Widget]:
        """Yield the decisions."""
        yield Choices(*self._options(), id="options", markup=False)

    def foot(self) -> Iterable[Widget]:
        """Yield the reason: it stays in sight."""
        yield Quiet("why (for the report) · up, then enter on one: answer it otherwise", classes="label")
        yield Field(id="reason")

    def on_mount(self) -> None:
        """Begin at the reason, the last part."""
        self.query_one("#reason", Input).focus()
        self.watch(self.query_one("#body"), "scroll_y", self._shown)
        self.call_after_refresh(self._shown)

    def _shown(self) -> None:
        """Note down to which line it was on the screen, and say what enter does."""
        body = self.query_one("#body")
        self._seen = max(self._seen, body.scroll_offset.y + body.size.height)
        self.query_one("#confirm", Button).label = self.CONFIRM if self._all_seen else _READ_ON

    @property
    def _all_seen(self) -> bool:
        return self._seen >= self.query_one("#body").virtual_size.height

    def _options(self) -> list[Option]:
        return [Option(self._words(one), id=one.step.id) for one in self._found]

    def _words(self, one: Proposal) -> Content:
        """Return a decision: its question and answer, what speaks for it, and what is known of it."""
        asked = f"{self._incident.plan.numbers[one.step.id]} {sanitize(one.decision.name.replace('_', ' '))}: "
        if not one.answer:
            return Content.assemble((asked, "$quiet"), ("? nothing speaks for an answer: asked next", "$text-warning"))
        answer = answer_title(one.before, one.decision.name, one.answer)
        why = self._given[one.step.id].reason if one.step.id in self._given else one.because
        known = [why, *evidence(one, self._readings, clock_of(self)())]
        said = sanitize("; ".join(line for line in known if line))
        return Content.assemble((asked, "$quiet"), (sanitize(answer), "bold"), (f" ({said})" if said else "", "$quiet"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """One was chosen: ask for it alone."""
        event.stop()
        one = next(one for one in self._found if one.step.id == event.option.id)
        self._ask_one(one.before, one.step, lambda answer: self._answered(one.step, answer))

    def _answered(self, step: Step, answer: Answer) -> None:
        """Take a person's answer, and propose anew what follows from it."""
        self._given[step.id] = answer
        self._found = proposals(self._incident, self._step, {id: given.answer for id, given in self._given.items()})
        self.entitle(self._questions())
        options = self.query_one(Choices)
        options.clear_options()
        options.add_options(self._options())
        self._seen = 0  # other answers stand there now
        self.query_one("#body").scroll_home(animate=False)
        self.call_after_refresh(self._shown)
        self.query_one("#reason", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the reason decides."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the answers, or say that there is none yet; nothing is decided that was not on the screen."""
        if not self._all_seen:
            self.query_one("#body").scroll_page_down(animate=False)
            return
        reason = self.query_one("#reason", Input).value.strip()
        decided = [self._decided(one, reason) for one in self._found if one.answer]
        if decided:
            self.dismiss(decided)
        else:
            self.complain("Nothing speaks for an answer to any of these. Press up, and enter on one of them.")

    def _decided(self, one: Proposal, reason: str) -> Decided:
        given = self._given.get(one.step.id)
        return Decided(one.step, one.answer, (given.reason if given else "") or reason, one.because)
