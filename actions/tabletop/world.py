"""The simulated world: the state of its systems, and how the actions of the responder change it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NoReturn

import msgspec

from actions.action import Action
from actions.context import ActionContext, IncidentFacts
from actions.health import Health
from actions.inventory import Inventory
from actions.outcome import Outcome, Settling
from actions.overview.measurements import not_up
from actions.runner.world import World
from actions.tabletop.clock import TableClock
from actions.tabletop.performance import perform
from actions.tabletop.script import Act, HealthCase, Script, fits, ordinary_world
from actions.tabletop.values import render, values
from actions.transport import HostSpec
from journal.errors import CleoError
from journal.events.envelope import Clock
from journal.events.types import Identity, Kind
from journal.exercise.script import Exercise
from journal.plan.action_spec import ActionSpec, Catalogue
from journal.structs import to_struct

_CLOSE_LOOKS = ("health.check", "damage.report")
_LOOKS = ("status.check", *_CLOSE_LOOKS)


class NoRealSystems(CleoError):
    """Something in a tabletop asked for a real host."""


class SimulatedWorld:
    """The state of the simulated systems: facts, each a word under a name.

    It follows from the exercise and the journal alone: ``actions.tabletop.facilitator`` brings it up to date.

    Args:
        exercise: the script that is played; its ``world`` goes over the ordinary one.
        clock: the exercise's; one that begins now and goes as in life, where none is given.
        systems: the plan's systems; None: all that anybody knows how to simulate.
    """

    def __init__(
        self, exercise: Exercise, clock: TableClock | None = None, systems: Collection[str] | None = None
    ) -> None:
        self.exercise = exercise
        self.script: Script = to_struct(exercise.world, Script).over(ordinary_world())
        self.clock = clock or TableClock(1.0, datetime.now(UTC))
        self.systems = tuple(self.script.health if systems is None else systems)
        self._lock = threading.Lock()
        self.begin()
        self._catch_up: Callable[[], None] = lambda: None

    def begin(self) -> None:
        """Be as at the exercise's start."""
        with self._lock:
            self._facts = dict(self.script.facts)

    def follow(self, catch_up: Callable[[], None]) -> None:
        """Have ``catch_up`` called before an action looks at the world: what the journal says has then happened."""
        self._catch_up = catch_up

    def facts(self) -> dict[str, str]:
        """Return every fact as it is now."""
        with self._lock:
            return dict(self._facts)

    def become(self, makes: Mapping[str, str]) -> None:
        """Change some facts."""
        with self._lock:
            self._facts.update(makes)

    def values(self, incident: IncidentFacts, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what texts and conditions may name."""
        self._catch_up()
        not_up = [f"{name} is {found.status}" for name, found in self.all_health().items() if found.status != "up"]
        known = values(self.exercise, self.facts(), incident, params, self.clock.now())
        return known | {"not_up": f"{'; '.join(not_up) or 'All systems are up'}."}

    def choose(self, action: str, known: Mapping[str, Any]) -> Act:
        """Return the way in which ``action`` goes now.

        Raises:
            CleoError: the script has none; a mistake of its author.
        """
        for act in self.script.acts.get(action, []):
            if fits(act.when, known):
                return act
        raise CleoError(f"The exercise says nothing of {action} in this state.", "Do it by hand, with a note.")

    def all_health(self) -> dict[str, Health]:
        """Return the health of every system that the script knows, by its name."""
        return {name: self.health(name) for name in self.script.health if name in self.systems}

    def health(self, system: str) -> Health:
        """Return a system's health as a probe would find it."""
        known, case = self.facts(), self._case(system)
        if case is None:
            return Health(status="not measured", detail="the exercise says nothing of it")
        return Health(status=case.status, detail=render(case.detail, known), facts=dict(case.facts))

    def settles(self) -> list[Settling]:
        """Return which actions a closer look at all systems finds needless or impossible, or of use."""
        cases = {name: self._case(name) for name in self.systems}
        return [
            msgspec.structs.replace(one, system=name, words=render(one.words, self.facts()))
            for name, case in cases.items()
            for one in (case.settles if case else [])
        ]

    def _case(self, system: str) -> HealthCase | None:
        known = self.facts()
        return next((case for case in self.script.health.get(system, []) if fits(case.when, known)), None)


def playable(catalogue: Catalogue) -> Catalogue:
    """Return ``catalogue`` as a tabletop has it: what is only promised elsewhere can be run here."""
    return {name: _playable(spec) for name, spec in catalogue.items()}


def tabletop_world(simulated: SimulatedWorld, catalogue: Catalogue) -> World:
    """Return a world for a runner: every action of ``catalogue`` simulated, no driver, no host.

    Args:
        simulated: the state behind it.
        catalogue: every action there is, real or promised.
    """
    specs = playable(catalogue)
    return World(
        registry={name: _simulated(spec, simulated) for name, spec in specs.items()},
        catalogue=specs,
        inventory=Inventory(name="tabletop", allows=[Kind.TABLETOP]),
        open_transport=_no_host,
        probes={name: partial(_probe, simulated, name) for name in simulated.systems},
        clock=Clock(now=simulated.clock.now),
        seconds=simulated.clock.seconds,
    )


def _playable(spec: ActionSpec) -> ActionSpec:
    # Nothing is resumable: a run that the demo was left in is in doubt, as a lost one would be.
    return msgspec.structs.replace(spec, available=True, resumable=False)


def _probe(simulated: SimulatedWorld, system: str, deadline_s: float) -> Health:
    return simulated.health(system)


def _no_host(spec: HostSpec) -> NoReturn:
    raise NoRealSystems("A tabletop has no real systems.", "Declare a LAB or REAL incident to reach any.")


def _simulated(spec: ActionSpec, simulated: SimulatedWorld) -> Action:
    def play(ctx: ActionContext, **params: Any) -> Outcome:
        known = simulated.values(ctx.incident, params)
        if spec.name in _LOOKS:
            return look(ctx, simulated, spec.name, known)
        return perform(ctx, simulated.choose(spec.name, known), known, simulated.clock)

    def target(ctx: ActionContext) -> list[Identity]:
        hosts = simulated.script.hosts
        host = hosts.get(spec.name) or hosts.get(spec.system, "nowhere")
        on = f"-{host.partition('.')[0]}" if spec.name in hosts else ""  # not the system's usual machine: it is typed
        return [
            Identity(name="confirm", value=f"simulated-{spec.system}{on}", known="reported"),
            Identity(name="host", value=f"{host} (simulated)", known="reported"),
        ]

    # Not only where the action itself is destructive: a plan may call a step so whose action is not.
    known = spec.destructive or spec.system in simulated.script.hosts
    return Action(spec, play, target if known else None)


def look(ctx: ActionContext, simulated: SimulatedWorld, action: str, known: Mapping[str, Any]) -> Outcome:
    """Look at every system: its line first, then what the exercise adds; a damage report is written to a file too."""
    act = simulated.choose(action, known)
    measured = simulated.all_health()
    lines = [f"{name}: {health.status}. {health.detail}" for name, health in measured.items()]
    for line in lines:
        ctx.log(line)
    outcome = perform(ctx, act, known, simulated.clock)
    facts: dict[str, Any] = {name: health.status for name, health in measured.items()} | dict(outcome.facts)
    if action == "damage.report":
        place = ctx.files / f"damage_{known['now']:%Y%m%d_%H%M%S}.log"
        facts["file"] = str(place)
        if ctx.effect(f"write {place}"):
            place.write_text("\n".join([*lines, *(render(line, known) for line in act.lines)]) + "\n", encoding="utf-8")
    findings = [*not_up(measured), *outcome.findings]
    settles = simulated.settles() if action in _CLOSE_LOOKS else []
    return msgspec.structs.replace(outcome, facts=facts, findings=findings, settles=settles)
