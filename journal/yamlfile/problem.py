"""What is wrong with a file, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from journal.errors import CleoError

FilePath = tuple[str | int, ...]
"""The way to a part of a file's data: keys and places in lists."""


class Problem(NamedTuple):
    """One thing wrong in a file. ``path`` leads to the part it is about."""

    file: str
    line: int
    path: FilePath
    message: str
    level: Literal["error", "warning"] = "error"

    @property
    def field(self) -> str:
        """The part, as a person would name it: ``phases[0].sections[1].title``."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).lstrip(".")

    def __str__(self) -> str:
        """Return it the way compilers do, so that editors can jump there."""
        warning = "warning: " if self.level == "warning" else ""
        field = f"{self.field}: " if self.path else ""
        return f"{self.file}:{self.line}: {warning}{field}{self.message}"


class BadFile(CleoError):
    """A file cannot be used. ``problems`` holds everything found wrong with it, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)), "Correct the file, then try again.")
