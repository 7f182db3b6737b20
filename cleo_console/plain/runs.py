"""Runs of steps in line mode: the interlock before a destructive one, the override after a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleo_console.plain.conversation import Conversation
from cleo_console.plain.follow import ask_for
from cleo_console.plain.lines import sentences
from cleo_console.plain.questions import answer, words
from journal.commands.run import RunOptions
from journal.events.types import Override
from journal.incident.closed_gates import opened_by
from journal.incident.cures import cure_params
from journal.incident.instances import left
from journal.incident.interlock import word_to_type
from journal.incident.records import Run
from journal.plan.model import Step
from screens.guidance.confirmation import NOT_THE_TARGET, Confirmed, confirmation, gate_text, names_target
from screens.guidance.logs import log_of
from screens.guidance.names import title
from screens.guidance.next_action import destructive, refused_run
from screens.guidance.run_text import may_yield, target_lines, wants_target
from screens.guidance.step_text import call

_NOTHING_DONE = "Nothing was done."


def run_step(conversation: Conversation, step: Step, params: Mapping[str, Any] | None = None) -> None:
    """Run a step, at one system after the other; what is destructive goes through the interlock first.

    Args:
        conversation: says and asks.
        step: which step.
        params: what a person gave it, in the place of what is known to help.
    """
    given = cure_params(conversation.incident, step) if params is None else params
    systems = left(conversation.incident, step) or [""]
    for system in systems:
        if len(systems) > 1:
            conversation.say(f"On {system}:")
        options: RunOptions = {}
        if destructive(step, conversation.session.catalogue):
            confirmed = interlock(conversation, step, system, given)
            if confirmed is None:
                return
            options = {"confirmed": confirmed.typed, "shown": confirmed.shown}
        _run(conversation, step, system, given, options)


def _run(conversation: Conversation, step: Step, system: str, params: Mapping[str, Any], options: RunOptions) -> None:
    """Ask for a run; where a gate refuses it and is overridden, ask again with the override."""
    run = ask_for(conversation, lambda commands: commands.request_run(step.id, system=system, params=params, **options))
    override = _override(conversation, run) if run.refusal else None
    if override is not None:
        _run(conversation, step, system, params, _with(override, run))


def _with(override: Override, run: Run) -> RunOptions:
    """Return how a run that a gate refused is asked for again."""
    return {"confirmed": run.confirmed, "shown": run.shown, "overrides": (*run.overrides, override)}


def dry_run(conversation: Conversation, step: Step, system: str = "", params: Mapping[str, Any] | None = None) -> Run:
    """Show what a step would do: at ``system``, or at the first at which it is not done."""
    system = system or next(iter(left(conversation.incident, step)), "")
    params = cure_params(conversation.incident, step) if params is None else params
    conversation.say(f"Dry run, changes nothing: {call(step, params)}")
    return ask_for(
        conversation, lambda commands: commands.request_run(step.id, system=system, params=params, dry_run=True)
    )


def interlock(conversation: Conversation, step: Step, system: str, params: Mapping[str, Any]) -> Confirmed | None:
    """Show what a destructive step would do, and on what; return what was confirmed of it; None: nothing was."""
    conversation.say(f"DESTRUCTIVE: {title(conversation.incident, step)}", "First a dry run.")
    run = dry_run(conversation, step, system, params)
    asked = confirmation(conversation.incident, run)
    if asked.blocked:
        conversation.say(f"{asked.blocked} {_NOTHING_DONE}")
        return None
    conversation.say(*([asked.warning] if asked.warning else []))
    conversation.say("The target:", *sentences(target_lines(run.target)))
    typed = answer(conversation, f"To do it, type {asked.wanted} (anything else leaves it):")
    if typed != asked.wanted:
        conversation.say(NOT_THE_TARGET)
        return None
    return Confirmed(typed, run.id)


def show_log(conversation: Conversation, step: Step) -> None:
    """Have the end of the failing system's own log shown."""
    log = log_of(conversation.incident, step, conversation.session.catalogue)
    if log is not None:
        conversation.say(f"The end of the log of {log.system}:")
        ask_for(conversation, lambda commands: commands.request_action(log.action, {}, system=log.system))


def override_step(conversation: Conversation, step: Step) -> None:
    """Go on although a gate refused the step's last run; where none did, try it."""
    run = refused_run(conversation.incident, step.id)
    if run is None or run.dry_run:
        run_step(conversation, step)
        return
    override = _override(conversation, run)
    if override:
        _run(conversation, step, run.system, run.params, _with(override, run))


def _override(conversation: Conversation, run: Run) -> Override | None:
    """Ask for an override of the gate that refused a run; None where the gate never yields, or none was given."""
    refusal = run.refusal
    if refusal is None:
        return None
    conversation.say(*sentences(gate_text(refusal, opened_by(conversation.incident, refusal.opens))))
    if not may_yield(refusal):
        return None
    reason = words(conversation, "Why must it yield? Empty leaves it")
    if not reason:
        conversation.say(_NOTHING_DONE)
        return None
    if not wants_target(refusal):
        return Override(gate=refusal.gate, reason=reason)
    target = run.confirmed or word_to_type(run.target)
    typed = answer(conversation, f"Type the target{f', {target}' if target else ''} (anything else leaves it):")
    if not names_target(typed, target):
        conversation.say(NOT_THE_TARGET)
        return None
    return Override(gate=refusal.gate, reason=reason, target=typed)
