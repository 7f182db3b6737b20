"""What a person types with AWS's own program for the same effect."""

from __future__ import annotations

import json
from collections.abc import Sequence

from actions.by_hand import CommandLine
from actions.systems.load_balancer.elbv2.routes import actions_for, nothing_left, settled
from actions.systems.load_balancer.record import Setting
from actions.systems.load_balancer.settings import Elbv2Settings, LoadBalancerSettings


def show(settings: LoadBalancerSettings, own: Elbv2Settings) -> list[CommandLine]:
    """Show what is set, which is the way back, and every target's health."""
    what = ["describe-rules", "--rule-arns", own.rule] if own.rule else ["describe-listeners", "--listener-arns"]
    first = _aws(own, "Keep what this prints: it is the way back.", *what, *([] if own.rule else [own.listener]))
    health = [
        _aws(own, f"Health of {name}: only healthy is.", "describe-target-health", "--target-group-arn", one.address)
        for name, one in settings.servers.items()
    ]
    return [first, *health]


def divide(settings: LoadBalancerSettings, own: Elbv2Settings, weights: dict[str, int], what: str) -> CommandLine:
    """Give sites these weights; one with none is taken out, and with no site at all everybody gets 503."""
    wanted = {
        server.name: Setting(
            address=server.address, state="ready" if site in weights else "maint", weight=weights.get(site, 0)
        )
        for site, pool in settings.pools.items()
        for server in pool
    }
    if own.network and not weights:
        return CommandLine(what=f"{what} {nothing_left().hint}")
    actions = actions_for(settled(wanted), (), network=own.network)
    return modify(own, json.dumps(actions), what)


def modify(own: Elbv2Settings, actions: str, what: str) -> CommandLine:
    """Set the actions of the rule, else of the listener."""
    if own.rule:
        return _aws(own, what, "modify-rule", "--rule-arn", own.rule, "--actions", actions)
    return _aws(own, what, "modify-listener", "--listener-arn", own.listener, "--default-actions", actions)


def steps(settings: LoadBalancerSettings, own: Elbv2Settings) -> Sequence[CommandLine]:
    """Move users from the balancer's own site to the other, and take that one out at the end."""
    old = settings.home
    new = next((site for site in settings.pools if site != old), old)
    shares = settings.steps if settings.one_primary else [100]
    lines = [
        divide(settings, own, {old: 100 - share, new: share}, f"{share} % at {new}; look at health before the next.")
        for share in shares
    ]
    return [*lines, divide(settings, own, {new: 100}, f"Then take {old} out.")]


def _aws(own: Elbv2Settings, what: str, *words: str) -> CommandLine:
    more = ["--region", own.region, *(["--endpoint-url", own.endpoint] if own.endpoint else [])]
    return CommandLine(argv=["aws", "elbv2", *words, *more], what=what, host="")
