"""Checks a whole script against the plan and the actions there are."""

from __future__ import annotations

from actions.tabletop.checking.misfit import Misfit
from actions.tabletop.checking.names import Names
from actions.tabletop.checking.simulation import world_misfits
from actions.tabletop.checking.story import story_misfits
from actions.tabletop.checking.words import Words
from actions.tabletop.script import Script, ordinary_world
from journal.exercise.script import Exercise
from journal.plan.action_spec import Catalogue
from journal.plan.model import Plan
from journal.structs import to_struct
from journal.yamlfile.convert import did_you_mean, misfits


def exercise_misfits(exercise: Exercise, plan: Plan, catalogue: Catalogue) -> list[Misfit]:
    """Return what is wrong with a script: what it names and is not there, what never comes, what nobody can answer.

    Args:
        exercise: the script; of a file that wants the common part, with it.
        plan: the plan that it is played by.
        catalogue: every action there is.
    """
    if exercise.scenario not in plan.scenarios:
        known = did_you_mean(exercise.scenario, plan.scenarios) or f"; there are {', '.join(plan.scenarios)}"
        return [Misfit(("scenario",), f"the plan has no scenario {exercise.scenario!r}{known}")]
    if wrong := [Misfit(where, what) for where, what in misfits(Script, exercise.world, ("world",))]:
        return wrong
    own = to_struct(exercise.world, Script)
    script = own.over(ordinary_world())
    words = Words(script, ordinary_world(), exercise.injects)
    names = Names(plan, exercise.scenario, catalogue, words, exercise.injects)
    speed = [] if exercise.speed > 0 else [Misfit(("speed",), "must be more than 0: how many times faster than life")]
    found = [*story_misfits(exercise, names, words), *world_misfits(exercise, own, plan, catalogue, names, words)]
    return [*speed, *found]
