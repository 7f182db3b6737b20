"""The runner: the only one that executes. One per incident, detached from every terminal."""

from actions.runner.lease import Lease, LeaseHeld, held
from actions.runner.runner import Runner
from actions.runner.world import World

__all__ = ["Lease", "LeaseHeld", "Runner", "World", "held"]
