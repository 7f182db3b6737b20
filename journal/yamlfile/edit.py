"""Edits of a YAML file as text, so that comments, order and layout stay as their author left them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from journal.errors import CleoError
from journal.yamlfile.problem import FilePath

_KEY = re.compile(r"^(?P<head>\s*(?:- )?[^\s#:][^:#]*:)(?P<blank>\s*)(?P<value>.*)$")
_ON_ONE_LINE = re.compile(r"^\s*(?:- )?(?:[^\s#:\"'{][^:#{]*:\s*)?\{")
_COMMENT = re.compile(r"\s+#.*$")


class CannotEdit(CleoError):
    """A place in a file is written in a way that is not edited: several fields on one line."""


class Edits:
    """Edits of one file, all of them by its lines as they were.

    Args:
        text: the file's content.
        lines: the line of each value, as `journal.yamlfile.yaml_source.Source.lines`.
    """

    def __init__(self, text: str, lines: Mapping[FilePath, int]) -> None:
        self._end = "\r\n" if "\r\n" in text else "\n"
        self._rows = text.split(self._end)
        self._lines = lines
        self._before: dict[int, list[str]] = {}
        self._after: dict[int, list[str]] = {}
        self._instead: dict[int, tuple[int, list[str]]] = {}

    def comment(self, path: FilePath, texts: Iterable[str]) -> None:
        """Put comments in front of the value at ``path``; at the file's head for no path."""
        line = self._lines[path] if path else 1
        indent = re.match(r"\s*", self._rows[line - 1] if path else "")
        self._before.setdefault(line, []).extend(f"{indent.group(0) if indent else ''}# {text}" for text in texts)

    def set(self, path: FilePath, key: str, value: str) -> None:
        """Give a field of the mapping at ``path`` a value, which is YAML of one line.

        Raises:
            CannotEdit: the mapping is written on one line that is not its own, or the field on it is no plain scalar.
        """
        line = self._lines[path]
        row = self._instead.get(line, (line, [self._rows[line - 1]]))[1][0]
        if _ON_ONE_LINE.match(row):
            if any(isinstance(path[n], str) and self._lines.get(path[:n]) == line for n in range(len(path))):
                raise CannotEdit(f"Line {line} holds more than one mapping.", "Write each on a line of its own.")
            self._instead[line] = (line, [_on_one_line(row, line, key, value, there=(*path, key) in self._lines)])
            return
        if (*path, key) in self._lines:
            self._replace(self._lines[*path, key], value)
            return
        opened = re.match(r"^(\s*)(- )?", row)
        indent = " " * len(opened.group(0)) if opened else ""
        self._after.setdefault(self._lines[path], []).append(f"{indent}{key}: {value}")

    def _replace(self, line: int, value: str) -> None:
        match = _KEY.match(self._rows[line - 1])
        if not match:
            raise CannotEdit(f"Line {line} is not a field of its own.", "Write each field on a line of its own.")
        end = line
        depth = len(match.group("head")) - len(match.group("head").lstrip(" -"))
        while end < len(self._rows) and self._belongs(self._rows[end], depth):
            end += 1
        comment = _COMMENT.search(match.group("value"))
        kept = comment.group(0) if comment and not re.search(r"[\"']", comment.group(0)) else ""
        self._instead[line] = (end, [f"{match.group('head')} {value}{kept}"])

    @staticmethod
    def _belongs(row: str, depth: int) -> bool:
        """Return whether a row goes on with the value of a key that stands ``depth`` deep."""
        return bool(row.strip()) and len(row) - len(row.lstrip(" ")) > depth

    def text(self) -> str:
        """Return the file's content with all edits."""
        made: list[str] = []
        line = 1
        while line <= len(self._rows):
            made += self._before.get(line, [])
            end, rows = self._instead.get(line, (line, [self._rows[line - 1]]))
            made += rows
            for each in range(line, end + 1):
                made += self._after.get(each, [])
            line = end + 1
        return self._end.join(made)


def _on_one_line(row: str, line: int, key: str, value: str, *, there: bool) -> str:
    """Return the row of a mapping that is written on one line, with a field of another value, or one more.

    Raises:
        CannotEdit: it goes on in the next line, or the field is there, and no plain scalar.
    """
    end = row.rstrip().rfind("}")
    whole = row.count("{") == row.count("}") and end == len(row.rstrip()) - 1
    field = re.compile(rf"([{{,]\s*{re.escape(key)}:\s+)[^,{{}}\[\]\"']+(?=[,}}])")
    if not whole or (there and not field.search(row)):
        raise CannotEdit(f"Line {line} holds several fields.", "Write each on a line of its own.")
    if there:
        return field.sub(lambda found: f"{found[1]}{value}", row, count=1)
    return f"{row[:end].rstrip()}, {key}: {value}{row[end:]}"
