"""The printable plan: a checklist with boxes, in plain text, 80 columns wide, one phase a page."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cleo_console.cli.paper_step import step_lines
from journal.plan.applies import applies
from journal.plan.model import AFFECTED

if TYPE_CHECKING:
    from actions.by_hand import Typed
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Contact, LegalClock, Phase, Plan, Step
    from journal.plan.read import LoadedPlan

    Commands = Callable[[Step], Sequence[Typed]]

WIDTH = 80
NEW_PAGE = "\f"
"""Printers begin a new page at it."""

_HOW = """\
Work from the top. Tick a box when the step is done, write the time in UTC and
your initials; cross out what you leave out, and write why. What says
DESTRUCTIVE can lose data: name the host and the data directory aloud, and have
a second person agree, before you type it.
When the computer is back, type in what is written here, with its times:
  cleo declare --title ... --scenario ... --kind REAL --began TIME
  cleo done STEP --note ... --at TIME      cleo skip STEP --reason ... --at TIME
  cleo decide STEP ANSWER --at TIME        cleo note TEXT --step STEP --at TIME
Without cleo: a command begins at the margin, and goes on after a \\ and inside
quotes; put your own in the place of words in capitals (BACKUP, TIME).
STEP is the word in brackets after the title; TIME is as 2026-11-22T02:41:00Z."""


def paper(
    loaded: LoadedPlan,
    catalogue: Catalogue,
    scenario: str = "",
    fleets: Mapping[str, Sequence[str]] | None = None,
    by_hand: Commands = lambda step: (),
) -> Iterator[str]:
    """Yield the lines of a plan on paper.

    Args:
        loaded: the plan.
        catalogue: the actions there are: what is only planned is not offered as a command of ours.
        scenario: leaves out the steps that do not apply to it; all are there where it is empty.
        fleets: the systems of the inventory that play a plan system together, where several do.
        by_hand: returns a step's shell commands, by what the inventory says.
    """
    plan = loaded.plan
    answers = _answers(plan, scenario)
    left_out = [s for s in plan.steps() if applies(s, answers) is False or _refused(plan, s, scenario)]
    yield from _title(loaded, scenario)
    yield from _fleets(plan, fleets or {})
    yield from _objectives(plan)
    yield from _calls(plan)
    for number, phase in enumerate(plan.phases, 1):
        yield from _phase(plan, number, phase, scenario, {step.id for step in left_out}, catalogue, by_hand)
    yield from _appendix(plan)
    if left_out:
        yield from ["", *wrapped("Left out, as they do not apply to this scenario: " + _numbers(plan, left_out) + ".")]


def _fleets(plan: Plan, fleets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield where one step is work at several systems."""
    if not fleets:
        return
    yield from heading("Several systems for one")
    for name, systems in fleets.items():
        yield from wrapped(f"{plan.systems[name].title}: {', '.join(systems)}", 2, 2)
    text = "A step of theirs is done when it is done at each that is hit: write each name with its time beside the box,"
    yield from wrapped(f"{text} and add --on NAME to the step's command.", 2)


def _answers(plan: Plan, scenario: str) -> dict[str, str]:
    return {"scenario": scenario, AFFECTED: ",".join(plan.scenarios[scenario].systems)} if scenario else {}


def _refused(plan: Plan, step: Step, scenario: str) -> bool:
    """Return whether a step hangs on answers that the scenario refuses, all of them."""
    refuses = plan.scenarios[scenario].refuses if scenario else {}
    return any(set(wanted) <= set(refuses.get(name, ())) for name, wanted in step.when.items())


def _numbers(plan: Plan, steps: Iterable[Step]) -> str:
    return ", ".join(plan.numbers[step.id] for step in steps)


def wrapped(text: str, indent: int = 0, hanging: int = 0) -> list[str]:
    """Return a text as lines of the page's width."""
    first, more = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=more, break_on_hyphens=False) or [""]


