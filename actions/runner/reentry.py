"""Whether a run whose runner died may go on: only where what it acts on is what it began on."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import Action
from actions.outcome import said
from actions.runner.context import RunContext
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.interlock import word_to_type
from journal.incident.records import Run

REENTERED = (
    "A new runner took over here: its predecessor died. What the action says is said again from here; its programs"
    " are not run a second time: what still runs is read on."
)
_MACHINE = "machine id"


def reenter(run: Run, action: Action, context: RunContext) -> e.ActionReentered | e.ActionInDoubt:
    """Return the event with which a run goes on, or with which it ends because it may be about something else now.

    A target that may be half restored cannot always tell who it is. Then the run goes on unless another machine
    answers, and the event says what could not be told.
    """
    known = context.inventory.systems
    if run.system and known and run.system not in known:
        return _in_doubt(run, context, f"the inventory has no system {run.system} any more")
    why, unknown = "its runner died; finished programs are not repeated", ""
    if action.target and run.target:
        try:
            now = list(action.target(context))
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything
            unknown = f"WHAT IT ACTS ON CANNOT BE TOLD NOW ({said(error)})"
            now = _machine_alone(run, context)
        if changed := _changed(run.target, now, action.spec.touches):
            return _in_doubt(run, context, changed)
        if unknown:
            same = _value(now, _MACHINE) and _value(run.target, _MACHINE)
            unknown += "; the machine is the same" if same else "; nor whether it is the same machine"
            context.log(f"{unknown}.", "err")
    why = f"{why}. {unknown}" if unknown else why
    return e.ActionReentered(step=run.step, run=run.id, why=context.redactor.text(why))


def _machine_alone(run: Run, context: RunContext) -> list[e.Identity]:
    """Return the id of the machine that the run's system is on; nothing where that cannot be told either."""
    settings = context.inventory.systems.get(run.system)
    if settings is None or not settings.host:
        return []
    try:
        machine = context.transport(settings.host).host_identity().get("machine_id", "")
    except CleoError:
        return []
    return [e.Identity(name=_MACHINE, value=machine, known="reported")] if machine else []


def _changed(began: Sequence[e.Identity], now: Sequence[e.Identity], touches: Sequence[str]) -> str:
    """Return in words what of a target is another now; empty where nothing is known to be."""
    words = (word_to_type(began), word_to_type(now)) if any(one.name != _MACHINE for one in now) else ("", "")
    pairs = {"target": words}
    pairs |= {name: (_value(began, name), _value(now, name)) for name in (_MACHINE, *touches)}
    other = next((name for name, (old, new) in pairs.items() if old and new and old != new), "")
    old, new = pairs.get(other, ("", ""))
    return f"it began on {f'{other} ' if other != 'target' else ''}{old}, and that is {new} now" if other else ""


def _value(target: Sequence[e.Identity], name: str) -> str:
    """Return the value of one identity; empty where it is not there, or not known."""
    return next((one.value for one in target if one.name == name and one.known != "unknown"), "")


def _in_doubt(run: Run, context: RunContext, why: str) -> e.ActionInDoubt:
    clean = context.redactor
    open_ended = [program for program in run.programs if not program.finished_at]
    known = "; ".join(f"{next(iter(program.argv), program.key)} on {program.host}" for program in open_ended)
    told = f"nobody saw the end of {known}" if known else "how far it got is not known"
    why = f"its runner died while it was at work, and {why}: nobody goes on there"
    return e.ActionInDoubt(step=run.step, run=run.id, why=clean.text(why), program=clean.text(told))
