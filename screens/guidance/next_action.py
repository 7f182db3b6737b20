"""What to do next, at a step and in the incident as a whole."""

from __future__ import annotations

from enum import StrEnum

from journal.commands import refusals
from journal.incident.called import open_items
from journal.incident.closing import remaining
from journal.incident.cures import (
    advised_against,
    cure_params,
    found_to_help,
    helps,
    own_cure,
    remedy,
    wanted_for,
    without_help,
)
from journal.incident.instances import ready, stuck_runs, waiting
from journal.incident.known import not_met, to_be_taken_back
from journal.incident.proposals import proposals
from journal.incident.records import Run, StepState
from journal.incident.same_run import refused_for
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.escalation import calling
from screens.guidance.left_out import NOTHING_HERE, left_out_together, nothing_does, runnable
from screens.guidance.looks import group
from screens.guidance.names import title
from screens.guidance.run_text import typed


class PrimaryAction(StrEnum):
    """What enter does at a step, in the words of the key line."""

    RUN = "run"
    RUN_AGAIN = "run again"
    CURE = "go to what helps"
    OVERRIDE = "decide whether to go on anyway"
    LOOK = "look at everything"
    DECIDE = "decide"
    TICK = "tick"
    TICKED = "mark done"
    NOT_MET = "put right, or skip"
    DONE = "do by hand, or skip"
    RESOLVE = "resolve doubt"
    TAKE_BACK = "take back what is in force"
    GO_ON = "go on"
    GO_TO_NEED = "go to what it waits for"
    NOTHING = ""


def destructive(step: Step, catalogue: Catalogue) -> bool:
    """Return whether the interlock must ask before the step runs."""
    spec = catalogue.get(step.action)
    return step.destructive or (spec is not None and spec.destructive)


def primary_action(incident: Incident, step: Step, catalogue: Catalogue) -> PrimaryAction:
    """Return what enter does at ``step`` now."""
    state = incident.state(step.id)
    if state is StepState.REQUESTED and not waiting(incident, step):  # pressed again and again, it asks once
        return PrimaryAction.NOTHING
    if incident.closed_at is not None:
        return PrimaryAction.TAKE_BACK if takes_back(incident, step) else PrimaryAction.NOTHING
    if state.active:  # of several systems, one may be begun while another is under way
        return PrimaryAction.RUN if waiting(incident, step) else PrimaryAction.GO_ON
    if state is StepState.IN_DOUBT:
        return PrimaryAction.RESOLVE
    if step.kind == "decision" and state is StepState.SKIPPED:  # later steps may depend on its answer
        return PrimaryAction.DECIDE
    if state.settled:
        run = PrimaryAction.RUN if state.by_evidence else PrimaryAction.RUN_AGAIN
        again = PrimaryAction.DECIDE if step.kind == "decision" else run
        return again if helps(incident, step) or found_to_help(incident, step) else PrimaryAction.GO_ON
    if state is StepState.WAITING and not ready(incident, step):
        return PrimaryAction.GO_TO_NEED
    if step.kind == "decision":
        return PrimaryAction.DECIDE
    if step.is_run:
        return _run(incident, step, state) if runnable(incident, step, catalogue) else PrimaryAction.DONE
    return _by_a_person(incident, step)


def _by_a_person(incident: Incident, step: Step) -> PrimaryAction:
    if open_items(incident, step):
        return PrimaryAction.TICK
    return PrimaryAction.NOT_MET if not_met(incident, step) else PrimaryAction.TICKED


def enter_action(incident: Incident, step: Step, catalogue: Catalogue) -> PrimaryAction:
    """Return what enter does at ``step``: it ticks nothing, and goes on to what is next where that is elsewhere."""
    todo = primary_action(incident, step, catalogue)
    if todo not in (PrimaryAction.TICK, PrimaryAction.TICKED, PrimaryAction.NOT_MET):
        return todo
    return PrimaryAction.NOTHING if next_step(incident) in (step, None) else PrimaryAction.GO_ON


def takes_back(incident: Incident, step: Step) -> bool:
    """Return whether the step takes back what a closed incident left in force: that may still be done."""
    return incident.takes_back(step.action) and refusals.while_active(incident, step) is None