def _title(loaded: LoadedPlan, scenario: str) -> Iterator[str]:
    plan = loaded.plan
    yield from [plan.title.upper(), "On paper", ""]
    yield from wrapped(f"Version {plan.version}, {plan.owner}; last updated {plan.updated or 'never'}.")
    yield f"sha256 {loaded.sha256}"
    if scenario:
        hit = plan.scenarios[scenario]
        yield from ["", *wrapped(f"SCENARIO: {hit.title}. {hit.impact}. Severity {hit.severity}.")]
        if hit.strategy:
            yield from wrapped(f"Suggested strategy: {plan.strategies[hit.strategy].title}.")
    yield from ["", "Incident ______________________________  Kind  REAL / DRILL  Severity ________"]
    yield from ["Began (UTC) _______________________  Discovered (UTC) _________________________"]
    yield from ["Leads _____________________________  Writes ___________________________________", ""]
    yield from _HOW.splitlines()
    if not scenario:
        yield from heading("Scenarios")
        for one in plan.scenarios.values():
            yield from wrapped(
                f"( ) {one.title}: {one.impact}. Likelihood {one.likelihood}, severity {one.severity}.", 2, 4
            )


def heading(text: str) -> list[str]:
    """Return a heading's lines."""
    return ["", text.upper(), "-" * min(len(text), WIDTH)]


def _objectives(plan: Plan) -> Iterator[str]:
    yield from heading("Recovery objectives")
    for tier in plan.objectives.rto.values():
        yield from wrapped(f"RTO {tier.title}: {tier.rto} after the disruption. Due (UTC) ______________", 2, 2)
        proofs = _numbers(plan, (plan.by_id[step] for step in tier.validated_by if step in plan.by_id))
        yield from wrapped(f"met once done: {proofs}", 4, 2) if proofs else []
    for data in plan.objectives.rpo.values():
        length = f"{data.rpo} of data may be lost" if data.rpo else "no data may be lost"
        yield from wrapped(f"RPO {data.title}: {length}" + (f" ({data.how})." if data.how else "."), 2, 2)


def _calls(plan: Plan) -> Iterator[str]:
    if plan.escalation:
        yield from heading("Escalation: no answer in time, call the next level")
        for contact in plan.escalation:
            yield from _call(contact)
    if plan.contacts:
        yield from heading("Contacts")
        for contact in plan.contacts:
            yield from wrapped(f"{contact.role}: {contact.contact}", 2, 2)


def _call(contact: Contact) -> Iterator[str]:
    within = f", answers within {contact.respond_within}" if contact.respond_within else ""
    yield from wrapped(f"[ ] {contact.level} {contact.role}: {contact.contact}{within}", 2, 4)
    yield "      Called (UTC) ____________  Answered (UTC) ____________  By ______________"


def _phase(
    plan: Plan,
    number: int,
    phase: Phase,
    scenario: str,
    left_out: set[str],
    catalogue: Catalogue,
    by_hand: Commands,
) -> Iterator[str]:
    kept = [[step for step in section.steps if step.id not in left_out] for section in phase.sections]
    if not any(kept):
        return
    window = f" ({phase.window.text})" if phase.window and phase.window.text else ""
    optional = ", only if wanted" if phase.optional else ""
    title = f"Phase {number}: {phase.title}{window}{optional}"
    yield from [NEW_PAGE + title.upper(), "=" * min(len(title), WIDTH)]
    for place, (section, steps) in enumerate(zip(phase.sections, kept, strict=True), 1):
        if steps:
            yield from heading(f"{number}.{place} {section.title}")
        for step in steps:
            yield from ["", *step_lines(plan, step, scenario, left_out, catalogue, by_hand(step))]


def _appendix(plan: Plan) -> Iterator[str]:
    yield NEW_PAGE + "LEGAL CLOCKS"
    yield "------------"
    for clock in plan.compliance:
        yield from _clock(clock)
    if plan.places:
        yield from heading("Where things are")
        for name, place in plan.places.items():
            yield from wrapped(f"{name}: {place}", 2, 2)
    yield from heading("What happened besides (time in UTC, what, who)")
    yield from ["", "_" * WIDTH] * 12


def _clock(clock: LegalClock) -> Iterator[str]:
    yield from wrapped(f"[ ] {clock.title}", 2, 4)
    yield from wrapped(f"the plan says: {clock.plan}", 6, 2)
    if clock.law:
        yield from wrapped(f"the law says: {clock.law}" + (f" ({clock.source})" if clock.source else ""), 6, 2)
    yield "      Due (UTC) ____________________  Done (UTC) ____________  By ______________"
