"""The simulated world: the plan's actions, without a system behind them. It cannot reach a real one."""

from actions.tabletop.facilitator import Facilitator
from actions.tabletop.world import SimulatedWorld, playable, tabletop_world

__all__ = ["Facilitator", "SimulatedWorld", "playable", "tabletop_world"]
