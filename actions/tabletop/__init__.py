"""The simulated world: the plan's actions, without a system behind them. It cannot reach a real one."""

from actions.tabletop.world import SimulatedWorld, tabletop_world

__all__ = ["SimulatedWorld", "tabletop_world"]
