"""A team's own exercise: a file that is read, checked against plan and actions, and played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from actions.tabletop.checking.check import exercise_misfits
from actions.tabletop.checking.misfit import Misfit
from cleo_console.exercises import Common, assembled, common
from cleo_console.exercises.breaking import breaking_misfits
from journal.exercise.script import Exercise
from journal.plan.action_spec import Catalogue
from journal.plan.model import Plan
from journal.yamlfile.convert import convert
from journal.yamlfile.problem import BadFile, FilePath, Problem
from journal.yamlfile.yaml_source import Source, read_bytes, read_yaml

_ABOVE = {"injects": False, "objectives": True, "expectations": True}
"""The lists that the common part goes into, and whether it stands before a script's own entries."""

_SHOWN = 2
"""How many misfits of the common part are named."""


class OwnExercise(Exercise, frozen=True, kw_only=True):
    """An exercise as a file has it. ``common``: it asks for what every exercise asks for, too."""

    common: bool = True


class _Read(NamedTuple):
    """A file's own exercise, and the same as it is played."""

    source: Source
    own: OwnExercise
    shared: Common
    played: Exercise


def exercise_problems(file: Path, plan: Plan, catalogue: Catalogue) -> list[Problem]:
    """Return all that is wrong with an exercise's file, in its order.

    Raises:
        CleoError: the file cannot be read.
    """
    try:
        return _problems(_read(file), plan, catalogue)
    except BadFile as error:
        return error.problems


def load_own(file: Path, plan: Plan, catalogue: Catalogue) -> Exercise:
    """Return the exercise in a file, to be played.

    Raises:
        CleoError: the file cannot be read.
        BadFile: it cannot be played; everything that keeps it from that is named.
    """
    read = _read(file)
    wrong = [one for one in _problems(read, plan, catalogue) if one.level == "error"]
    if wrong:
        raise BadFile(wrong)
    return read.played


def _read(file: Path) -> _Read:
    source = read_yaml(file, read_bytes(file))
    own = convert(OwnExercise, source)
    shared = common() if own.common else Common(objectives=[], injects=[], expectations=[])
    fields = {field: getattr(own, field) for field in Exercise.__struct_fields__}
    return _Read(source, own, shared, assembled(Exercise(**fields), shared))


def _problems(read: _Read, plan: Plan, catalogue: Catalogue) -> list[Problem]:
    misfits = [*exercise_misfits(read.played, plan, catalogue), *breaking_misfits(read.played)]
    found = [_in_file(read, one) for one in misfits]
    own = [one for one in found if one.path != ("common",)]
    both = [*own, *_of_common([one.message for one in found if one.path == ("common",)])]
    problems = [Problem(read.source.file, read.source.line(one.path), *one) for one in both]
    return sorted(problems, key=lambda problem: problem.line)


def _in_file(read: _Read, misfit: Misfit) -> Misfit:
    """Return a misfit with its path in the file, which holds neither situation nor common part as entries."""
    part, *rest = misfit.path or ("",)
    if part not in _ABOVE or not rest or not isinstance(rest[0], int):
        return misfit
    before = len(getattr(read.shared, str(part))) if _ABOVE[str(part)] else int(bool(read.own.situation))
    place = rest[0] - before
    path: FilePath = (part, place, *rest[1:])
    if place == -1 and part == "injects":
        path = ("situation",)
    elif not 0 <= place < len(getattr(read.own, str(part))):
        path = ("common",)
    return misfit._replace(path=path)


def _of_common(messages: list[str]) -> Iterator[Misfit]:
    if messages:
        told = "; ".join([*dict.fromkeys(messages)][:_SHOWN])
        words = f"what every exercise asks for does not fit this plan ({len(messages)} times): {told}"
        yield Misfit(("common",), f"{words}. Say common: false, and write your own")
