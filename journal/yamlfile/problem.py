"""What is wrong with a file, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from journal.errors import CleoError

FilePath = tuple[str | int, ...]
"""The path to a value in a file's data: keys of mappings and indexes of lists."""


class Problem(NamedTuple):
    """One thing that is wrong in a file. ``path`` leads to the value that it is about."""

    file: str
    line: int
    path: FilePath
    message: str
    level: Literal["error", "warning"] = "error"

    @property
    def field(self) -> str:
        """The path as text: ``phases[0].sections[1].title``."""
        keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path)
        return "".join(keys).lstrip(".")

    def as_json(self) -> dict[str, str | int]:
        """Return it as every check prints it with ``--json``."""
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "level": self.level,
            "message": self.message,
        }

    def __str__(self) -> str:
        """Return it in the format of compilers, so that editors can jump there."""
        warning = "warning: " if self.level == "warning" else ""
        field = f"{self.field}: " if self.path else ""
        return f"{self.file}:{self.line}: {warning}{field}{self.message}"


class BadFile(CleoError):
    """A file cannot be used. ``problems`` holds all that is wrong with it, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)), "Correct the file, then try again.")
