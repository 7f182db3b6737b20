"""The simulated world of an exercise: the plan's actions, played from scripts, without access to real systems."""

from actions.tabletop.table import Table
from actions.tabletop.world import SimulatedWorld, playable, tabletop_world

__all__ = ["SimulatedWorld", "Table", "playable", "tabletop_world"]
