"""The kinds of disaster that a document tells of."""

from __future__ import annotations

import re
from typing import Any

from journal.plan.importing.draft import Draft, key_for, slug
from journal.plan.importing.labelled import pairs, records
from journal.plan.importing.outline import Document, Heading, Items, ordinal_left_out, take
from journal.plan.importing.topics import own_topic, topic

NOT_STATED = "not stated"
_FIELDS = {
    "impact": ("impact", "effect", "consequence", "description"),
    "likelihood": ("likelihood", "probability", "chance", "frequency"),
    "severity": ("severity", "priority", "sev"),
}
_NAMED = re.compile(r"^(?:scenario|playbook)\s*(?:\d+|[A-Z]\b)?\s*[.:–—-]", re.IGNORECASE)


def read_scenarios(document: Document, draft: Draft) -> dict[int, str]:
    """Take the scenarios, and return the scenario of each heading that is one, by the heading's line."""
    found: dict[str, Any] = {}
    of_heading: dict[int, str] = {}
    for heading in document.root.walk():
        if _is_one(heading):
            key = add_scenario(found, heading.name, _labelled(heading))
            of_heading[heading.line] = key
        elif own_topic(heading) == "scenarios":
            _listed(heading, found)
    draft.data["scenarios"] = found
    return of_heading


def _is_one(heading: Heading) -> bool:
    """Return whether a heading is a scenario: it says so, or stands right below one that is about scenarios."""
    above = heading.parent
    below = above is not None and own_topic(above) == "scenarios" and topic(heading) in ("scenarios", "")
    return _NAMED.match(ordinal_left_out(heading.title)) is not None or (below and own_topic(heading) != "scenarios")


def _labelled(heading: Heading) -> dict[str, str]:
    said: dict[str, str] = {}
    for pair in list(pairs(heading.blocks)):
        for field, words in _FIELDS.items():
            if any(word in pair.label.lower() for word in words) and field not in said:
                said[field] = pair.text
                take(pair.block)
    return said


def _listed(heading: Heading, found: dict[str, Any]) -> None:
    """Take scenarios from a table, or from a list."""
    for record in list(records(heading.blocks)):
        said = {field: record.cell(*words) for field, words in _FIELDS.items()}
        add_scenario(found, record.cell("scenario", "disaster", "threat", "risk", "failure") or record.first, said)
        record.block.taken = True
    for block in heading.blocks:
        for item in block.items if isinstance(block, Items) else ():
            if not item.taken and not item.blocks:
                add_scenario(found, item.head.lead or item.head.text, {"impact": item.head.rest})
                take(item)


def add_scenario(found: dict[str, Any], title: str, said: dict[str, str]) -> str:
    """Add a scenario by its title and fields, and return its key; what is not said is stated so."""
    key = key_for(title, found)
    given = {field: said.get(field) or NOT_STATED for field in _FIELDS}
    found[key] = {"title": title, **given, "severity": slug(given["severity"]) or slug(NOT_STATED)}
    return key
