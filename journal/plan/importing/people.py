"""Whom to call, and whom the law has told."""

from __future__ import annotations

import re
from typing import Any

from journal.plan.importing.draft import Draft
from journal.plan.importing.labelled import Record, pairs, records
from journal.plan.importing.outline import Document, Heading, take
from journal.plan.importing.times import duration_in
from journal.plan.importing.topics import about, topic

_REACH = ("contact", "support", "phone", "e-mail", "email", "pager", "number", "slack", "channel", "reach", "how")
_WHO = ("role", "title", "team", "name", "who", "vendor", "provider", "service", "position", "person")
_LEVEL = re.compile(r"^(?:L|level|tier|p)\s*-?\s*(\d)\b", re.IGNORECASE)


def read_people(document: Document, draft: Draft) -> None:
    """Take the escalation matrix and the contacts, from tables and lists."""
    escalation: list[dict[str, str]] = []
    contacts: list[dict[str, str]] = []
    for heading in document.root.walk():
        for record in records(heading.blocks):
            if found := _from_row(record, heading):
                (escalation if "level" in found else contacts).append(found)
                record.block.taken = True
    for heading in about(document, "contacts"):
        for pair in pairs(heading.blocks):
            if pair.text and not getattr(pair.block, "blocks", None):
                level = _LEVEL.match(pair.label)
                entry = {"role": pair.label, "contact": pair.text}
                if level:
                    escalation.append({"level": f"L{level.group(1)}", **entry})
                else:
                    contacts.append(entry)
                take(pair.block)
    for number, entry in enumerate(escalation, 1):
        if [other["level"] for other in escalation].count(entry["level"]) > 1:
            entry["level"] = f"L{number}"
    draft.data |= {key: found for key, found in (("escalation", escalation), ("contacts", contacts)) if found}


def _from_row(record: Record, heading: Heading) -> dict[str, str] | None:
    """Return a contact; None where the table is none of people."""
    reach = [text for head, text in record.cells.items() if any(word in head for word in _REACH) and text.strip()]
    who = record.cell(*_WHO)
    people = topic(heading) == "contacts" or any(
        word in head for head in record.cells for word in ("role", "name", "team", "level")
    )
    if not reach or not people or not (who or record.first):
        return None
    used = {who, *reach}
    level = record.cell("level", "tier", "order")
    wait = record.cell("response", "respond", "within", "sla", "time")
    entry = {"level": _level(level), "role": who or record.first, "contact": ", ".join(dict.fromkeys(reach))}
    more = [text for text in record.cells.values() if text.strip() and text not in {*used, level, wait}]
    if more:
        entry["role"] = f"{entry['role']} ({', '.join(more)})"
    if length := duration_in(wait):
        entry["respond_within"] = str(length)
    elif wait and wait not in used:
        entry["contact"] += f" ({wait})"
    return {key: value for key, value in entry.items() if value}


def _level(text: str) -> str:
    match = re.search(r"\d+", text)
    return f"L{match.group(0)}" if match else re.sub(r"[^A-Za-z0-9._@+-]+", "-", text).strip("-")


def read_compliance(document: Document, draft: Draft) -> None:
    """Take legal duties. A duty to notify with a time is a clock."""
    clocks: list[dict[str, Any]] = []
    for heading in about(document, "compliance"):
        for pair in pairs(heading.blocks):
            clock = {"title": pair.label, "plan": pair.text}
            if re.search(r"notif|report|inform", pair.text, re.IGNORECASE) and (length := duration_in(pair.text)):
                clock["deadline"] = str(length)
            clocks.append(clock)
            take(pair.block)
    if clocks:
        draft.data["compliance"] = clocks
