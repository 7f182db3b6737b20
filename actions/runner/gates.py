"""The safety gates, checked where an action starts, whoever asks (design, section 7).

A gate is a function of what is asked and the incident's state; it returns why it is closed, or None. The
gates that need a look at the system (space, a live postmaster, a damaged backup) are closed by the action
itself, with ``GateClosed``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from actions.inventory import Inventory
from journal.action_spec import ActionSpec
from journal.decisions import refusal
from journal.events import Kind
from journal.incident import Incident
from journal.records import Run, RunState, StepState

Yields = Literal["never", "reason", "reason and target"]


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed gate: its name, what stands in the way, and what a person must give to pass."""

    gate: str
    message: str
    yields: Yields = "never"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and all that a gate may look at."""

    run: Run
    spec: ActionSpec
    incident: Incident
    inventory: Inventory
    at_work: Sequence[tuple[Run, ActionSpec]]


Gate = Callable[[Asked], Closed | None]


def closed_gates(asked: Asked) -> list[Closed]:
    """Return the gates that stay closed to ``asked``, after its overrides.

    The typed target of an override is compared by the worker, which learns the target's identity.
    """
    gates = [*_ALWAYS, *(_NAMED[name] for name in asked.spec.gates)]
    if asked.run.dry_run or asked.run.probe_of:
        # Nothing is changed by looking; only what could reach a wrong or unknown system stays shut.
        gates = [_available, _kind]
    found = (gate(asked) for gate in gates)
    return [closed for closed in found if closed and not _overridden(asked.run, closed)]


def _overridden(run: Run, closed: Closed) -> bool:
    if closed.yields == "never":
        return False
    given = next((o for o in run.overrides if o.gate == closed.gate and o.reason.strip()), None)
    return given is not None and (closed.yields == "reason" or bool(given.target.strip()))


def _available(asked: Asked) -> Closed | None:
    if asked.spec.available:
        return None
    return Closed(
        "available", f"{asked.spec.name} is not available yet. Do it by hand, then mark the step done with a note."
    )


def _not_closed(asked: Asked) -> Closed | None:
    if asked.incident.closed_at is None or asked.incident.takes_back(asked.spec.name):
        return None
    return Closed("closed", "The incident is closed. Reopen it (cleo reopen), or declare a new one, to run anything.")


def _kind(asked: Asked) -> Closed | None:
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


def _step_is_free(asked: Asked) -> Closed | None:
    """A step that is running or in doubt is not started again."""
    if not asked.run.step:
        return None
    doubtful = [run for run in asked.incident.in_doubt() if run.step == asked.run.step]
    if doubtful:
        return Closed("in-doubt", "The step is in doubt. Look what it left, then say done, failed or run again.")
    if any(run.step == asked.run.step and run.changes_step for run, _ in asked.at_work):
        return Closed("busy", "The step is running already.")
    return None


def _system_is_free(asked: Asked) -> Closed | None:
    """While something destructive works on a system, nothing else that changes it starts, and the other way round."""
    for run, spec in asked.at_work:
        changes = run.changes_step and spec.system == asked.spec.system
        if changes and asked.spec.system and (spec.destructive or asked.spec.destructive):
            return Closed("busy", f"{run.action} is at work on {spec.system}. Wait for it, or cancel it.")
    return None


def _order(asked: Asked) -> Closed | None:
    step = asked.incident.plan.by_id.get(asked.run.step)
    unmet = asked.incident.unmet(step) if step else []
    if not unmet:
        return None
    titles = "; ".join(asked.incident.plan.by_id[name].title for name in unmet)
    return Closed("order", f"This comes after: {titles}.", "reason")


def _recovery_point(asked: Asked) -> Closed | None:
    """One recovery point per incident, chosen before anything is restored, and not one that holds the damage."""
    decided = asked.incident.decisions.get("recovery_point")
    if decided is None:
        return Closed("recovery-point", "No recovery point is chosen yet. Decide it first: every restore follows it.")
    why = refusal(asked.incident, "recovery_point", decided.answer)
    return Closed("recovery-point", why) if why else None


def _strategy(asked: Asked) -> Closed | None:
    decided = asked.incident.decisions.get("strategy")
    why = refusal(asked.incident, "strategy", decided.answer) if decided else ""
    return Closed("strategy", why) if why else None


def _smallest_cure(asked: Asked) -> Closed | None:
    """Start before restore: crash recovery loses nothing. Going back in time is no case for it."""
    decided = asked.incident.decisions.get("recovery_point")
    if decided and decided.answer != "latest":
        return None
    start = f"{asked.spec.system}.start"
    tried = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
    if any(run.action == start and run.state in tried and run.changes_step for run in asked.incident.runs.values()):
        return None
    by_hand = {StepState.MARKED_DONE, StepState.SKIPPED}
    if any(s.action == start and asked.incident.state(s.id) in by_hand for s in asked.incident.plan.steps()):
        return None
    return Closed(
        "smallest-cure", f"Nobody tried {start} yet. Crash recovery loses nothing: try it before a restore.", "reason"
    )


def _settled(action: str, gate: str, message: str, yields: Yields) -> Gate:
    """Return a gate that opens once a step bound to ``action`` is done; skipping it does not open it."""
    done = {StepState.DONE, StepState.MARKED_DONE, StepState.NOT_APPLICABLE}

    def check(asked: Asked) -> Closed | None:
        steps = [step for step in asked.incident.plan.steps() if step.action == action]
        if steps and any(asked.incident.state(step.id) in done for step in steps):
            return None
        succeeded = any(
            run.action == action and run.state is RunState.SUCCEEDED and not run.dry_run
            for run in asked.incident.runs.values()
        )
        return None if succeeded else Closed(gate, message, yields)

    return check


_ALWAYS: tuple[Gate, ...] = (_available, _not_closed, _kind, _step_is_free, _system_is_free, _order)

_NAMED: dict[str, Gate] = {
    "recovery-point": _recovery_point,
    "strategy": _strategy,
    "smallest-cure": _smallest_cure,
    "hold": _settled(
        "backups.hold",
        "hold",
        "Backups are not held: one that starts now, or an expiry, could replace the good one.",
        "reason",
    ),
    "one-writer": _settled(
        "postgres.stop_writers",
        "one-writer",
        "Writers are not stopped: what they write during the restore is lost or mixed in.",
        "reason and target",
    ),
}
