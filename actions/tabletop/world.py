"""A small simulated world: systems that are down, and recover as a consequence of what the responder does."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from actions.action import Action
from actions.health import Health
from actions.inventory import Inventory
from actions.outcome import Outcome
from actions.runner.world import World
from actions.tabletop.performances import PERFORMANCES, Performance
from actions.transport import HostSpec
from journal.action_spec import ActionSpec, Catalogue
from journal.errors import CleoError
from journal.events import Identity, Kind
from journal.plan.model import Plan

if TYPE_CHECKING:
    from actions.context import ActionContext, Progress

_DATA_LOST = timedelta(seconds=40)


class NoRealSystems(CleoError):
    """Something in a tabletop asked for a real host."""


class SimulatedWorld:
    """The state of the simulated systems.

    Args:
        plan: names the systems.
        scenario: which of them it hits.
        speed: how many times faster than life.
    """

    def __init__(self, plan: Plan, scenario: str, speed: float = 1.0) -> None:
        hit = plan.scenarios[scenario].systems if scenario in plan.scenarios else []
        self._states = {name: "down" if name in hit else "up" for name in plan.systems}
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self.speed = speed

    def state(self, system: str) -> str:
        """Return a system's state in a word."""
        with self._lock:
            return self._states.get(system, "up")

    def become(self, system: str, state: str) -> None:
        """Put a system into a state."""
        with self._lock:
            if system in self._states:
                self._states[system] = state

    def health(self, system: str) -> Health:
        """Return a system's health as a probe would find it."""
        state = self.state(system)
        if state == "up":
            return Health(status="up", detail="simulated", facts={"exposure_s": 40})
        return Health(status="down", detail="restored, not started" if state == "restored" else "connection refused")

    def pass_time(self, seconds: float) -> None:
        """Let simulated time go by."""
        self._pause.wait(seconds / self.speed)

    def systems(self) -> dict[str, str]:
        """Return every system's state."""
        with self._lock:
            return dict(self._states)


def tabletop_world(simulated: SimulatedWorld, catalogue: Catalogue) -> World:
    """Return a world for a runner: every action of ``catalogue`` simulated, no driver, no host."""
    available = {name: msgspec.structs.replace(spec, available=True) for name, spec in catalogue.items()}
    return World(
        registry={name: _simulated(spec, simulated) for name, spec in available.items()},
        catalogue=available,
        inventory=Inventory(name="tabletop", allows=[Kind.TABLETOP]),
        open_transport=_no_host,
        probes={name: partial(_probe, simulated, name) for name in simulated.systems()},
    )


def _probe(simulated: SimulatedWorld, system: str, deadline_s: float) -> Health:
    return simulated.health(system)


def _no_host(spec: HostSpec) -> NoReturn:
    raise NoRealSystems("A tabletop has no real systems.", "Declare a LAB or REAL incident to reach any.")


def _simulated(spec: ActionSpec, simulated: SimulatedWorld) -> Action:
    def perform(ctx: ActionContext, **params: Any) -> Outcome:
        if spec.name in _LOOKS:
            return _look(ctx, simulated)
        return _perform(ctx, spec, PERFORMANCES.get(spec.name) or _plain(spec), simulated)

    def target(ctx: ActionContext) -> list[Identity]:
        return [Identity(name="confirm", value=f"simulated-{spec.system}", known="reported")]

    return Action(spec, perform, target if spec.destructive else None)


_LOOKS = ("status.check", "health.check", "damage.report")


def _look(ctx: ActionContext, simulated: SimulatedWorld) -> Outcome:
    """Report what stands and what does not, as the three looking actions do."""
    states = simulated.systems()
    for name, state in states.items():
        ctx.log(f"{name:<16}{state}")
    simulated.pass_time(3)
    broken = [name for name, state in states.items() if state != "up"]
    return Outcome(ok=True, summary=f"not up: {', '.join(broken)}" if broken else "all systems are up")


def _perform(ctx: ActionContext, spec: ActionSpec, part: Performance, simulated: SimulatedWorld) -> Outcome:
    found = simulated.state(spec.system)
    if part.wants and found not in part.wants:
        return Outcome(ok=False, summary=part.fails or f"{spec.system} is {found}.")
    if not ctx.effect(f"{spec.title.lower()} (simulated)"):
        return Outcome(ok=True, summary=f"would leave {spec.system} {part.makes or 'as it is'}")
    for number, line in enumerate(part.lines, 1):
        simulated.pass_time(part.seconds / len(part.lines))
        ctx.check_cancelled()
        ctx.log(line)
        ctx.progress(_progress(number / len(part.lines), part, simulated.speed))
    if part.makes:
        simulated.become(spec.system, part.makes)
    return Outcome(ok=True, summary=part.summary, facts=_facts(ctx, spec))


def _progress(fraction: float, part: Performance, speed: float) -> Progress:
    from actions.context import Progress

    return Progress(fraction=fraction, eta_s=(1 - fraction) * part.seconds / speed)


def _facts(ctx: ActionContext, spec: ActionSpec) -> dict[str, Any]:
    if spec.name != "postgres.verify":
        return {}
    newest = datetime.fromisoformat(ctx.incident.began_at) - _DATA_LOST
    return {"newest_commit_at": newest.isoformat()}


def _plain(spec: ActionSpec) -> Performance:
    """Return the part of an action that has none of its own: it does its work, and its system is up."""
    restoring = spec.system in ("mongodb", "redis", "kubernetes", "dns", "load_balancer")
    return Performance(
        (f"{spec.name}: {spec.title.lower()}",), f"{spec.title} (simulated)", 5, makes="up" if restoring else ""
    )
