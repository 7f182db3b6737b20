"""What a document says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from journal.plan.importing.draft import Draft
from journal.plan.importing.labelled import Pair, pairs
from journal.plan.importing.outline import Block, Code, Document, Heading, Items, Prose, Table, take
from journal.plan.importing.step_tables import is_step_table
from journal.plan.importing.topics import about, own_topic

_ABOUT = {
    "version": r"^((document|plan) )?version$|^revision$",
    "updated": r"last[ -](updated|revised|modified|reviewed|verified|tested)|^(updated|date|modified)$",
    "review": r"(next|due) review|review (date|due|by)|^review$",
    "owner": r"^(document |plan |runbook |service )?owner(s|ed by)?$|^(team|author|maintainer|owning team)$",
    "title": r"^title$",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([A-Za-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})\b"
)


def read_about(document: Document, draft: Draft) -> None:
    """Take title, version, owner, dates and overview."""
    data, root = draft.data, document.root
    for key, (text, line) in document.front.items():
        if not _take_about(data, key, text):
            draft.unread(line, f"{key}: {text}")
    for heading in root.walk():
        for pair in pairs(heading.blocks):
            if _take_about(data, pair.label, pair.text):
                _take_line(pair)
    first = root.children[0] if root.children else None
    data.setdefault("title", first.title if first else Path(draft.file).stem)
    if "version" not in data:
        data["version"] = "1"
        draft.filled(1, 'version: "1"; the document has none')


def _take_about(data: dict[str, Any], label: str, text: str) -> bool:
    for field, words in _ABOUT.items():
        if not re.search(words, label.strip(), re.IGNORECASE) or not text:
            continue
        said = day(text) if field in ("updated", "review") else text
        if said and field not in data:
            data[field] = said
            return True
    return False


def _take_line(pair: Pair) -> None:
    """Take one line of a paragraph; the paragraph once none is left."""
    if isinstance(pair.block, Prose):
        pair.block.lines = [line for line in pair.block.lines if line.line != pair.line]
        pair.block.taken = not pair.block.lines
    else:
        pair.block.taken = True


def day(text: str) -> str:
    """Return a date as a plan has it (``2024-01``, ``2024-01-15``); empty where a text names none."""
    if written := re.search(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b", text):
        return written.group(0)
    match = _NAMED.search(text)
    if not match or match.group(2)[:3].lower() not in _MONTHS:
        return ""
    month = f"{match.group(4)}-{_MONTHS.index(match.group(2)[:3].lower()) + 1:02}"
    of_month = match.group(1) or match.group(3)
    return f"{month}-{int(of_month):02}" if of_month else month


def _begins_steps(block: Block) -> bool:
    if isinstance(block, Table):
        return is_step_table(block)
    return isinstance(block, Code) or (isinstance(block, Items) and block.ordered)


def read_overview(document: Document, draft: Draft) -> None:
    """Take the prose of an overview, and what stands before the first heading below the title."""
    top = document.root.children[0] if len(document.root.children) == 1 else None
    places: list[Heading] = [document.root, *([top] if top else []), *about(document, "overview")]
    said: list[str] = []
    for heading in places:
        for block in heading.blocks:
            if own_topic(heading) != "overview" and _begins_steps(block):
                break  # what follows belongs to the steps
            if isinstance(block, Prose) and not block.taken and not block.text.rstrip().endswith(":"):
                said.append(block.text)
                take(block)
            elif isinstance(block, Items) and own_topic(heading) == "overview" and not block.ordered:
                said += [item.head.text for item in block.items if not item.blocks and not item.taken]
                take(*(item for item in block.items if not item.blocks))
    if said:
        draft.data["overview"] = " ".join(said)
