"""The printed plan's first page: what it is for, how it is used, objectives, and whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cleo_console.cli.paper.commands import folded
from cleo_console.cli.paper.lines import heading, side_by_side, wrapped
from journal.plan.model import AFFECTED

if TYPE_CHECKING:
    from journal.plan.model import Plan, Step
    from journal.plan.people import Contact
    from journal.plan.read import LoadedPlan

_HOW = """\
Work from the top; the sections of one phase may go on side by side. Tick a box when the step is done, write the time in
UTC and your initials; cross out what you leave out, and write why. {affected}What says DESTRUCTIVE can lose data: name
the host and the data directory aloud, and have a second person agree, before you type it. Where no command stands, the
plan has none: use the system's own tools, and write which."""
_AFFECTED = "ONLY FOR a system: where {number} names it. "
_LATER = """\
When the computer is back, type in what is written here, with its times:
  cleo declare --title ... --scenario ... --kind REAL --began TIME
  cleo done STEP --note ... --at TIME      cleo skip STEP --reason ... --at TIME
  cleo decide STEP ANSWER --at TIME        cleo note TEXT --step STEP --at TIME
STEP is the word in brackets after the title; TIME is as 2026-11-22T02:41:00Z."""
_WITHOUT = """\
A command begins at the margin, and goes on after a \\ and inside quotes; put your own in the place of words in capitals
(BACKUP, TIME)."""
_FLEETS = """\
A step of theirs is done when it is done at each that is hit: write each name with its time beside the box, and add
--on NAME to the step's command."""

_VALUES = """\
A command takes from these what is named in it ("${V1:?}"): type the line of the system that you mean first, in the
same shell. Before what is DESTRUCTIVE look whose they are: echo $SYSTEM"""


def title(loaded: LoadedPlan, scenario: str) -> Iterator[str]:
    """Yield what plan this is, what is written of the incident, how the paper is used, and the scenarios."""
    plan = loaded.plan
    named = ", ".join(filter(None, (plan.version, plan.owner)))
    yield from wrapped(f"Version {named}; last updated {plan.updated or 'never'}.")
    yield f"sha256 {loaded.sha256}"
    if scenario:
        hit = plan.scenarios[scenario]
        yield from ["", *wrapped(f"SCENARIO: {hit.title}. {hit.impact}. Severity {hit.severity}.")]
        if hit.strategy:
            yield from wrapped(f"Suggested strategy: {plan.strategies[hit.strategy].title}.")
    yield from ["", "Incident ______________________________  Kind  REAL / DRILL  Severity ________"]
    yield from ["Began (UTC) _______________________  Discovered (UTC) _________________________"]
    yield from ["Leads _____________________________  Writes ___________________________________", ""]
    asked = plan.decision(AFFECTED)
    affected = _AFFECTED.format(number=plan.numbers[asked.id]) if asked else ""
    yield from [*wrapped(_HOW.format(affected=affected)), *_LATER.splitlines()]
    if not scenario:
        yield from heading("Scenarios (likelihood, severity)")
        for one in plan.scenarios.values():
            yield from wrapped(f"( ) {one.title} ({one.likelihood}, {one.severity}): {one.impact}", 2, 4)


def fleets(plan: Plan, several: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield where one step is work at several systems.

    Args:
        plan: the plan.
        several: the inventory's systems by the plan system that they play together.
    """
    if several:
        yield from heading("Several systems for one")
        for name, systems in several.items():
            yield from wrapped(f"{plan.systems[name].title}: {', '.join(systems)}", 2, 2)
        yield from wrapped(_FLEETS, 2)


def typing(commands: bool, values: Sequence[str]) -> Iterator[str]:
    """Yield how commands are typed without cleo, and what is typed before them.

    Args:
        commands: whether there are any.
        values: what sets a system's values in a shell; empty: no command takes any.
    """
    if commands:
        yield from heading("Without cleo")
        yield from wrapped(f"{_WITHOUT} {_VALUES if values else ''}", 2)
        for line in values:
            yield from folded(line)


def objectives(plan: Plan) -> Iterator[str]:
    """Yield the recovery objectives, with room for when they are due."""
    yield from heading("Recovery objectives")
    for tier in plan.objectives.rto.values():
        yield from wrapped(f"RTO {tier.title}: {tier.rto} after the disruption. Due (UTC) ______________", 2, 2)
        proofs = numbers(plan, (plan.by_id[step] for step in tier.validated_by if step in plan.by_id))
        yield from wrapped(f"met once done: {proofs}", 4, 2) if proofs else []
    for data in plan.objectives.rpo.values():
        length = f"{data.rpo} of data may be lost" if data.rpo else "no data may be lost"
        yield from wrapped(f"RPO {data.title}: {length}" + (f" ({data.how})." if data.how else "."), 2, 2)


def calls(plan: Plan) -> Iterator[str]:
    """Yield whom to call, and when it was done."""
    if plan.escalation:
        yield from heading("Escalation: no answer in time, call the next level")
        for contact in plan.escalation:
            yield from _call(contact)
    if plan.contacts:
        yield from heading("Contacts")
        yield from side_by_side(f"{contact.role}: {contact.contact}" for contact in plan.contacts)


def numbers(plan: Plan, steps: Iterable[Step]) -> str:
    """Return the numbers of steps as one says them."""
    return ", ".join(plan.numbers[step.id] for step in steps)


def _call(contact: Contact) -> Iterator[str]:
    within = f", answers within {contact.respond_within}" if contact.respond_within else ""
    yield from wrapped(f"[ ] {contact.level} {contact.role}: {contact.contact}{within}", 2, 4)
    yield "      Called (UTC) ____________  Answered (UTC) ____________  By ______________"
