"""Writes a plan's data as a plan file that people go on with: in the order of its fields, with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journal.plan.importing.draft import Note
from journal.plan.importing.importer import Imported

_TITLES = {
    "unread": "Not taken over, and not in this plan:",
    "look at this": "Taken over, and to be changed:",
    "filled in": "Filled in, and not in the document; confirm it:",
}
_WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./()+-]*[A-Za-z0-9_./()+-]|[A-Za-z]")
_TAKEN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_PRINTABLE = re.compile(
    r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


def plan_text(imported: Imported, source: str) -> str:
    """Return a plan file of what was imported: each step with the line it came from, the notes at its end."""
    head = [
        f"# Made by `cleo plan import` of {_one_line(source)} (sha256 {imported.sha256}).",
        "# Read it against the document, complete what its end lists, then: cleo plan check FILE",
    ]
    lines = plan_lines(imported.data, head, imported.places)
    for kind, title in _TITLES.items():
        lines += _listed(title, [note for note in imported.notes if note.kind == kind])
    return "\n".join(lines) + "\n"


def plan_lines(data: Mapping[str, Any], head: Sequence[str], places: Mapping[str, tuple[str, int]]) -> list[str]:
    """Return a plan file's lines: comments at its head, then the data, each step with the place it came from."""
    return [*head, *_mapping(data, "", places)]


def _listed(title: str, notes: list[Note]) -> list[str]:
    return (
        ["", f"# {title}", *(f"#   {_one_line(f'{note.file}:{note.line}: {note.text}')}" for note in notes)]
        if notes
        else []
    )


def _one_line(text: str) -> str:
    return _PRINTABLE.sub("·", " ".join(text.split()))


def _mapping(data: Mapping[str, Any], indent: str, places: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    for key, value in data.items():
        if not indent and isinstance(value, dict | list):
            yield ""
        yield from _entry(f"{indent}{scalar(key)}:", value, indent + "  ", places)


def _entry(head: str, value: Any, indent: str, places: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    """Yield the lines of ``head value``, on one line where it fits."""
    flow = _flow(value)
    if flow is not None and len(head) + len(flow) + 1 <= _WIDTH:
        yield f"{head} {flow}"
    elif isinstance(value, dict):
        yield head
        yield from _mapping(value, indent, places)
    elif isinstance(value, list):
        yield head
        for item in value:
            yield from _in_list(item, indent, places)
    elif "\n" in value and _PRINTABLE.search(value) is None and not re.search(r"[ \n]\n|^\s|\s\Z", value):
        yield f"{head} |-"
        yield from (f"{indent}{row}" if row else "" for row in value.split("\n"))
    elif (
        " " in value
        and "\n" not in value
        and _PRINTABLE.search(value) is None
        and "  " not in value
        and value == value.strip()
    ):
        yield f"{head} >-"
        yield from _wrapped(value, indent)
    else:
        yield f"{head} {scalar(value)}"


def _in_list(item: Any, indent: str, places: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    if not isinstance(item, dict):
        yield from _entry(f"{indent}-", item, indent + "  ", places)
        return
    first, *rest = _mapping(item, indent + "  ", places)
    file, line = places.get(item.get("id", ""), ("", 0)) if "title" in item and "sections" not in item else ("", 0)
    origin = f"  # {_one_line(file.rpartition('/')[2])}:{line}" if file else ""
    yield f"{indent}- {first[len(indent) + 2 :]}{origin}"
    yield from rest


def _flow(value: Any) -> str | None:
    """Return a value on one line; None for what is better read on several."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = {key: text for key, each in value.items() if (text := _flow(each)) is not None}
        simple = all(not isinstance(each, dict) or len(each) < 2 for each in value.values())
        if len(value) > 4 or "id" in value or not simple or len(inner) < len(value):
            return None
        return braced(inner)
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            return None
        return "[" + ", ".join(scalar(each) for each in value) + "]"
    return None if isinstance(value, str) and "\n" in value else scalar(value)


def braced(written: Mapping[str, str]) -> str:
    """Return a mapping on one line, its values being YAML already."""
    return "{" + ", ".join(f"{scalar(key)}: {text}" for key, text in written.items()) + "}"


def scalar(value: Any) -> str:
    """Return a scalar as YAML: plain where that can be mistaken for nothing else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _TAKEN and "  " not in value:
        return value
    if re.fullmatch(r"\d{1,6} (?:s|min|h|d)(?: \d{1,6} (?:s|min|h))*", value):
        return value
    if ('"' in value or "\\" in value) and _PRINTABLE.search(value) is None and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=_PRINTABLE.search(value) is not None)


def _wrapped(text: str, indent: str) -> Iterator[str]:
    """Yield a text in lines, as a folded block has it: a break is a blank."""
    line = ""
    for word in text.split(" "):
        if line and len(indent) + len(line) + 1 + len(word) > _WIDTH:
            yield indent + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield indent + line
