"""PgBouncer's configuration file: where each database leads, and how one line of it is changed. Pure.

Only host and port of an entry are replaced: comments, quotes, other entries and line ends stay byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_SECTION = re.compile(r"\s*\[([^\]]*)\]\s*$")
_INCLUDE = re.compile(r"\s*%include\s+(.+?)\s*$")
_ENTRY = re.compile(r"\s*(?:\"((?:[^\"]|\"\")+)\"|([^\s=\";#%\[][^\s=]*))\s*=[ \t]*")
_PAIR = re.compile(r"\s*([A-Za-z_]+)[ \t]*=[ \t]*('(?:[^']|'')*'|[^\s']*)")
_SECRET = re.compile(r"(password[ \t]*=[ \t]*)('(?:[^']|'')*'|\S+)", re.IGNORECASE)


class Entry(NamedTuple):
    """One database in a configuration file.

    Attributes:
        name: as clients call it.
        file: in which file it stands.
        line: in which line of it, from 0.
        host, port: where it leads; empty: it does not say so (a socket, port 5432).
    """

    name: str
    file: str
    line: int
    host: str
    port: str


class Found(NamedTuple):
    """What a configuration file says: its databases in order, and the files that it includes."""

    entries: list[Entry]
    includes: list[str]


def parse(file: str, text: str) -> Found:
    """Return the databases of a file, and what it includes."""
    section, entries, includes = "", list[Entry](), list[str]()
    for number, line in enumerate(text.splitlines()):
        if line.lstrip().startswith((";", "#")):
            continue
        if found := _SECTION.fullmatch(line):
            section = found.group(1).strip()
        elif found := _INCLUDE.fullmatch(line):
            includes.append(found.group(1))
        elif section == "databases" and (found := _ENTRY.match(line)):
            pairs = _pairs(line[found.end() :])
            name = (found.group(1) or "").replace('""', '"') or found.group(2)
            entries.append(Entry(name, file, number, pairs.get("host", ""), pairs.get("port", "")))
    return Found(entries, includes)


def repointed(text: str, wanted: Mapping[int, tuple[str, str]]) -> str:
    """Return a file's text with other hosts and ports in some lines.

    Args:
        text: the file's.
        wanted: host and port by the line's number.
    """
    lines = text.splitlines(keepends=True)
    for number, (host, port) in wanted.items():
        lines[number] = _line(lines[number], {"host": host, "port": port})
    return "".join(lines)


def without_password(line: str) -> str:
    """Return a line as it may be shown."""
    return _SECRET.sub(r"\1…", line.strip())


def _line(line: str, wanted: Mapping[str, str]) -> str:
    start = _ENTRY.match(line)
    if start is None:
        return line
    at, rest = start.end(), line[start.end() :]
    missing = dict(wanted)
    made, last = list[str](), 0
    for pair in _PAIR.finditer(rest):
        if value := missing.pop(pair.group(1), ""):
            quoted = pair.group(2).startswith("'")
            made += [rest[last : pair.start(2)], f"'{value}'" if quoted else value]
            last = pair.end(2)
    added = "".join(f"{name}={value} " for name, value in missing.items())
    return line[:at] + added + "".join(made) + rest[last:]


def _pairs(text: str) -> dict[str, str]:
    found = _PAIR.findall(text)
    return {name: value[1:-1].replace("''", "'") if value.startswith("'") else value for name, value in found}
