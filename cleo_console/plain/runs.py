"""Running a step: the interlock before it, the override after a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from cleo_console.plain.follow import ask_for
from cleo_console.plain.questions import answer, words
from cleo_console.plain.talk import Talk
from cleo_console.plain.wording import call, target_lines
from journal.events.types import Override
from journal.incident.closed_gates import gate_lines, opened_by, shut_for_good
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState
from journal.plan.model import Step
from screens.guidance.next_action import destructive, refused_run

_NOTHING_DONE = "Nothing was done."


def run_step(talk: Talk, step: Step) -> None:
    """Run a step; what is destructive goes through the interlock first."""
    confirmed = ""
    if destructive(step, talk.sight.catalogue):
        confirmed = interlock(talk, step)
        if not confirmed:
            return
    _run(talk, step, confirmed, ())


def _run(talk: Talk, step: Step, confirmed: str, overrides: Sequence[Override]) -> None:
    """Ask for a run; where a gate refuses it and yields to a person's word, again with that word."""
    run = ask_for(talk, lambda desk: desk.request_run(step.id, confirmed=confirmed, overrides=overrides))
    override = _override(talk, run) if run.refusal else None
    if override is not None:
        _run(talk, step, confirmed, (*run.overrides, override))


def dry_run(talk: Talk, step: Step) -> Run:
    """Show what a step would do."""
    talk.say(f"Dry run, changes nothing: {call(step)}")
    return ask_for(talk, lambda desk: desk.request_run(step.id, dry_run=True))


def interlock(talk: Talk, step: Step) -> str:
    """Show what a destructive step would do, and on what; return the target as it was typed, or an empty string."""
    talk.say(f"DESTRUCTIVE: {talk.sight.incident.plan.numbers[step.id]} {step.title}", "First a dry run.")
    run = dry_run(talk, step)
    wanted = word_to_type(run.target)
    if not run.state.over or not wanted:
        talk.say("The target is not known, so nothing can be confirmed. " + _NOTHING_DONE)
        return ""
    if shut_for_good(run.closed):
        shut = [gate for gate in run.closed if gate.yields == "never"]
        talk.say("It would be refused:", *gate_lines(talk.sight.incident, shut), "Open that first. " + _NOTHING_DONE)
        return ""
    if run.state is not RunState.SUCCEEDED:
        talk.say("The dry run did not end well: read why first.")
    talk.say("The target:", *target_lines(run.target))
    typed = answer(talk, f"To do it, type {wanted} (anything else leaves it):")
    if typed != wanted:
        talk.say(f"That is not the target. {_NOTHING_DONE}")
        return ""
    return typed


def override_step(talk: Talk, step: Step) -> None:
    """Go on although a gate refused the step's last run; where none did, try it."""
    run = refused_run(talk.sight.incident, step.id)
    if run is None or run.dry_run:
        run_step(talk, step)
        return
    override = _override(talk, run)
    if override:
        _run(talk, step, run.confirmed, (*run.overrides, override))


def _override(talk: Talk, run: Run) -> Override | None:
    """Take a person's word that a gate shall yield once; None where it does not, or nobody gives it."""
    refusal = run.refusal
    if refusal and (by := opened_by(talk.sight.incident, refusal.opens)):
        talk.say(f"The gate {refusal.gate} is {by}.")
    if refusal is None or refusal.yields not in ("reason", "reason and target"):
        return None
    talk.say(f"The gate {refusal.gate} yields to a person's word. The report will list it as a deviation.")
    reason = words(talk, "Why must it yield? Empty leaves it")
    if not reason:
        talk.say(_NOTHING_DONE)
        return None
    if refusal.yields == "reason":
        return Override(gate=refusal.gate, reason=reason)
    target = run.confirmed or word_to_type(run.target)
    typed = answer(talk, f"Type the target{f', {target}' if target else ''} (anything else leaves it):")
    if not typed or (target and typed != target):
        talk.say(f"That is not the target. {_NOTHING_DONE}")
        return None
    return Override(gate=refusal.gate, reason=reason, target=typed)
