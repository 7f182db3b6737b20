"""Checks answers to decisions: their form, and whether the scenario refuses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from journal.errors import CleoError
from journal.incident.affected import choices, chosen, is_hit
from journal.incident.given_up import data_systems
from journal.incident.intrusion import NotTheBegin, checked_begin
from journal.incident.reach import reach
from journal.incident.recovery_point import Forms, NotARecoveryPoint, parse, read
from journal.incident.scanned import concerns
from journal.plan.model import INTRUSION_BEGAN
from journal.wording.instants import NotAnInstant, utc_instant

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Decision, Scenario

CORRUPTION, PHYSICAL, LOGICAL = "corruption", "physical", "logical"
"""The name of the decision on the kind of corruption, its answer under which the latest state may be restored, and the
other one."""


class AnswerRefused(CleoError):
    """An answer does not fit its question, or the scenario refuses it."""


def refusal(incident: Incident, name: str, answer: str) -> str:
    """Return why this incident's scenario refuses ``answer`` to the decision ``name``; empty where it does not."""
    scenario = incident.plan.scenarios.get(incident.scenario)
    refused = scenario.refuses.get(name, []) if scenario and not _excepted(incident, scenario, name) else []
    if scenario and "latest" in refused and is_latest(incident, answer):
        return (
            f"{scenario.title}: {read(answer)} lies after the last commit known, so it is the latest, which is refused."
        )
    if scenario is None or answer not in refused:
        return ""
    return f"{scenario.title}: {answer!r} is refused. Replicas and the newest backups may already hold the damage."


def _excepted(incident: Incident, scenario: Scenario, name: str) -> bool:
    """Return whether the answer to another decision lifts the scenario's refusals for this one."""
    unless = scenario.refuses_unless.get(name, {})
    return any(incident.answers.get(other) in answers for other, answers in unless.items())


def physical_evidence(incident: Incident) -> list[str]:
    """Return the physical damage (pages, checksums, structure) that probes and verifications found, a line each."""
    seen = [str(line) for run in incident.runs.values() for line in _corrupt(run.facts)]
    return list(dict.fromkeys(seen))


def _corrupt(facts: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a run's facts list as corrupt; a run over all systems has the facts of each under its name."""
    for part in (facts, *(value for value in facts.values() if isinstance(value, dict))):
        found = part.get("corrupt")
        yield from found if isinstance(found, list) else ()


def is_latest(incident: Incident, answer: str) -> bool:
    """Return whether a recovery point is an instant still to come, or after the last commit of all that is recovered.

    Behind the last commit of one system alone it still keeps something of the others out.
    """
    point = read(answer)
    if point is None or point.instant is None:
        return False
    told = {name: ledger.known for name, ledger in incident.ledgers.items() if ledger.known}
    known = [told.get(name) for name in data_systems(incident) if is_hit(incident, name)] or list(told.values())
    last = max((one.at for one in known if one), default=None) if all(one and one.exact for one in known) else None
    return point.instant > max(datetime.now(UTC), incident.last_at) or (last is not None and point.instant > last)


def known_damage(incident: Incident) -> str:
    """Return the summary of the newest damage report, by which a recovery point is chosen; empty: there is none."""
    ended = [run for run in incident.runs.values() if run.action == "damage.report" and run.summary]
    return max(ended, key=lambda run: run.id).summary if ended else ""


def check_answer(incident: Incident, decision: Decision, answer: str, forms: Forms) -> str:
    """Return ``answer`` in the form in which it is kept.

    Args:
        incident: its state.
        decision: the question.
        answer: what was answered.
        forms: which positions which system understands as a recovery point.

    Raises:
        AnswerRefused: it is empty, not among the options, not a known form, refused by the scenario, or a recovery
            point that cannot be reached.
    """
    answer = answer.strip()
    if not answer:
        raise AnswerRefused(f"{decision.question} has no answer yet.", "Choose one.")
    if decision.name == CORRUPTION and answer == PHYSICAL and not physical_evidence(incident):
        raise AnswerRefused(
            "Nothing that was found in this incident is physical damage: no page, no checksum, no structure.",
            "Run the damage report (or the system's verification) first; where it finds none, the damage is logical.",
        )
    kept = _recovery_point(incident, answer, forms) if decision.kind == "recovery-point" else answer
    why = refusal(incident, decision.name, kept)
    if why:
        raise AnswerRefused(why, "Choose a point before the damage: a time, a position or a named backup.")
    return kept if decision.kind == "recovery-point" else _CHECKS[decision.kind](incident, decision, answer)


def require_reason(incident: Incident, decision: Decision, answer: str, because: str = "") -> None:
    """Refuse an answer for which no reason is given: a recovery point that may bring an intruder back, a bare instant.

    Args:
        incident: its state.
        decision: the question.
        answer: the answer, as `check_answer` returned it.
        because: what it was proposed for, where a person took it as proposed.

    Raises:
        AnswerRefused: somebody's traces were found there, or nobody looked; nobody said what tells the instant.
    """
    if decision.name == INTRUSION_BEGAN and not because:
        raise AnswerRefused("What tells that they were inside since then?", "Name the evidence as the reason.")
    point = read(answer) if decision.kind == "recovery-point" else None
    if point is None or not (found := list(concerns(incident, point))):
        return
    said = "; ".join(f"{incident.roster.title(system)}: {seen.words}" for system, seen in found)
    raise AnswerRefused(
        f"It is not known to be from before the intruder. {said}.",
        "Choose a point at which nothing was found (intrusion.scan_backups), or give a reason for this one.",
    )


def _one(incident: Incident, decision: Decision, answer: str) -> str:
    if answer not in decision.options:
        raise AnswerRefused(
            f"{answer!r} does not answer {decision.question!r}.", f"Choose: {', '.join(decision.options)}."
        )
    return answer


def _systems(incident: Incident, decision: Decision, answer: str) -> str:
    known, names = choices(incident), chosen(incident, answer)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise AnswerRefused(f"The plan has no system {', '.join(unknown)}.", f"Choose among: {', '.join(known)}.")
    return ",".join(names)


def _recovery_point(incident: Incident, answer: str, forms: Forms) -> str:
    """Return a recovery point as it is kept; refused where it is none, or where it is certain that none leads to it."""
    try:
        point = parse(answer, forms, incident.roster.players, partial(is_hit, incident))
    except NotARecoveryPoint as error:
        raise AnswerRefused(error.message, error.hint) from None
    if impossible := reach(incident, point, forms).impossible:
        raise AnswerRefused(
            "; ".join(impossible) + ".",
            "Choose another point, or one for that system alone. If backups were added since: backups.verify, again.",
        )
    return point.text


def _instant(incident: Incident, decision: Decision, answer: str) -> str:
    try:
        return checked_begin(incident, answer) if decision.name == INTRUSION_BEGAN else utc_instant(answer).isoformat()
    except (NotTheBegin, NotAnInstant) as error:
        raise AnswerRefused(error.message, error.hint) from None


def _text(incident: Incident, decision: Decision, answer: str) -> str:
    return answer


_CHECKS = {"one": _one, "systems": _systems, "instant": _instant, "text": _text}
