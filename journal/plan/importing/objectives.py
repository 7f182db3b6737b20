"""Recovery objectives, wherever a document names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from journal.plan.importing.draft import Draft, key_for
from journal.plan.importing.labelled import Pair, Record, pairs, records
from journal.plan.importing.outline import Document, Heading, Item, take
from journal.plan.importing.times import at_once, duration_in
from journal.plan.importing.topics import topic
from journal.wording.durations import Duration

_IN_TITLE = re.compile(r"\s*\((RTO|RPO)\b[:\s]*([^()]*)\)", re.IGNORECASE)
_HOW = re.compile(r"\(([^()]+)\)")


def read_objectives(document: Document, draft: Draft) -> None:
    """Take RTO and RPO, from lists, lines, tables and titles, wherever they are named."""
    found: dict[str, dict[str, Any]] = {"rto": {}, "rpo": {}}
    for heading in document.root.walk():
        for named, text in _IN_TITLE.findall(heading.title):
            _add(found, named.lower(), _IN_TITLE.sub("", heading.name).strip(), text)
        here = _about_which(heading) if topic(heading) == "objectives" else ""
        for pair in pairs(heading.blocks):
            _from_pair(pair, here, heading, found, draft)
        for record in records(heading.blocks):
            _from_row(record, here, found)
    draft.data["objectives"] = found


def _from_pair(pair: Pair, here: str, heading: Heading, found: dict[str, dict[str, Any]], draft: Draft) -> None:
    named = _which(pair.label)
    title = (_of_what(pair.label) if named else pair.label) or _whose(heading)
    if _add(found, named or here, title, pair.text):
        take(pair.block)
    elif named and isinstance(pair.block, Item):
        draft.unread(pair.line, f"an objective without a time: {pair.label}: {pair.text}")
        take(pair.block)


def _from_row(record: Record, here: str, found: dict[str, dict[str, Any]]) -> None:
    wanted = {"rto": record.cell("rto", "recovery time"), "rpo": record.cell("rpo", "recovery point")}
    if not any(wanted.values()) and here:
        wanted[here] = next((c for c in list(record.cells.values())[1:] if _length(c, here) is not None), "")
    for which, text in wanted.items():
        record.block.taken |= _add(found, which, record.first, text)


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


def _add(found: dict[str, dict[str, Any]], which: str, title: str, text: str) -> bool:
    """Add an objective where a text names its time; return whether it does. The first of a title counts."""
    length = _length(text, which) if which else None
    if length is None:
        return False
    known = found[which]
    if all(entry["title"] != title for entry in known.values()):
        how = _HOW.search(text) if which == "rpo" else None
        known[key_for(title, known)] = {"title": title, which: str(length)} | ({"how": how.group(1)} if how else {})
    return True


def data_class(draft: Draft, text: str) -> str:
    """Return the class of data that a text speaks of, by a word of its title; empty where it names none."""
    words = set(_stems(text))
    classes = draft.data["objectives"]["rpo"]
    return next((key for key, entry in classes.items() if words & set(_stems(entry["title"]))), "")


def _stems(text: str) -> Iterator[str]:
    for word in re.findall(r"[a-z]{4,}", text.lower()):
        yield word.rstrip("s")
