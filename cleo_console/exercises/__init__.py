"""The bundled tabletop exercises: one for each scenario of the bundled plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from journal.exercise.script import Exercise, Expectation, Inject, Objective


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every exercise asks for."""

    objectives: list[Objective]
    injects: list[Inject]
    expectations: list[Expectation]


def load_exercise(scenario: str) -> Exercise:
    """Return the exercise for one of the plan's scenarios, with what every exercise asks for.

    A scenario that has none gets an exercise of the common expectations, in a world where everything is up.

    Raises:
        CleoError: its file cannot be read, or does not fit; all misfits are named.
    """
    from journal.yamlfile.convert import convert
    from journal.yamlfile.yaml_source import read_bytes, read_yaml

    file = Path(__file__).parent / f"{scenario}.yaml"
    own = Exercise(title="Tabletop", scenario=scenario)
    if scenario in bundled_scenarios():
        own = convert(Exercise, read_yaml(file, read_bytes(file)))
    return assembled(own, common())


def common() -> Common:
    """Return what every exercise asks for."""
    from journal.yamlfile.convert import convert
    from journal.yamlfile.yaml_source import read_bytes, read_yaml

    file = Path(__file__).parent / "common.yaml"
    return convert(Common, read_yaml(file, read_bytes(file)))


def assembled(own: Exercise, shared: Common) -> Exercise:
    """Return an exercise with its situation as its first inject, and with what every exercise asks for."""
    situation = [Inject(id="situation", text=own.situation)] if own.situation else []
    return msgspec.structs.replace(
        own,
        injects=situation + own.injects + shared.injects,
        objectives=shared.objectives + own.objectives,
        expectations=shared.expectations + own.expectations,
    )


def bundled_scenarios() -> list[str]:
    """Return the scenarios that have an exercise."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.yaml") if file.stem != "common")


def with_labels(exercise: Exercise, began_at: datetime) -> Exercise:
    """Return the exercise with its backups named as pgBackRest names them, by when each was taken."""
    by_age = sorted(exercise.backups.values(), reverse=True)
    full = next((_label(began_at, seconds) + "F" for seconds in by_age), "")
    labels = {full: by_age[0]} if by_age else {}
    labels |= {f"{full}_{_label(began_at, seconds)}I": seconds for seconds in by_age[1:]}
    return msgspec.structs.replace(exercise, backups=labels)


def _label(began_at: datetime, seconds: float) -> str:
    return f"{began_at - timedelta(seconds=seconds):%Y%m%d-%H%M%S}"
