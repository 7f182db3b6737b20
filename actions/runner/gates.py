"""The safety gates that are evaluated from the incident before an action starts, whoever requested it.

A gate here is a function of what is asked and the incident's state; it returns why it is closed, or None. What only
the system can tell (a hold, the writers, who runs there) an action's own gates ask it (``actions.gate``), and they
come before the ones of the same name here: those are for a tabletop, whose world is its journal. What is found on
the way (space, a damaged backup) the action closes itself, with ``GateClosed``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from actions.gate import Closed, overridden
from actions.runner.gate_input import Gate, GateInput, last_done
from actions.runner.site_gates import fenced, second_primary, stale_site
from actions.system_types import role
from journal.events.types import Kind
from journal.incident.decisions import refusal
from journal.incident.instances import unmet
from journal.incident.interlock import overtaken, overtaking
from journal.incident.newest_state import found_since
from journal.incident.records import Run, RunState, StepState
from journal.incident.scanned import SCAN, scannable, verdict
from journal.incident.state import Incident
from journal.plan.action_spec import ActionSpec
from journal.plan.model import RECOVERY_POINT, Step

EMPTY_HOST = "cold_standby.activate"
"""After it there is nothing to start where the system is from then on."""


def closed_gates(asked: GateInput) -> list[Closed]:
    """Return the gates that refuse ``asked``, after its overrides.

    The typed target of an override is compared by the worker, which learns the target's identity.
    """
    if asked.run.dry_run or asked.run.probe_of:
        # Nothing is changed by looking; only what could reach a wrong or unknown system stays shut.
        return _closed(asked, (_available, _kind))
    return _closed(asked, _all(asked.spec, asked.live))


def foreseen(asked: GateInput) -> list[Closed]:
    """Return the gates that would refuse the run that a dry run is for."""
    return _closed(asked, _all(asked.spec, asked.live))


def _all(spec: ActionSpec, live: Collection[str]) -> list[Gate]:
    return [*_ALWAYS, *(_NAMED[name] for name in spec.gates if name not in live)]


def _closed(asked: GateInput, gates: Sequence[Gate]) -> list[Closed]:
    found = (gate(asked) for gate in gates)
    return [closed for closed in found if closed and not overridden(closed, asked.run.overrides)]


def _available(asked: GateInput) -> Closed | None:
    if asked.spec.available:
        return None
    return Closed(
        "available", f"{asked.spec.name} is not available yet. Do it by hand, then mark the step done with a note."
    )


def _not_closed(asked: GateInput) -> Closed | None:
    if asked.incident.closed_at is None or asked.incident.takes_back(asked.spec.name, asked.run.system):
        return None
    return Closed("closed", "The incident is closed. Reopen it (cleo reopen), or declare a new one, to run anything.")


def _kind(asked: GateInput) -> Closed | None:
    kind, inventory = asked.incident.kind, asked.inventory
    if kind not in inventory.allows:
        allowed = ", ".join(inventory.allows) or "none"
        return Closed(
            "kind", f"The inventory {inventory.name} allows incidents of kind {allowed}, and this one is {kind}."
        )
    if (kind is Kind.LAB) != inventory.lab:
        where = "is no lab" if kind is Kind.LAB else "is a lab"
        return Closed("kind", f"This incident is {kind}, and the inventory {inventory.name} {where}.")
    return None


def _step_is_free(asked: GateInput) -> Closed | None:
    """A step that is running or in doubt is not started again."""
    if not asked.run.step:
        return None
    doubtful = [run for run in asked.incident.in_doubt() if run.step == asked.run.step and asked.concerns(run)]
    if doubtful:
        return Closed("in-doubt", "The step is in doubt. Look what it left, then say done, failed or run again.")
    if any(run.step == asked.run.step and run.changes_step and asked.concerns(run) for run, _ in asked.at_work):
        return Closed("busy", "The step is running already.")
    return None


def _system_is_free(asked: GateInput) -> Closed | None:
    """An action has the targets that it changes to itself; a destructive one has its system to itself.

    Of a destructive one that is aimed at no single system (a plan's command over a fleet) nobody knows which it is.
    """
    for run, spec in asked.at_work:
        if not run.changes_step or not asked.concerns(run):
            continue
        shared = [thing for thing in asked.spec.touches if thing in spec.touches]
        destructive = spec.destructive or asked.spec.destructive
        same_system = bool(run.system) and run.system == asked.run.system
        unknown = _anywhere(run, spec, asked.spec) or _anywhere(asked.run, asked.spec, spec)
        if shared or (same_system and destructive) or unknown:
            on = " and ".join(shared) or run.system or asked.run.system or spec.system
            return Closed("busy", f"{run.action} is at work on {on}. Wait for it, or cancel it.")
    return None


def _outdated(asked: GateInput) -> Closed | None:
    """What was confirmed is what would be done now: nothing destructive began there since its dry run."""
    shown = asked.incident.runs.get(asked.run.shown)
    found = overtaken(asked.incident, shown) if shown and asked.spec.destructive else None
    return Closed("outdated", f"{overtaking(found)} Look again before you confirm it.") if found else None


def _anywhere(run: Run, spec: ActionSpec, other: ActionSpec) -> bool:
    """Return whether a destructive run may be at any system of its plan system or type, and ``other`` is at one."""
    return spec.destructive and not run.system and bool(spec.system) and spec.system == other.system


def _order(asked: GateInput) -> Closed | None:
    """Required earlier steps are settled; a destructive action repeats a warning about failures that were skipped."""
    step = asked.incident.plan.by_id.get(asked.run.step)
    if step is None:
        return None
    titles = asked.incident.plan.by_id
    if missing := unmet(asked.incident, step, asked.run.system):
        named = "; ".join(titles[name].title for name in missing)
        return Closed("order", f"This comes after: {named}.", "reason", missing[0])
    failed = [name for name in step.needs if asked.spec.destructive and _failed_and_passed(asked.incident, name)]
    if not failed:
        return None
    named = "; ".join(titles[name].title for name in failed)
    return Closed("order", f"This comes after what failed and was passed over: {named}.", "reason", failed[0])


def _failed_and_passed(incident: Incident, step_id: str) -> bool:
    """Whether a step failed and was skipped all the same, and not because its own run said to leave it out."""
    skipped = incident.state(step_id) is StepState.SKIPPED
    failed = skipped and incident.last_result(step_id) is RunState.FAILED
    last = incident.last_run(step_id) if failed else None
    return failed and not (last and any(cure.leave_out == last.action for cure in last.cures))


def _recovery_point(asked: GateInput) -> Closed | None:
    """One recovery point per incident, chosen before anything is restored, and not one that holds the damage."""
    point = asked.incident.recovery_point
    if point is None:
        return Closed(
            "recovery-point",
            "No recovery point is chosen yet. Decide it first: every restore follows it.",
            opens=RECOVERY_POINT,
        )
    if asked.run.system and point.of(asked.run.system) is None:
        message = f"The recovery point, {point}, says nothing of {asked.run.system}. Add an instant or its position."
        return Closed("recovery-point", message, opens=RECOVERY_POINT)
    why = refusal(asked.incident, RECOVERY_POINT, point.text) or _found_wrong_since(asked)
    return Closed("recovery-point", why, opens=RECOVERY_POINT) if why else None


def _clean_point(asked: GateInput) -> Closed | None:
    """After a break-in: nothing was found of what an intruder leaves in the state that is restored."""
    point = asked.incident.recovery_point
    if point is None or asked.run.system not in scannable(asked.incident):
        return None
    found = verdict(asked.incident, asked.run.system, point)
    if found.kind == "nothing found":
        return None
    if found.kind in ("strangers", "after the begin"):
        message = f"What is restored brings the intruder back: {found.words}. Decide on an earlier point."
        return Closed("clean-point", message, "reason and target", RECOVERY_POINT)
    message = f"Nobody knows what an intruder left in what is restored: {found.words}. Look through the backups first."
    return Closed("clean-point", message, "reason", SCAN)


def _found_wrong_since(asked: GateInput) -> str:
    """Return that the latest was decided before the system's data was proven wrong: then it may bring that back."""
    found = found_since(asked.incident, asked.run.system) if asked.run.system else ""
    return (
        f"{found}. The latest was decided before: it may hold that. Decide again where to recover to." if found else ""
    )


def _strategy(asked: GateInput) -> Closed | None:
    decided = asked.incident.decisions.get("strategy")
    why = refusal(asked.incident, "strategy", decided.answer) if decided else ""
    return Closed("strategy", why, opens="strategy") if why else None


def _smallest_cure(asked: GateInput) -> Closed | None:
    """Start before restore: crash recovery loses nothing. Does not apply to a recovery point in the past.

    Nor to one whose place another took: as it is it would be a second history, and it comes back to follow.
    """
    if asked.run.system in asked.incident.takeovers:
        return None
    point = asked.incident.recovery_point
    if point and not point.latest:
        return None
    start = asked.role("start")
    tried = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
    tries = (start, EMPTY_HOST)
    starts = [run for run in asked.incident.runs.values() if run.action in tries and asked.concerns(run)]
    if any(run.state in tried and run.changes_step for run in starts):
        return None
    by_hand = {StepState.MARKED_DONE, StepState.SKIPPED}
    steps = [step for step in asked.incident.plan.steps() if step.action == start]
    if any(asked.incident.state(step.id) in by_hand or _no_use(asked, step) for step in steps):
        return None
    return Closed(
        "smallest-cure",
        f"Nobody tried {start} yet. Crash recovery loses nothing: try it before a restore.",
        "reason",
        start,
    )


def _no_use(asked: GateInput, step: Step) -> bool:
    """Whether a look found a step needless or impossible at the system that is acted on."""
    whole = asked.incident.steps[step.id]
    record = whole.each.get(asked.run.system) if whole.each and asked.run.system else whole
    return bool(record and record.state and record.state.by_evidence)


def _held(asked: GateInput) -> Closed | None:
    """In a tabletop: backups were held, by a run or by hand, and not released since."""
    incident = asked.incident
    by_hand = {StepState.MARKED_DONE, StepState.NOT_APPLICABLE}
    if last_done(asked, "backups.hold", "backups.release") == "backups.hold":
        return None
    if any(s.action == "backups.hold" and incident.state(s.id) in by_hand for s in incident.plan.steps()):
        return None
    message = "Backups are not held: one that starts now, or an expiry, could replace the good one."
    return Closed("hold", message, "reason", "backups.hold")


def _one_writer(asked: GateInput) -> Closed | None:
    """In a tabletop: a run blocked the writers, and none allowed them again. A step ticked off by hand is no proof."""
    stop = asked.role("stop_writers")
    if last_done(asked, stop, asked.role("allow_writers")) == stop:
        return None
    message = "Writers are not proven to be stopped: what they write during the restore is lost or mixed in."
    return Closed("one-writer", message, "reason and target", stop)


def _sound_data(asked: GateInput) -> Closed | None:
    """Data found damaged is neither backed up nor written to, until a later verification finds it sound."""
    found = asked.incident.found_wrong
    about = [asked.run.system] if asked.run.system else list(found)
    name = next((name for name in about if name in found), None)
    if name is None:
        return None
    message = (
        f"The data is {found[name]}. Recover it and verify it first: a backup, or new work, would build on the damage."
    )
    return Closed("sound-data", message, "reason", _verifies(asked.incident, name))


def _verifies(incident: Incident, system: str) -> str:
    """Return the action that tells whether a system's data is sound: its type's, else the one that found it wrong."""
    known = incident.roster.systems.get(system)
    verify = role(known.type if known else system, "verify")
    steps = incident.plan.steps()
    return verify if any(step.action == verify for step in steps) else incident.found_wrong[system].action


def _asks_the_system(asked: GateInput) -> None:
    """In a tabletop there is no system to ask."""


_ALWAYS: tuple[Gate, ...] = (_available, _not_closed, _kind, _step_is_free, _system_is_free, _outdated, _order)

_NAMED: dict[str, Gate] = {
    "recovery-point": _recovery_point,
    "clean-point": _clean_point,
    "strategy": _strategy,
    "smallest-cure": _smallest_cure,
    "hold": _held,
    "one-writer": _one_writer,
    "fenced": fenced,
    "second-primary": second_primary,
    "sound-data": _sound_data,
    "stale-site": stale_site,
    "down": _asks_the_system,
    "managed": _asks_the_system,
    "old-site": _asks_the_system,
}