def action_words(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return what NEXT calls the next action at ``step``; empty where there is none.

    Nobody is sent for ever to run again what that does not mend, nor past a failure unasked.
    """
    todo = primary_action(incident, step, catalogue)
    if leaves_out(incident, step, catalogue):
        return NOTHING_HERE
    if todo is PrimaryAction.TICK and (to_call := calling(incident, step)):
        return to_call.words
    if _better_left_out(incident, step, todo):
        return "leave out"
    if todo is PrimaryAction.RUN and own_cure(incident, step) and (params := cure_params(incident, step)):
        return f"run with{typed('', params)}"  # what its dry run failed for want of
    if todo is not PrimaryAction.RUN_AGAIN:
        return todo.value
    if by_hand_instead(incident, step):
        return "do it by hand, then mark done"
    if _in_vain(incident, step):
        return "by hand, run again or skip"
    if params := cure_params(incident, step):
        given = typed("", params)
        return f"run again with{given}" if given else "run again without its parameters"
    if cure := own_cure(incident, step):
        return todo.value if cure.action else "do what helps, then run again"
    return todo.value


def leaves_out(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    """Return whether what is proposed at a step is to leave it out: nothing here does it, in no incident."""
    by_hand = primary_action(incident, step, catalogue) is PrimaryAction.DONE
    return by_hand and nothing_does(incident, step, catalogue)


def _better_left_out(incident: Incident, step: Step, todo: PrimaryAction) -> bool:
    """Whether a run found that the step would do harm or has nothing to do, and nothing else helps it first."""
    would_run = todo is PrimaryAction.RUN or (todo is PrimaryAction.RUN_AGAIN and own_cure(incident, step) is None)
    return would_run and advised_against(incident, step) is not None and refusals.skip(incident, step) is None


def by_hand_instead(incident: Incident, step: Step) -> bool:
    """Return whether the step failed, and what helps is to do by hand what it is there for."""
    cure = own_cure(incident, step)
    return cure is not None and cure.instead and refusals.mark_done(incident, step) is None


def _in_vain(incident: Incident, step: Step) -> bool:
    """Whether another run of a step that failed is unlikely to help, and nothing else is known to do with it.

    What is settled already, and would help another step, is neither skipped nor done by hand once more.
    """
    cure = own_cure(incident, step)
    otherwise = (cure and (cure.action or cure.override)) or refusals.skip(incident, step) is not None
    return not otherwise and (incident.failed_again(step.id) or without_help(incident, step))


def because(incident: Incident, step: Step) -> str:
    """Return why a step is next, where a look, a failure or what its items wait for says so; else nothing."""
    against = advised_against(incident, step)
    if against and not own_cure(incident, step) and not remedy(incident, step):
        return against.words
    if not open_items(incident, step) and (left := not_met(incident, step)):
        return "; ".join(fact.words for fact in left.values())
    if primary := remedy(incident, step):
        return f"{title(incident, primary.step)}: {primary.cure.words}"
    if cure := wanted_for(incident, step):
        return cure.words
    return "script CHANGED" if step.id in incident.drifted else ""


def _run(incident: Incident, step: Step, state: StepState) -> PrimaryAction:
    if state in (StepState.FAILED, StepState.CANCELLED):
        own = own_cure(incident, step)
        if own and own.override and refused_run(incident, step.id):
            return PrimaryAction.OVERRIDE
        return PrimaryAction.CURE if remedy(incident, step) else PrimaryAction.RUN_AGAIN
    if remedy(incident, step):  # a gate refused it, and this opens the gate
        return PrimaryAction.CURE
    if _refused_again(incident, step):
        return PrimaryAction.OVERRIDE
    return PrimaryAction.LOOK if len(looks(incident, step)) > 1 else PrimaryAction.RUN


def _refused_again(incident: Incident, step: Step) -> bool:
    """Whether a gate that a person may open refused the step twice, and nothing else opens it."""
    run = refused_run(incident, step.id)
    runs = [incident.runs[number] for number in incident.steps[step.id].runs]
    last = [one.refusal for one in runs if run and one.changes_step and one.system == run.system][-2:]
    gates = [refusal.gate for refusal in last if refusal and refusal.yields != "never"]
    return len(gates) == 2 and len(set(gates)) == 1


def looks(incident: Incident, step: Step) -> list[Step]:
    """Return the looks that are run together with ``step``, itself among them: those that nobody ran yet."""
    return [other for other in group(incident, step) if incident.state(other.id) is StepState.READY]


def done_together(incident: Incident, step: Step, catalogue: Catalogue) -> list[Step]:
    """Return the steps that one key does: decisions that are asked for together, or what is left out together."""
    if primary_action(incident, step, catalogue) is PrimaryAction.DECIDE:
        return [one.step for one in proposals(incident, step)]
    return skipped_together(incident, step, catalogue)


def by_hand_together(incident: Incident, step: Step, catalogue: Catalogue) -> list[Step]:
    """Return the steps of which a person says as one that nobody did them: ``step``, and those that follow from it.

    These are what the console cannot run and that wait for nothing but each other; none of them is optional or
    destructive. ``step`` alone, where the console can run it.
    """
    if primary_action(incident, step, catalogue) is not PrimaryAction.DONE or destructive(step, catalogue):
        return [step]
    together = [step]
    for other in incident.plan.steps():
        if other is not step and _by_hand(incident, other, catalogue):
            known = {one.id for one in together}
            together += [other] if known.issuperset(incident.unmet(other)) else []
    return together


def skipped_together(incident: Incident, step: Step, catalogue: Catalogue) -> list[Step]:
    """Return the steps that are skipped with ``step``, itself among them: what nothing here does, or what follows."""
    if leaves_out(incident, step, catalogue):
        return left_out_together(incident, step, catalogue)
    return by_hand_together(incident, step, catalogue)


def _by_hand(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    """Whether a step is open, required and harmless, and the console cannot run it."""
    if not step.is_run or step.optional or destructive(step, catalogue):
        return False
    if runnable(incident, step, catalogue):
        return False
    return incident.state(step.id) in (StepState.READY, StepState.WAITING)


def by_keys(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return the keys that do the next action at a step: enter never says that somebody did or said something."""
    todo = primary_action(incident, step, catalogue)
    if todo is PrimaryAction.RUN_AGAIN and by_hand_instead(incident, step):
        return "m, enter"
    if todo is PrimaryAction.RUN_AGAIN and _in_vain(incident, step):
        return "s, m, enter"
    if leaves_out(incident, step, catalogue):
        return "s"
    if _better_left_out(incident, step, todo):
        return "s, enter"
    if todo is PrimaryAction.TICK:
        to_call = calling(incident, step)
        numbers = to_call.numbers if to_call else [step.items.index(item) + 1 for item in open_items(incident, step)]
        return ", ".join(map(str, numbers))
    return {PrimaryAction.TICKED: "m", PrimaryAction.NOT_MET: "s", PrimaryAction.DONE: "enter, s"}.get(todo, "enter")


def closed_words(incident: Incident) -> str:
    """Return what is left to do in a closed incident: what it left in force, if anything."""
    left = ", ".join(dict.fromkeys(held.undone_by for held in to_be_taken_back(incident)))
    stays = ", ".join(dict.fromkeys(held.action for held in incident.in_force.values()))
    closed = f"nothing: the incident is closed ({incident.outcome}){f'; {stays} stays in force' if stays else ''}"
    return f"STILL IN FORCE, {left} takes it back" if left else closed


def hot_wash_left(incident: Incident) -> bool:
    """Return whether an exercise is over, and nobody said yet what went well in it and what did not."""
    return bool(incident.closed_at and incident.review.exercise and not incident.review.hot_wash)


def settled_words(incident: Incident) -> str:
    """Return how the incident stands when nothing is next: settled is not in order."""
    left = len(remaining(incident))
    return "every required step is settled" + (f", {left} NOT IN ORDER" if left else "")


def refused_run(incident: Incident, step_id: str) -> Run | None:
    """Return the step's last run if the runner refused it and nothing has happened to the step since.

    One that was refused because the same is at work already is none.
    """
    runs = stuck_runs(incident, incident.plan.by_id[step_id]) if not incident.settled(step_id) else []
    return next((run for run in runs if run.refusal and not refused_for(incident, run)), None)
