"""Reads YAML with line numbers: plain data, and the line of each value.

There are only the types of JSON: a date, ``on`` or ``1:30`` stays the text that was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from journal.errors import CleoError
from journal.yamlfile.problem import BadFile, FilePath, Problem

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\Z")
"""Integers that fit into 64 bits; a longer one stays text, which no field accepts, and so does 0600, which is octal."""
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}\Z")
_DEEPEST = 50
_LARGEST = 64 << 20
_MOST_SHARED = 50_000
"""Values that stand at aliases: a few lines of them could stand for billions."""
_OPENING = {"MappingStartEvent", "SequenceStartEvent"}
_CLOSING = {"MappingEndEvent", "SequenceEndEvent"}
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Source(NamedTuple):
    """The content of a YAML file. ``lines`` maps the path of each value to its line, counted from 1."""

    file: str
    data: Any
    lines: dict[FilePath, int]

    def line(self, path: FilePath) -> int:
        """Return the line of the value at ``path``, or of the nearest value around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Reader:
    """Collects data, lines and problems from the nodes of one document."""

    def __init__(self, file: str, aliases: bool) -> None:
        self.file = file
        self._aliases, self._shared = aliases, 0
        self.lines: dict[FilePath, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: Any, path: FilePath) -> Any:
        """Return the data below ``node``."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            if not self._aliases:
                self._complain(node, path, "an alias; write the value out, so that nobody has to look it up")
                return None
            self._shared += 1
            if self._shared > _MOST_SHARED or len(path) > _DEEPEST:
                self._complain(node, path, "an alias that holds itself, or too much")
                raise BadFile(self.problems)
        self._seen.add(id(node))
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self.value(child, (*path, n)) for n, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: Any, path: FilePath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if key_node.id == "scalar" else None
            if self._aliases and key == "<<" and not key_node.style:
                merged = self.value(value_node, (*path, key))
                for each in merged if isinstance(merged, list) else [merged]:
                    found = {**each, **found} if isinstance(each, dict) else found
                continue
            if key is None:
                self._complain(key_node, path, "a key must be plain text")
                continue
            if (first := self.lines.get((*path, key))) and key in found:
                self._complain(key_node, (*path, key), f"key {key!r} is here twice, first in line {first}")
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, (*path, key))
        return found

    def _complain(self, node: Any, path: FilePath, message: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, path, message))


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style:  # quoted or a block: text, whatever it looks like
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _too_deep(events: Iterable[Any]) -> int:
    """Return the line where nesting exceeds ``_DEEPEST``, else 0. PyYAML's composer recurses, and would crash."""
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name in _OPENING
        depth -= name in _CLOSING
        if depth > _DEEPEST:
            return int(event.start_mark.line) + 1
    return 0


def read_bytes(path: Path) -> bytes:
    """Return a file's content. A pipe has it once: what is needed twice is kept.

    Raises:
        CleoError: it cannot be read, or is larger than anything that people write.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise CleoError(f"{path} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    if len(content) > _LARGEST:
        raise CleoError(
            f"{path} is larger than {_LARGEST >> 20} MB: nobody wrote that by hand.", "Name the file that you mean."
        )
    return content


def utf8(path: Path, content: bytes) -> str:
    """Return a file's content as text, with its own ends of lines.

    Raises:
        CleoError: it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CleoError(f"{path} is not UTF-8 text.", "Save it as UTF-8, then try again.") from error


def read_yaml(file: Path, content: bytes, *, aliases: bool = False) -> Source:
    """Return the data of a YAML file.

    Args:
        file: its path, for messages.
        content: its bytes.
        aliases: what an alias (``*name``) and a merge (``<<``) stand for is read; else they are refused.

    Raises:
        BadFile: it is not YAML, or has a key twice.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if deep := _too_deep(yaml.parse(content, Loader=loader)):
            raise BadFile([Problem(str(file), deep, (), f"nested more than {_DEEPEST} levels deep")])
        node = yaml.compose(content, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadFile([Problem(str(file), mark.line + 1 if mark else 1, (), f"not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:  # an unprintable or undecodable character
        raise BadFile([Problem(str(file), 1, (), f"not YAML: {' '.join(str(error).split())}")]) from error
    if node is None:
        raise BadFile([Problem(str(file), 1, (), "the file is empty")])
    reader = _Reader(str(file), aliases)
    data = reader.value(node, ())
    if reader.problems:
        raise BadFile(reader.problems)
    return Source(str(file), data, reader.lines)
