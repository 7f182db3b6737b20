"""A plan to begin with, made of a team's answers: the way through an incident, with what is theirs filled in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from journal.plan.action_spec import Catalogue
from journal.plan.importing.draft import key_for, slug

SEVERITIES = {"critical": "SEV1 Critical", "high": "SEV2 High", "medium": "SEV3 Medium", "low": "SEV4 Low"}


class Answers(NamedTuple):
    """What a team said of itself.

    Attributes:
        title, owner: of the plan.
        rto, rpo: objectives by what they are for, as a plan writes durations.
        systems: their titles, by name; one that is called like a type of system of this program gets its actions.
        scenarios, strategies: their titles.
        levels: who is called, in that order, with how they are reached.
    """

    title: str
    owner: str
    rto: Mapping[str, str]
    rpo: Mapping[str, str]
    systems: Mapping[str, str]
    scenarios: Sequence[str]
    strategies: Sequence[str]
    levels: Mapping[str, str]


def skeleton(answers: Answers, catalogue: Catalogue) -> dict[str, Any]:
    """Return a plan's data: it passes the checks, and every step of it can be done."""
    tiers = _keyed(answers.rto, lambda title, rto: {"title": title, "rto": rto, "validated_by": ["user-acceptance"]})
    data = _keyed(answers.rpo, lambda title, rpo: {"title": title, "rpo": rpo})
    tier = next(iter(tiers), "")
    systems = {
        name: {"title": title, "tier": tier}
        | ({"data": next(iter(data))} if data and f"{name}.restore" in catalogue else {})
        for name, title in answers.systems.items()
    }
    strategies = _keyed(dict.fromkeys(answers.strategies, ""), lambda title, _: {"title": title})
    told = {"impact": "To be described", "likelihood": "To be judged", "severity": "high", "systems": [*systems]}
    return {
        "title": answers.title,
        "version": "1",
        **({"owner": answers.owner} if answers.owner else {}),
        "objectives": {"rto": tiers, "rpo": data},
        "systems": systems,
        "scenarios": _keyed(dict.fromkeys(answers.scenarios, ""), lambda title, _: {"title": title, **told}),
        "strategies": strategies,
        "phases": [
            _response(answers.levels),
            _assessment(strategies, bool(systems)),
            _recovery(systems, catalogue),
            _validation(),
            {**_phase("Post-Incident", "", {"Review": [_review()]}), "optional": True},
        ],
        "escalation": [
            {"level": f"L{n}", "role": role, "contact": how} for n, (role, how) in enumerate(answers.levels.items(), 1)
        ],
    }


def _keyed(entries: Mapping[str, str], make: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for title, said in entries.items():
        found[key_for(title, found)] = make(title, said)
    return found


def _phase(title: str, lasts: str, sections: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    window = {"window": {"lasts": lasts}} if lasts else {}
    listed = [{"title": name, "steps": steps} for name, steps in sections.items()]
    return {"id": key_for(title, ()), "title": title, **window, "sections": listed}


def _step(title: str, **fields: Any) -> dict[str, Any]:
    return {"id": key_for(title, ()), "title": title, **fields}


def _ticked(title: str, items: list[str], **fields: Any) -> dict[str, Any]:
    return _step(title, items=items, **fields)


def _decided(title: str, name: str, question: str, **fields: Any) -> dict[str, Any]:
    return _step(title, decision={"name": name, "question": question, **fields})


def _response(levels: Mapping[str, str]) -> dict[str, Any]:
    called = {
        "items": [f"{role} answered ({how})" for role, how in levels.items()],
        "calls": [f"L{n + 1}" for n in range(len(levels))],
    }
    detection = [
        _step("Check system status", action="status.check"),
        _step("Verify backup integrity", action="backups.verify"),
    ]
    severities = {name: {"title": title} for name, title in SEVERITIES.items()}
    return _phase(
        "Initial Response",
        "15 min",
        {
            "Detection": [*detection, _step("Hold backups", action="backups.hold")],
            "Classification": [_decided("Determine severity level", "severity", "How bad is it?", options=severities)],
            "Communication": [
                _ticked("Notify stakeholders", ["Support knows what to answer"], beside=True),
                *([_step("Alert on-call personnel", **called, beside=True)] if levels else []),
            ],
        },
    )


def _assessment(strategies: Mapping[str, Any], systems: bool) -> dict[str, Any]:
    affected = _decided("Name the affected systems", "affected", "Which systems must be recovered?", kind="systems")
    point = _decided(
        "Choose the recovery point", "recovery_point", "Up to when shall data come back?", kind="recovery-point"
    )
    chosen = _decided("Select the recovery strategy", "strategy", "How shall it come back?", options=dict(strategies))
    looks = [_step("Generate damage report", action="damage.report")]
    decisions = [*([affected] if systems else []), point, *([chosen] if strategies else [])]
    return _phase("Assessment", "15 min", {"Damage": looks, "Strategy": decisions})


def _recovery(systems: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    slugs = [slug(system["title"]) for system in systems.values()]
    sections: dict[str, list[dict[str, Any]]] = {}
    for name, system in systems.items():
        alone = slugs.count(slug(system["title"])) == 1
        title = system["title"] if alone else f"{system['title']} ({name})"
        sections[title] = _of_system(name, title, catalogue)
    return _phase("Recovery", "4 h", sections or {"Recovery": [_step("Restore the service", destructive=True)]})


def _validation() -> dict[str, Any]:
    accepted = _ticked("User acceptance", ["Critical user flows work", "Data are consistent"])
    release = _step("Release the hold on backups", action="backups.release", needs=["user-acceptance"])
    return _phase("Validation", "1 h", {"User Acceptance": [accepted], "Backups": [release]})


def _review() -> dict[str, Any]:
    return _ticked("Write the report", ["Causes", "Improvements"], optional=True)


def _of_system(name: str, title: str, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return the steps of one system: this program's actions where it has them, else a person's."""
    steps: list[dict[str, Any]] = []
    for verb, words in (
        ("stop_writers", "Stop writers to"),
        ("stop", "Stop"),
        ("restore", "Restore"),
        ("verify", "Verify"),
        ("allow_writers", "Allow writers to"),
    ):
        spec = catalogue.get(f"{name}.{verb}")
        if spec is None and verb not in ("restore", "verify"):
            continue
        step = _step(f"{words} {title}", system=name, when={"affected": [name]})
        step |= {"action": spec.name} if spec else {}
        step |= {"destructive": True} if (spec.destructive if spec else verb == "restore") else {}
        step |= {"needs": [steps[-1]["id"]]} if steps else {"needs": ["name-the-affected-systems"]}
        steps.append(step)
    return steps
