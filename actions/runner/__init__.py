"""The runner: the one process that executes actions for an incident, detached from every terminal."""

from actions.runner.lease import Lease, LeaseHeld, held
from actions.runner.runner import Runner
from actions.runner.world import World

__all__ = ["Lease", "LeaseHeld", "Runner", "World", "held"]
