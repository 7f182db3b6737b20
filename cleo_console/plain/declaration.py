"""Which incident: the one named, the only open one, one of several, or a new one."""

from __future__ import annotations

from datetime import datetime

from cleo_console.plain.line_terminal import InputEnded, LineTerminal
from cleo_console.plain.questions import choose, moment, words
from journal.commands.declare import Declaration
from journal.events.types import Kind
from journal.plan.model import Plan
from journal.wording.instants import age
from screens.app_services import AppServices, IncidentSummary


def pick(terminal: LineTerminal, services: AppServices, now: datetime) -> str:
    """Return the id of the incident to work on, declaring it if need be.

    Raises:
        InputEnded: the person leaves.
        TakenBack: a question was taken back.
    """
    found = list(services.incidents())
    for broken in (one for one in found if one.note):
        terminal.say(f"{broken.id} cannot be read: {broken.note}")
    still_open = [one for one in found if one.closed_at is None and not one.note]
    if len(still_open) == 1:
        return still_open[0].id
    options, question = {}, "No incident is open."
    if still_open:
        options = {one.id: _line(one, now) for one in still_open}
        question = f"{len(still_open)} incidents are open. Which one?"
    chosen = choose(terminal, question, options | {"d": "Declare one.", "q": "Leave."})
    if chosen == "q":
        raise InputEnded
    return declare(terminal, services) if chosen == "d" else chosen


def _line(one: IncidentSummary, now: datetime) -> str:
    declared = f", declared {age(one.declared_at, now)}" if one.declared_at else ""
    doubt = f", {one.in_doubt} IN DOUBT" if one.in_doubt else ""
    return f"{one.kind} {one.id}, {one.severity}{declared}{doubt}: {one.title}"


def declare(terminal: LineTerminal, services: AppServices) -> str:
    """Ask for everything a declaration needs, and declare; return the new incident's id."""
    plan, kinds = services.plan(), list(services.kinds())
    inventory = services.inventory_name()
    terminal.say(
        "Declaring an incident: from then on everything is journalled.",
        f"Inventory: {inventory}" if inventory else "No inventory: nothing can be run, only said by hand.",
    )
    title = words(terminal, "What broke, in a few words?", required="Say in a few words what broke.")
    scenario = choose(terminal, "Which scenario?", {name: one.title for name, one in plan.scenarios.items()})
    severity = _severity(terminal, plan, plan.scenarios[scenario].severity)
    kind = kinds[0]
    if len(kinds) > 1:
        kind = Kind(choose(terminal, "Which kind? It is fixed from then on.", {str(kind): str(kind) for kind in kinds}))
    began = moment(terminal, "When did it begin?")
    discovered = moment(terminal, "When was it discovered?")
    declaration = Declaration(
        title=title, scenario=scenario, severity=severity, kind=kind, began_at=began, discovered_at=discovered
    )
    return services.declare(declaration)


def _severity(terminal: LineTerminal, plan: Plan, suggested: str) -> str:
    step = plan.decision("severity")
    if step is None or step.decision is None or not step.decision.options:
        known = sorted({scenario.severity for scenario in plan.scenarios.values()})
        return choose(terminal, "How severe?", {name: name for name in known}, suggested=suggested)
    options = {name: f"{option.title}. {option.text}" for name, option in step.decision.options.items()}
    return choose(terminal, step.decision.question, options, suggested=suggested)
