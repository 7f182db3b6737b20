"""One thing that is wrong in an exercise's script."""

from __future__ import annotations

from typing import Literal, NamedTuple

from journal.yamlfile.problem import FilePath


class Misfit(NamedTuple):
    """What is wrong with the part of a script at ``path``. An error keeps the exercise from being played."""

    path: FilePath
    message: str
    level: Literal["error", "warning"] = "error"
