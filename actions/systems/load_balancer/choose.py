"""Which kind of load balancer a run is aimed at."""

from __future__ import annotations

from actions.context import ActionContext
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.elbv2.balancer import Elbv2Balancer
from actions.systems.load_balancer.settings import LoadBalancerSettings
from journal.events.types import Identity


def open_balancer(ctx: ActionContext, name: str) -> Balancer:
    """Return a load balancer of the inventory, of whichever kind it is."""
    settings = ctx.inventory.system(name, LoadBalancerSettings)
    return Elbv2Balancer(ctx, name, settings.elbv2) if settings.elbv2 else Balancer(ctx, name)


def find_balancer(ctx: ActionContext) -> Balancer:
    """Return the load balancer that the run is aimed at."""
    return open_balancer(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the load balancer that the run is aimed at from every other."""
    return find_balancer(ctx).identity()
