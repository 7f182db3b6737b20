"""Steps whose words say which of the plan's own questions they are: strategy, severity, who is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from journal.plan.importing.draft import Draft, key_for, slug
from journal.plan.importing.outline import Item, Line
from journal.plan.importing.scenarios import NOT_STATED

_SEVERITY = re.compile(
    r"\b(determine|classify|assess|assign|set|decide|establish)\b.*\b(severity|priority)\b", re.IGNORECASE
)
_TEAM = re.compile(r"\b(activate|assemble|engage|convene|call|page)\b.*\b(team|responders)\b", re.IGNORECASE)
_CALLED = re.compile(r"\b(alert|page|call|notify)\b.*\bon-?call\b|\bescalat\w+ (as|per|through|up)\b", re.IGNORECASE)
_STRATEGY = re.compile(r"\b(strategy|strategies|recovery (options?|method|approach))\b", re.IGNORECASE)


def known_step(draft: Draft, title: str) -> dict[str, Any]:
    """Return what a step has by its words alone; empty where it is one like any other."""
    if _SEVERITY.search(title):
        return _severity(draft)
    levels = draft.data.get("escalation", [])
    if levels and _TEAM.search(title) and draft.asks("response_team"):
        return _team(levels)
    if levels and _CALLED.search(title):
        names = [f"{one['role']} answered ({', '.join(_reach(one))})" for one in levels]
        return {"items": names, "calls": [one["level"] for one in levels]}
    return {}


def _reach(contact: dict[str, str]) -> list[str]:
    return [contact["contact"], *([contact["respond_within"]] if "respond_within" in contact else [])]


def _severity(draft: Draft) -> dict[str, Any]:
    """Return the decision on the severity, with those that the scenarios name; empty where one names none."""
    named = list(dict.fromkeys(scenario["severity"] for scenario in draft.data["scenarios"].values()))
    if not named or slug(NOT_STATED) in named or not draft.asks("severity"):
        return {}
    options = {name: {"title": name.capitalize()} for name in named}
    return {"decision": {"name": "severity", "question": "How severe is it?", "options": options}}


def _team(levels: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Return the decision who takes part: each level with those below it."""
    options: dict[str, Any] = {}
    for place, one in enumerate(levels, 1):
        calls = [other["level"] for other in levels[:place]]
        options[key_for(one["role"], options)] = {"title": f"{one['level']}: {one['role']}", "calls": calls}
    return {"decision": {"name": "response_team", "question": "Who takes part?", "options": options}}


def strategy_step(draft: Draft, title: str, heads: Sequence[Line]) -> dict[str, Any] | None:
    """Return the decision on the strategy, and make its answers the plan's strategies; None where it is none."""
    if not _STRATEGY.search(title) or draft.data.get("strategies"):
        return None
    strategies: dict[str, Any] = {}
    for head in heads:
        strategies[key_for(head.lead or head.text, strategies)] = _option(head)
    draft.data["strategies"] = strategies
    decision = {"name": "strategy", "question": "How shall the service come back?", "options": strategies}
    return {"title": _asked(title), "decision": decision}


def decided(title: str, items: Sequence[Item]) -> dict[str, Any]:
    """Return a decision whose answers are the items."""
    options: dict[str, Any] = {}
    for item in items:
        options[key_for(item.head.lead or item.head.text, options)] = _option(item.head)
    name = slug(title).replace("-", "_")
    return {
        "title": _asked(title),
        "decision": {"name": name, "question": f"{_asked(title)}: which?", "options": options},
    }


def _option(head: Line) -> dict[str, str]:
    return {"title": head.lead, "text": head.rest} if head.lead and head.rest else {"title": head.text}


def _asked(title: str) -> str:
    """Return a heading as a step: "Recovery Strategy Selection" is to select the recovery strategy."""
    match = re.match(r"(.+?)\s+(selection|choice|options?)$", title, re.IGNORECASE)
    if not match:
        return title
    return f"{'Select' if match.group(2).lower() == 'selection' else 'Choose'} the {match.group(1).lower()}"
