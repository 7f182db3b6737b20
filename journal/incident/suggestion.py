"""Which answer a decision begins with, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from journal.incident.affected import choices, chosen, is_hit
from journal.incident.answers import answer_title
from journal.incident.cures import taken_anew
from journal.incident.decisions import CORRUPTION, LOGICAL, PHYSICAL, physical_evidence, refusal
from journal.incident.intrusion import first_trace, later_than_begin
from journal.incident.last_good import changed_systems, last_good, proven_change
from journal.incident.newest_state import found_since, wrong_as_written
from journal.incident.records import HealthRecord
from journal.incident.recovery_point import LATEST, read
from journal.incident.scanned import concerns, is_breach
from journal.incident.state import Incident
from journal.incident.strategy_evidence import against, backed_up
from journal.plan.model import ANOTHER, FOUND_WRONG, INTRUSION_BEGAN, SAME, STANDBY_SITE, Decision, Step

_SITES = {SAME: "the same site", ANOTHER: "another site"}


class Suggestion(NamedTuple):
    """An answer to begin with, empty where nothing supports one; ``because`` says what it rests on, in words."""

    answer: str = ""
    because: str = ""


def suggestion(incident: Incident, decision: Decision) -> Suggestion:
    """Return what to begin with: what helps against a failure, else what was decided before; where nothing was, or that
    led to a failure, what was measured, what the plan derives, the scenario's, unless it is the same again.

    What was proven wrong since it was decided counts more than the decision.
    """
    cure, decided = taken_anew(incident, decision.name), incident.decisions.get(decision.name)
    if cure and cure.answer:
        return Suggestion(cure.answer, cure.words)
    wrong = _wrong(incident, decision, since=decided.at) if decided else None
    since = decision.kind == "recovery-point" and (found_since(incident) or later_than_begin(incident))
    if decided and not cure and not since and (wrong is None or wrong.answer == decided.answer):
        return Suggestion(decided.answer, f"decided by {decided.by}")
    found = _known(incident, decision) or _by_scenario(incident, decision)
    failed_with = decided.answer if decided else None
    of_no_use = found.answer == failed_with or refusal(incident, decision.name, found.answer)
    return Suggestion() if of_no_use else found


def beginning(incident: Incident, decision: Decision) -> Suggestion:
    """Return what a question begins with where it is asked alone: the suggestion, else a guess that is said to be one.

    A guess is filled in to be read and edited; it is never decided together with others.
    """
    found = suggestion(incident, decision)
    if decision.name == INTRUSION_BEGAN and not found.answer and (trace := first_trace(incident)):
        return Suggestion(
            trace.at.astimezone(UTC).isoformat(), f"{trace.words}; whoever left it may have been inside before"
        )
    if found.answer or decision.kind != "recovery-point" or not _latest_is_in_doubt(incident, decision):
        return found
    guesses = (Suggestion(one.answer, one.because) for one in last_good(incident))
    return next((one for one in guesses if not refusal(incident, decision.name, one.answer)), found)


def _known(incident: Incident, decision: Decision) -> Suggestion | None:
    """Return what was measured, or follows from what was decided or done; None where that tells nothing."""
    if decision.kind == "systems":
        return _affected(incident)
    if decision.kind == "recovery-point":
        return _recovery_point(incident, decision)
    return _corruption(incident) if decision.name == CORRUPTION else _derived(incident, decision)


def _recovery_point(incident: Incident, decision: Decision) -> Suggestion | None:
    """Return the last moment proven good where the latest state may hold the damage; that where only pages broke."""
    if _latest_is_in_doubt(incident, decision):
        proven = (one for one in last_good(incident) if one.certain and not _in_question(incident, one.answer))
        return next((Suggestion(one.answer, one.words) for one in proven), Suggestion())
    if incident.answers.get(CORRUPTION) == PHYSICAL:
        return Suggestion(LATEST, "the damage is in the pages: the log does not carry it")
    return None


def _in_question(incident: Incident, answer: str) -> bool:
    """Return whether a point may bring an intruder back, so that it is decided alone, and with a reason."""
    point = read(answer)
    return point is not None and any(concerns(incident, point))


def _latest_is_in_doubt(incident: Incident, decision: Decision) -> bool:
    """Return whether the scenario refuses the latest state, or what is to be recovered is wrong beyond its pages."""
    wrong = (name for name in incident.found_wrong if is_hit(incident, name))
    return bool(refusal(incident, decision.name, LATEST)) or any(wrong_as_written(incident, name) for name in wrong)


def _corruption(incident: Incident) -> Suggestion:
    """Return the kind of damage that was found; nothing where both kinds were, or none."""
    pages, change = physical_evidence(incident), proven_change(incident)
    if bool(pages) == bool(change):
        return Suggestion()
    return Suggestion(PHYSICAL, pages[0]) if pages else Suggestion(LOGICAL, change)


def _affected(incident: Incident) -> Suggestion | None:
    """Return what was measured as broken; where nothing was, what the scenario hits of what the inventory has."""
    broken = dict(_broken(incident))
    known = incident.roster.systems
    scenario = incident.plan.scenarios[incident.scenario]
    hit = [name for name in chosen(incident, ",".join(scenario.systems)) if not known or _is_there(incident, name)]
    if broken and is_breach(incident.scenario):
        silent = f"usual for {scenario.title}: that a system is up says nothing of who was inside"
        every = [name for name in choices(incident) if name in hit or name in broken]
        return Suggestion(",".join(every), "; ".join([silent, *broken.values()]))
    if broken:
        return Suggestion(",".join(broken), "; ".join(broken.values()))
    because = f"usual for {scenario.title}; nothing was measured as down"
    if along := [choice for choice in choices(incident) if choice not in hit and _may_move(incident, choice)]:
        because += f"; the inventory has {', '.join(along)} on the site {scenario.loses}, which may be lost"
    return Suggestion(",".join([*hit, *along]), because)


def _may_move(incident: Incident, choice: str) -> bool:
    """Return whether a choice lives on the site that the scenario may lose, and has a standby on another one."""
    site, systems = incident.plan.scenarios[incident.scenario].loses, incident.roster.systems
    own = [name for name in _players(incident, choice) if site and name in systems and systems[name].site == site]
    return any(one.standby_of in own and one.site != site for one in systems.values())


def _broken(incident: Incident) -> Iterator[tuple[str, str]]:
    """Yield the choices that were found down or hold data proven wrong, each with how that is known.

    What the scenario hits, and was not found to be up, belongs to them: what cannot be measured is not well.
    """
    usual, changed = incident.plan.scenarios[incident.scenario], changed_systems(incident)
    for choice in choices(incident):
        for name in _players(incident, choice):
            health, wrong = incident.health.get(name), incident.found_wrong.get(name)
            if wrong:
                yield choice, f"{name}: data {wrong}"
            elif _cut_off_by_us(incident, name):
                continue
            elif changed.get(name):
                yield choice, changed[name]
            elif health and health.down_at:
                yield choice, _was_down(name, health)
            elif usual.loses and _stays_behind(incident, name, usual.loses):
                yield choice, f"{name} does not answer, and lives on the site {usual.loses}, which may be lost"
            elif choice.partition("/")[0] in usual.systems and _not_up(incident, name):
                yield choice, f"{name} is {health.status if health else 'not measured'}, usual for {usual.title}"


def _cut_off_by_us(incident: Incident, name: str) -> bool:
    """Return whether what a run put in force took a system from its users: that it serves nobody is our own doing."""
    health = incident.health.get(name)
    runs = (incident.runs[run] for one in incident.in_force.values() for run in one.runs)
    if health is None or health.down_at is None:
        return False
    before = (run for run in runs if run.system == name and (run.started_at or run.requested_at) <= health.down_at)
    return any((step := incident.plan.by_id.get(run.step)) and step.destructive for run in before)


def _stays_behind(incident: Incident, name: str, site: str) -> bool:
    """Return whether a system of a site that may be lost does not answer: slow, or gone with the site."""
    known, health = incident.roster.systems.get(name), incident.health.get(name)
    silent = health is not None and health.status == "not answering"
    return silent and known is not None and known.site == site


def _was_down(name: str, health: HealthRecord) -> str:
    """Return when a system was seen down, and what it is by now: what came back has still to be verified."""
    if health.status == "down":
        return f"{name} is down, seen {health.at:%H:%M:%S} UTC"
    return f"{name} was down, seen {health.down_at:%H:%M:%S} UTC; {health.status} by now"


def _not_up(incident: Incident, name: str) -> bool:
    """Return whether others were measured, and a system that is there was not found to be up."""
    there = not incident.roster.systems or name in incident.roster.systems
    health = incident.health.get(name)
    return bool(incident.health) and there and (health is None or health.status != "up")


def _players(incident: Incident, choice: str) -> list[str]:
    plan_system, _, name = choice.partition("/")
    return [name] if name else incident.roster.players(plan_system)


def _is_there(incident: Incident, choice: str) -> bool:
    return any(name in incident.roster.systems for name in _players(incident, choice))


def _derived(incident: Incident, decision: Decision) -> Suggestion | None:
    """Return what the plan says follows from another answer, or from how a step ended."""
    for source, answers in decision.suggest.items():
        if source == FOUND_WRONG:
            if wrong := _wrong(incident, decision):
                return wrong
            continue
        if source == STANDBY_SITE:
            if (said := _standby_site(incident)) in answers:
                return Suggestion(answers[said], f"what stands by lives on {_SITES[said]} (inventory)")
            continue
        found = incident.plan.by_id.get(source)
        step = found if found and found.decision is None else None  # else its answer counts, not that it was given
        said = str(incident.state(source)) if step else _answer(incident, source)
        if said in answers:
            what = _ended(incident, step) if step else f"{source.replace('_', ' ')}: {_title(incident, source, said)}"
            return Suggestion(answers[said], what if answers[said] else "")
    return None


def _standby_site(incident: Incident) -> str:
    """Return where the standbys of what is affected live; empty: some here, some there, or there are none."""
    systems = incident.roster.systems
    pairs = [(one, systems[one.standby_of]) for one in systems.values() if one.standby_of in systems]
    found = {SAME if one.site == own.site else ANOTHER for one, own in pairs if is_hit(incident, own.name)}
    return found.pop() if len(found) == 1 else ""


def _ended(incident: Incident, step: Step) -> str:
    """Return how a step ended, or what settled it: ``not possible: no data directory, seen 21:38 UTC by …``."""
    state = incident.state(step.id)
    return f"{state}: {incident.steps[step.id].note}" if state.by_evidence else f"{step.title}: {state}"


def _wrong(incident: Incident, decision: Decision, since: datetime | None = None) -> Suggestion | None:
    """Return what follows from data that was proven wrong, after ``since`` where that is given; None: nothing does."""
    for plan_system, answer in decision.suggest.get(FOUND_WRONG, {}).items():
        for name in incident.roster.players(plan_system):
            wrong = incident.found_wrong.get(name)
            if wrong and (since is None or wrong.at > since):
                return Suggestion(answer, f"{name}: data {wrong}")
    return None


def _answer(incident: Incident, name: str) -> str:
    if name == "severity":
        return incident.severity
    decided = incident.decisions.get(name)
    return decided.answer if decided else incident.answers.get(name, "")


def _title(incident: Incident, name: str, answer: str) -> str:
    scenario = incident.plan.scenarios.get(answer) if name == "scenario" else None
    return scenario.title if scenario else answer_title(incident, name, answer)


def _by_scenario(incident: Incident, decision: Decision) -> Suggestion:
    declared = incident.severity if decision.name == "severity" else ""
    if declared:
        return Suggestion(declared, "as declared")
    answer = incident.plan.suggested(decision, incident.scenario)
    if decision.name == "strategy" and (why := against(incident, answer)):
        return _other_strategy(incident, decision, why)
    usual = f"usual for {incident.plan.scenarios[incident.scenario].title}"
    return Suggestion(answer, usual if answer else "")


def _other_strategy(incident: Incident, decision: Decision, why: str) -> Suggestion:
    """Return the strategy that restores what was found to be backed up, where the usual one cannot be; else none."""
    for answer in decision.options:
        found = backed_up(incident, answer)
        if found and not against(incident, answer) and not refusal(incident, decision.name, answer):
            return Suggestion(answer, f"{why}; {found}")
    return Suggestion()
