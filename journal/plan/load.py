"""Loads a plan file that is to be used: read, and checked for errors."""

from __future__ import annotations

from pathlib import Path

from journal.plan.action_spec import Catalogue
from journal.plan.check import errors
from journal.plan.read import LoadedPlan, read_plan
from journal.yamlfile.problem import BadFile


def load_plan(path: Path, catalogue: Catalogue | None = None) -> LoadedPlan:
    """Read a plan file that is to be used.

    Args:
        path: the file.
        catalogue: the actions there are; without it, actions and their parameters are not checked.

    Raises:
        CleoError: the file cannot be read.
        BadFile: it has errors; all that were found are named. Warnings do not count.
    """
    loaded = read_plan(path)
    if found := errors(loaded, catalogue):
        raise BadFile(found)
    return loaded
