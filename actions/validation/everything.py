"""Measuring every system at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from actions.health import Health
from actions.probes import probe_system
from journal.errors import CleoError

if TYPE_CHECKING:
    from actions.context import ActionContext


def measure_all(ctx: ActionContext, deadline_s: float) -> dict[str, Health]:
    """Return every system's health by its name; a system that cannot be measured holds up no other."""
    systems = ctx.inventory.systems
    with ThreadPoolExecutor(max_workers=max(1, min(8, len(systems)))) as pool:
        waiting = {name: pool.submit(_measure, ctx, name, deadline_s) for name in systems}
        return {name: future.result() for name, future in waiting.items()}


def _measure(ctx: ActionContext, name: str, deadline_s: float) -> Health:
    settings = ctx.inventory.systems[name]
    try:
        return probe_system(name, settings, ctx.transport(settings.host), deadline_s=deadline_s)
    except CleoError as error:
        return Health(status="not measured", detail=error.message)


def say(ctx: ActionContext, measured: dict[str, Health]) -> str:
    """Log every system's line, and return the summary."""
    for name, health in measured.items():
        ctx.log(f"{name}: {health.status}. {health.detail}")
    not_up = [f"{name} is {health.status}" for name, health in measured.items() if health.status != "up"]
    if not measured:
        return f"The inventory {ctx.inventory.name} has no systems: nothing was measured."
    if not_up:
        return "; ".join(not_up) + "."
    return "The only system is up." if len(measured) == 1 else f"All {len(measured)} systems are up."
