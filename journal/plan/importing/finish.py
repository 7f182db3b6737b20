"""What a plan needs and a document did not say is filled in, and said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from journal.plan.importing.draft import Draft
from journal.plan.importing.objectives import data_class
from journal.plan.importing.scenarios import add_scenario

_ORDER = [
    "title",
    "version",
    "owner",
    "updated",
    "review",
    "overview",
    "objectives",
    "systems",
    "scenarios",
    "strategies",
    "phases",
    "escalation",
    "contacts",
    "compliance",
    "alerts",
    "monitoring",
    "tests",
    "backups",
    "places",
]
_KIND = re.compile(r"^(?:runbook|playbook|sop|procedure)\s*[:–—-]", re.IGNORECASE)


def finish(draft: Draft) -> dict[str, Any]:
    """Return the plan's data, whole: with systems, scenarios and strategies, in the order of a plan file."""
    data = draft.data
    data.setdefault("objectives", {"rto": {}, "rpo": {}})
    _systems(draft)
    if not data.get("scenarios"):
        title = _KIND.sub("", data["title"]).strip() or data["title"]
        data["scenarios"] = {}
        key = add_scenario(data["scenarios"], title, {})
        draft.filled(1, f"the scenario {key!r}; the document names none")
    if data["systems"]:
        for scenario in data["scenarios"].values():
            scenario["systems"] = list(data["systems"])
        draft.filled(1, "which systems each scenario hits is not in the document: all are named for each")
    data.setdefault("strategies", {})
    _ungraded(draft)
    return {key: data[key] for key in _ORDER if data.get(key) not in (None, "", []) or key in _NEEDED}


_NEEDED = {"objectives", "systems", "scenarios", "strategies", "phases"}


def _steps(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every step with its section's title."""
    for phase in data["phases"]:
        for section in phase["sections"]:
            yield from ((section["title"], step) for step in section["steps"])


def _systems(draft: Draft) -> None:
    """Name the systems that bound actions act on; the words above their first step tell which data they hold."""
    systems: dict[str, Any] = {}
    tier = next(iter(draft.data["objectives"]["rto"]), "")
    for section, step in _steps(draft.data):
        name = step.get("action", "").partition(".")[0]
        known = draft.known.systems.get(name)
        if known:
            step["system"] = name
            if name not in systems:
                data = data_class(draft, f"{name} {known.title} {section}") if known.stores else ""
                systems[name] = {"title": known.title, "tier": tier} | ({"data": data} if data else {})
    draft.data["systems"] = systems
    if systems:
        told = (" ".join(filter(None, (name, s["tier"], s.get("data", "")))) for name, s in systems.items())
        draft.filled(1, f"systems with tier and data, as far as its sections tell: {', '.join(told)}")


def _ungraded(draft: Draft) -> None:
    """Say where commands run, and which are called destructive because nobody said that they only look."""
    if any(step.get("command") for _, step in _steps(draft.data)):
        draft.filled(1, "commands run on the inventory's host 'local', until a step names another one (host: db1)")
    for _, step in _steps(draft.data):
        if step.get("command") and step.get("destructive"):
            draft.filled_at(step["id"], "destructive, until somebody says that it only looks")
