"""What a document says of itself, and of the recovery objectives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from journal.plan.importing.draft import Draft, key_for
from journal.plan.importing.labelled import Pair, pairs, records
from journal.plan.importing.outline import Document, Heading, Item, Items, Prose, take
from journal.plan.importing.times import at_once, duration_in
from journal.plan.importing.topics import about, own_topic, topic
from journal.wording.durations import Duration

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
_HOW = re.compile(r"\(([^()]+)\)")


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
    data.setdefault("title", first.title if first else draft.file)
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


def read_overview(document: Document, draft: Draft) -> None:
    """Take the prose of an overview, and what stands before the first heading below the title."""
    top = document.root.children[0] if len(document.root.children) == 1 else None
    places: list[Heading] = [document.root, *([top] if top else []), *about(document, "overview")]
    said: list[str] = []
    for heading in places:
        for block in heading.blocks:
            if isinstance(block, Prose) and not block.taken and not block.text.rstrip().endswith(":"):
                said.append(block.text)
                take(block)
            elif isinstance(block, Items) and own_topic(heading) == "overview" and not block.ordered:
                said += [item.head.text for item in block.items if not item.blocks and not item.taken]
                take(*(item for item in block.items if not item.blocks))
    if said:
        draft.data["overview"] = " ".join(said)


def read_objectives(document: Document, draft: Draft) -> None:
    """Take RTO and RPO, from lists, lines or tables, wherever they are named."""
    rto: dict[str, Any] = {}
    rpo: dict[str, Any] = {}
    for heading in document.root.walk():
        here = _about_which(heading) if topic(heading) == "objectives" else ""
        for pair in pairs(heading.blocks):
            named = _which(pair.label)
            which = named or here
            length = _length(pair.text, which)
            if named and length is None and isinstance(pair.block, Item):
                draft.unread(pair.line, f"an objective without a time: {pair.label}: {pair.text}")
                take(pair.block)
            elif which and length is not None:
                title = (_of_what(pair.label) if named else pair.label) or _whose(heading)
                _add(rto if which == "rto" else rpo, which, title, length, pair.text)
                take(pair.block)
        for record in records(heading.blocks):
            wanted = {"rto": record.cell("rto", "recovery time"), "rpo": record.cell("rpo", "recovery point")}
            if not any(wanted.values()) and here:
                wanted[here] = next((c for c in list(record.cells.values())[1:] if _length(c, here) is not None), "")
            for which, text in wanted.items():
                length = _length(text, which)
                if length is not None:
                    _add(rto if which == "rto" else rpo, which, record.first, length, text)
                    record.block.taken = True
    draft.data["objectives"] = {"rto": rto, "rpo": rpo}


def _about_which(heading: Heading) -> str:
    return next((which for at in heading.above() if (which := _which(at.title))), "")


def _whose(heading: Heading) -> str:
    return heading.name if topic(heading) not in ("overview", "objectives") else "Overall"


def _which(text: str) -> str:
    time = re.search(r"\brto\b|recovery time", text, re.IGNORECASE)
    point = re.search(r"\brpo\b|recovery point|max(imum)? data loss", text, re.IGNORECASE)
    return "" if bool(time) == bool(point) else "rto" if time else "rpo"


def _of_what(label: str) -> str:
    """Return what an objective is of, where its label says more than that it is one."""
    words = r"\b(target|targets|rto|rpo|recovery (time|point)( objectives?)?|objectives?|max(imum)? data loss|goal)\b"
    return re.sub(words, "", label, flags=re.IGNORECASE).strip(" ()-–—:")


def _length(text: str, which: str) -> Duration | None:
    found = duration_in(text)
    return Duration(0) if found is None and which == "rpo" and at_once(text) else found


def _add(known: dict[str, Any], which: str, title: str, length: Duration, text: str) -> None:
    if any(entry["title"] == title for entry in known.values()):
        return
    entry = {"title": title, which: str(length)}
    how = _HOW.search(text)
    if which == "rpo" and how:
        entry["how"] = how.group(1)
    known[key_for(title, known)] = entry


def data_class(draft: Draft, text: str) -> str:
    """Return the class of data that a text speaks of, by a word of its title; empty where it names none."""
    words = set(_stems(text))
    classes = draft.data["objectives"]["rpo"]
    return next((key for key, entry in classes.items() if words & set(_stems(entry["title"]))), "")


def _stems(text: str) -> Iterator[str]:
    for word in re.findall(r"[a-z]{4,}", text.lower()):
        yield word.rstrip("s")
