"""What enter does at a step, and what else there is to know there, in one sentence."""

from __future__ import annotations

from journal.commands import refusals
from journal.incident.cures import cure_params
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.escalation import calling
from screens.guidance.next_action import PrimaryAction, action_words, destructive, primary_action

_ENTER = {
    PrimaryAction.RUN: "enter: run it",
    PrimaryAction.RUN_AGAIN: "enter: run again",
    PrimaryAction.TAKE_BACK: "enter: take it back",
    PrimaryAction.DECIDE: "enter: decide",
    PrimaryAction.CURE: "enter: go to what helps",
    PrimaryAction.OVERRIDE: "enter: go on anyway, with a reason",
    PrimaryAction.LOOK: "enter: look at everything, all looks at once",
    PrimaryAction.TICK: "1 to 9: tick what is so",
    PrimaryAction.TICKED: "m: mark it done",
    PrimaryAction.NOT_MET: "put right what is not so yet; s: skip it all the same",
    PrimaryAction.DONE: "enter: done by hand, s: nobody did it",
    PrimaryAction.RESOLVE: "enter: look, and say what it was",
    PrimaryAction.GO_ON: "enter: go on to what is next",
    PrimaryAction.GO_TO_NEED: "enter: go to what it waits for",
    PrimaryAction.NOTHING: "",
}
_BEFORE = {
    PrimaryAction.RUN_AGAIN: "Read why below. ",
    PrimaryAction.OVERRIDE: "Read why below. ",
    PrimaryAction.TAKE_BACK: "The incident is closed, and this is still in force. ",
    PrimaryAction.RESOLVE: "Nobody knows how it ended. ",
    PrimaryAction.NOTHING: "The incident is closed. n: add a late note",
}
_OTHERWISE = (PrimaryAction.RUN_AGAIN, PrimaryAction.OVERRIDE)


def enter_words(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return what enter does at this step: ``enter: decide``; empty where it does nothing."""
    todo = primary_action(incident, step, catalogue)
    if todo is PrimaryAction.RUN_AGAIN:
        return f"enter: {action_words(incident, step, catalogue)}" if cure_params(incident, step) else _ENTER[todo]
    if todo is PrimaryAction.TICK and (to_call := calling(incident, step)):
        numbers = ", ".join(map(str, to_call.numbers))
        return f"{'call, then' if to_call.words == 'call' else 'when they have answered,'} press {numbers}; e: how, who"
    if todo is PrimaryAction.RUN and destructive(step, catalogue):
        return "enter: see what it would do, and on what, before it asks"
    return _ENTER[todo]


def advice(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return what to do at this step, with the keys for it."""
    state = incident.state(step.id)
    if state is StepState.REQUESTED and incident.closed_at is None:
        return "Asked for: the runner answers in a moment. g: go on with something else"
    if state is StepState.CANCELLING and incident.closed_at is None:
        return "Asked to stop: it says what it leaves behind. o: output, enter: go on with something else"
    if state.active:
        return "Under way. c: cancel, o: output, enter: go on with something else"
    todo = primary_action(incident, step, catalogue)
    otherwise = _otherwise(incident, step) if todo in _OTHERWISE else ""
    return _BEFORE.get(todo, "") + enter_words(incident, step, catalogue) + otherwise


def _otherwise(incident: Incident, step: Step) -> str:
    """Return what may be said of the step instead of running it, with the keys."""
    skip = ", s: skip" if refusals.skip(incident, step) is None else ""
    return skip + (", m: by hand" if refusals.mark_done(incident, step) is None else "")
