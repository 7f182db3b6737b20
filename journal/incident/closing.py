"""What is not in order when an incident is closed. Who closes it is shown the list and types how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from journal.incident.findings import found_words
from journal.incident.looks import seen_in_force
from journal.incident.records import RunState, StepState
from journal.wording.instants import clock

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step

_WELL = ("up",)
_OPEN = (StepState.WAITING, StepState.READY, StepState.CANCELLED)
_PROVEN = (StepState.DONE, StepState.FOUND, StepState.NOT_APPLICABLE)
_WORDS = ("failed", "skipped after it failed", "skipped", "claimed by hand", "open")


class Remaining(msgspec.Struct, frozen=True):
    """One thing that is not in order: what is wrong, in a word or two, and what it is about."""

    word: str
    about: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.word}: {self.about}"


def remaining(incident: Incident) -> list[Remaining]:
    """Return what is not in order, gravest first: in force, running, in doubt, not well, failed, open.

    It goes by the journal, with what probes saw of what is in force (`RunCommands.look_at`); no system is asked here.
    """
    return [
        *_in_force(incident),
        *_may_run(incident),
        *(Remaining("in doubt", incident.plan.named(run.step) or run.action) for run in incident.in_doubt()),
        *_not_well(incident),
        *_steps(incident),
    ]


def phrase(items: list[Remaining]) -> str:
    """Return what must be typed to close over ``items``: how many there are; empty where there is nothing."""
    return f"{len(items)} open" if items else ""


def _in_force(incident: Incident) -> Iterator[Remaining]:
    for held in incident.in_force.values():
        what = incident.plan.named(held.step) or held.action
        on = f" on {held.target}" if held.target else ""
        sure = "" if held.sure else ", perhaps"
        seen = seen_in_force(incident, held.runs)
        yield Remaining(
            f"still in force{sure}", f"{what}{on}, since {clock(held.at)}; {held.undone_by} takes it back; {seen}"
        )


def _may_run(incident: Incident) -> Iterator[Remaining]:
    """Yield the programs whose end nobody saw."""
    for run in incident.runs.values():
        for program in run.programs if run.state.over else ():
            if program.finished_at is None and program.argv:
                where = f" on {program.host}" if program.host else ""
                of = incident.plan.named(run.step) or run.action
                yield Remaining("may still run", f"{program.argv[0]}{where}, of {of}")


def _not_well(incident: Incident) -> Iterator[Remaining]:
    scenario = incident.plan.scenarios.get(incident.scenario)
    untouched = scenario is not None and scenario.untouched  # how they are is in the report's health, and no deviation
    for system, health in incident.health.items():
        if health.status not in _WELL and not untouched:
            yield Remaining("not well", f"{incident.roster.title(system)} was {health.status} when last looked at")
    for system, wrong in incident.found_wrong.items():
        yield Remaining("wrong", f"{incident.roster.title(system)}: {wrong}")


def _steps(incident: Incident) -> Iterator[Remaining]:
    """Yield every required step that is not done, by how it was left, and what is done and not verified."""
    required = [s for s in incident.plan.steps() if incident.is_required(s)]
    found = [(word, step) for step in required if (word := _word(incident, step))]
    for word in _WORDS[:2]:
        yield from (Remaining(word, incident.plan.named(step.id)) for was, step in found if was == word)
    yield from _not_verified(incident)
    for word in _WORDS[2:]:
        yield from (Remaining(word, incident.plan.named(step.id)) for was, step in found if was == word)
    for step in incident.in_state(StepState.FOUND, StepState.LOOKED):
        if step.together and _is_up_by_now(incident, step):
            continue
        yield Remaining(found_words(incident, step.id), incident.plan.named(step.id))


def _is_up_by_now(incident: Incident, look: Step) -> bool:
    """Whether all that a look found is of systems that were measured as up since."""
    run = incident.last_run(look.id)
    if run is None or run.partial:
        return False
    since = (incident.health.get(finding.about) for finding in run.warnings)
    return all(health is not None and health.status == "up" for health in since)


def _not_verified(incident: Incident) -> Iterator[Remaining]:
    """Yield the steps that are done while the step that verifies them is not: one line for each verification."""
    unproven: dict[str, list[str]] = {}
    for step in incident.in_state(StepState.DONE, StepState.FOUND, StepState.LOOKED, StepState.MARKED_DONE):
        proof = step.verified_by
        if proof in incident.steps and incident.state(proof) not in _PROVEN:
            unproven.setdefault(proof, []).append(incident.plan.numbers[step.id])
    for proof, steps in unproven.items():
        yield Remaining("not verified", f"{', '.join(steps)}; {incident.plan.named(proof)} is {incident.state(proof)}")


def _word(incident: Incident, step: Step) -> str:
    state, failed = incident.state(step.id), incident.last_result(step.id) is RunState.FAILED
    if state is StepState.FAILED:
        return "failed"
    if state is StepState.SKIPPED:
        return "skipped after it failed" if failed else "skipped"
    if state is StepState.MARKED_DONE:
        return "claimed by hand" if step.is_run else ""
    return "open" if state in _OPEN else ""
