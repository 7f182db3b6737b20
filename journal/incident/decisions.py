"""What an answer to a decision must look like, and which answers a scenario refuses (design, gate 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from journal.errors import CleoError

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Decision, Plan, Scenario

_LSN = re.compile(r"lsn:[0-9A-F]{1,8}/[0-9A-F]{1,8}")
_BACKUP = re.compile(r"backup:\S+")

CORRUPTION, PHYSICAL = "corruption", "physical"
"""The decision on the kind of corruption, and the answer under which the latest state is right."""
_SHOWN = 60
"""Characters of a wrong answer that are repeated."""


class AnswerRefused(CleoError):
    """An answer does not fit its question, or would make this disaster worse."""


def refusal(incident: Incident, name: str, answer: str) -> str:
    """Return why this incident's scenario refuses ``answer`` to the decision ``name``, or an empty string."""
    scenario = incident.plan.scenarios.get(incident.scenario)
    refused = scenario.refuses.get(name, []) if scenario and not _excepted(incident, scenario, name) else []
    if scenario and "latest" in refused and is_latest(incident, answer):
        return f"{scenario.title}: {answer!r} lies after the last commit known, so it is the latest, which is refused."
    if scenario is None or answer not in refused:
        return ""
    return f"{scenario.title}: {answer!r} is refused. Replicas and the newest backups may already hold the damage."


def _excepted(incident: Incident, scenario: Scenario, name: str) -> bool:
    """Return whether another decision was answered so that this scenario refuses nothing here."""
    unless = scenario.refuses_unless.get(name, {})
    return any(incident.answers.get(other) in answers for other, answers in unless.items())


def physical_evidence(incident: Incident) -> list[str]:
    """Return what looks and verifications of this incident found damaged, a line each: pages, checksums, structure."""
    seen = [str(line) for run in incident.runs.values() for line in _corrupt(run.facts)]
    return list(dict.fromkeys(seen))


def _corrupt(facts: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what the facts of a look call corrupt; a look at all systems has each one's in a part of its own."""
    for part in (facts, *(value for value in facts.values() if isinstance(value, dict))):
        found = part.get("corrupt")
        yield from found if isinstance(found, list) else ()


def is_latest(incident: Incident, answer: str) -> bool:
    """Return whether a recovery point is an instant still to come, or after what is known to be the last commit."""
    if not answer.startswith("time:"):
        return False
    try:
        instant = utc_instant(answer.removeprefix("time:"))
    except AnswerRefused:
        return False
    known = [ledger.known for ledger in incident.ledgers.values() if ledger.known]
    last = max((one.at for one in known), default=None) if all(one.exact for one in known) else None
    return instant > datetime.now(UTC) or (last is not None and instant > last)


def known_damage(incident: Incident) -> str:
    """Return what the newest damage report found: a recovery point is chosen by it. Empty: there is none."""
    ended = [run for run in incident.runs.values() if run.action == "damage.report" and run.summary]
    return max(ended, key=lambda run: run.id).summary if ended else ""


def check_answer(incident: Incident, decision: Decision, answer: str) -> str:
    """Return ``answer`` in the form in which it is kept.

    Raises:
        AnswerRefused: it is empty, not among the options, not a known form, or refused by the scenario.
    """
    answer = answer.strip()
    if not answer:
        raise AnswerRefused(f"{decision.question} has no answer yet.", "Choose one.")
    if decision.name == CORRUPTION and answer == PHYSICAL and not physical_evidence(incident):
        raise AnswerRefused(
            "Nothing that was found in this incident is physical damage: no page, no checksum, no structure.",
            "Run the damage report (or postgres.verify) first; where it finds none, the damage is logical.",
        )
    why = refusal(incident, decision.name, answer)
    if why:
        raise AnswerRefused(why, "Choose a point before the damage: a time, an LSN or a named backup.")
    return _CHECKS[decision.kind](incident.plan, decision, answer)


def _one(plan: Plan, decision: Decision, answer: str) -> str:
    if answer not in decision.options:
        raise AnswerRefused(
            f"{answer!r} does not answer {decision.question!r}.", f"Choose: {', '.join(decision.options)}."
        )
    return answer


def _systems(plan: Plan, decision: Decision, answer: str) -> str:
    names = [name.strip() for name in answer.split(",") if name.strip()]
    unknown = [name for name in names if name not in plan.systems]
    if unknown:
        raise AnswerRefused(
            f"The plan has no system {', '.join(unknown)}.", f"Choose among: {', '.join(plan.systems)}."
        )
    return ",".join(names)


def _recovery_point(plan: Plan, decision: Decision, answer: str) -> str:
    if answer.startswith("time:"):
        return f"time:{utc_instant(answer.removeprefix('time:')).isoformat()}"
    if answer == "latest" or _LSN.fullmatch(answer) or _BACKUP.fullmatch(answer):
        return answer
    raise AnswerRefused(
        f"{answer!r} is no recovery point.", "Write latest, time:2026-11-22T14:30:00Z, lsn:0/3000060 or backup:LABEL."
    )


def _text(plan: Plan, decision: Decision, answer: str) -> str:
    return answer


_CHECKS = {"one": _one, "systems": _systems, "recovery-point": _recovery_point, "text": _text}


def utc_instant(text: str) -> datetime:
    """Return the instant that ``text`` (ISO 8601 with a zone) names, in UTC.

    A time without a zone is refused here: screens and command line show its UTC instant first and pass
    that on (design, gate 9).

    Raises:
        AnswerRefused: it is no such time, or names no zone.
    """
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    try:
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            raise AnswerRefused(f"{shown!r} names no time zone.", f"If it is UTC, write {shown.strip()}Z.")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):  # year 1 in a zone east of us is before all years
        raise AnswerRefused(f"{shown!r} is no time.", "Write it as 2026-11-22T14:30:00Z.") from None
