"""The moments that a script can name: which there are with a plan and a world, and which a scenario can come to."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from actions.health import Status
from actions.tabletop.checking.words import Words
from journal.exercise.script import Inject
from journal.plan.action_spec import Catalogue
from journal.plan.applies import applies
from journal.plan.model import Plan, Step
from journal.yamlfile.convert import did_you_mean

OF_ACTIONS = ("started", "weighed", "action", "ran", "failed", "cancelled")
OF_STEPS = ("step", "documented", "undocumented", "skipped")
AT_THE_END = ("stands", "reasoned", "undocumented", "rto", "rpo")
"""The moments that only the end of the exercise tells."""
_POINTS = ("point=sound", "point=damaged")


class Names:
    """What a script can name.

    Args:
        plan: the plan that is played.
        scenario: the scenario of it.
        catalogue: every action there is.
        words: the simulated world.
        injects: the script's injects.
    """

    def __init__(
        self, plan: Plan, scenario: str, catalogue: Catalogue, words: Words, injects: Collection[Inject] = ()
    ) -> None:
        self._plan, self._scenario = plan, scenario
        self._made = words.made
        decisions = {step.decision.name: step for step in plan.steps() if step.decision}
        levels = {contact.level for contact in plan.callable}
        gates = {gate for spec in catalogue.values() for gate in spec.gates}
        self.known: dict[str, Collection[str]] = {
            **dict.fromkeys(OF_ACTIONS, catalogue),
            **dict.fromkeys(OF_STEPS, plan.by_id),
            "again": {"", *catalogue},
            "made": {f"{name}={word}" for name, found in words.made.items() for word in found},
            "fact": words.outcomes(),
            "decision": decisions,
            "reasoned": decisions,
            "stands": {*_answers(plan), *_POINTS},
            "override": {"order", *gates},
            "inject": [inject.id for inject in injects],
            "replied": {one for inject in injects if inject.wants_words for one in _replies(inject)},
            "note": {""},
            "closed": {""},
            "paged": levels,
            "answered": {"team", *levels},
            "health": {f"{system}={status}" for system in plan.systems for status in get_args(Status)},
            "rto": plan.objectives.rto,
            "rpo": [name for name, system in plan.systems.items() if system.data],
        }

    def unknown(self, moment: str) -> str:
        """Return what is wrong with a moment's name; empty where there is such a moment."""
        kind, _, what = moment.partition(":")
        known = self.known.get(kind)
        if known is None:
            return f"{moment!r} is no moment{did_you_mean(kind, self.known)}"
        if what in known or self._any_word(kind, what):
            return ""
        if not what:
            return f"{moment!r} wants a name behind the colon"
        return f"{moment!r}: {_NO_SUCH.get(kind, 'there is no such thing')}{did_you_mean(what, known)}"

    def _any_word(self, kind: str, what: str) -> bool:
        """Whether the moment is about a value that only the exercise tells: an instant, a list, a text."""
        name, equals, word = what.partition("=")
        if not equals or not word:
            return False
        if kind == "replied":
            return name in self.known[kind] and not any(one.startswith(f"{name}=") for one in self.known[kind])
        if kind == "stands":
            step = self._plan.decision(name)
            return bool(step and step.decision and step.decision.kind != "one")
        found = self._made.get(name, set()) if kind == "made" else set()
        wanted = (one.partition("=")[2] for one in self.known["fact"] if one.startswith(f"{name}="))
        return any("{" in one for one in (found if kind == "made" else wanted if kind == "fact" else ()))

    def out_of_reach(self, moment: str) -> str:
        """Return why no exercise of this scenario comes to a moment that there is; empty where one may."""
        kind, _, what = moment.partition(":")
        if kind in OF_STEPS or kind in ("decision", "reasoned", "stands"):
            step = self._plan.by_id.get(what) if kind in OF_STEPS else self._plan.decision(what.partition("=")[0])
            why = self._why_not(step) if step else ""
            return f"the step {step.id} {why}" if step and why else ""
        if kind == "fact":
            return self._nobody_runs(what.partition("=")[0].rpartition(".")[0])
        return self._nobody_runs(what) if kind in OF_ACTIONS else ""

    def _nobody_runs(self, action: str) -> str:
        steps = [step for step in self._plan.steps() if step.action == action]
        if not steps:
            return f"no step of the plan runs {action}"
        return "" if any(not self._why_not(step) for step in steps) else f"{steps[0].id} {self._why_not(steps[0])}"

    def _why_not(self, step: Step) -> str:
        """Return why a step is not there in this scenario's tabletop."""
        if applies(step, {"scenario": self._scenario}) is False:
            return f"does not apply to {self._scenario}"
        system = self._plan.systems.get(step.system)
        if system and system.optional:
            return f"is about {step.system}, which a tabletop has not"
        return "sends a message, which a tabletop does not" if step.audience else ""


_NO_SUCH = {
    **dict.fromkeys(OF_ACTIONS, "there is no such action"),
    **dict.fromkeys(OF_STEPS, "the plan has no such step"),
    "decision": "the plan asks for no such decision",
    "reasoned": "the plan asks for no such decision",
    "stands": "no decision of the plan has such an answer",
    "made": "nothing leaves that in the simulated world",
    "fact": "no action ends with that",
    "override": "there is no such gate",
    "inject": "the exercise has no such inject",
    "replied": "no inject asks so, or has that choice",
    "health": "write SYSTEM=STATUS with a system of the plan",
    "rpo": "the plan has no such system with data",
}


def _replies(inject: Inject) -> list[str]:
    return [inject.id, *(f"{inject.id}={choice}" for choice in inject.choices)]


def _answers(plan: Plan) -> set[str]:
    return {f"{step.decision.name}={one}" for step in plan.steps() if step.decision for one in step.decision.options}
